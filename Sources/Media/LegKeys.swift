import Crypto
import RTP
import SRTP
import Wire

/// The master keys of a leg that is encrypted, wherever they were agreed upon.
public struct LegKeys: Hashable, Sendable {
  /// By which the box sends.
  public var own: SRTPKey
  /// By which the phone sends; several are told apart by their MKI.
  public var theirs: [SRTPKey]
  /// How far behind the newest a packet of the phone's may be, as it wishes; 0 for no wish.
  public var window: UInt32

  public init(own: SRTPKey, theirs: [SRTPKey], window: UInt32 = 0) {
    self.own = own
    self.theirs = theirs
    self.window = window
  }
}

/// What protects and opens the packets of one leg of a stream that is encrypted. A class, for legs are copied.
final class LegSecurity {
  /// What the phone hears, where the stream is not decoded.
  var own: OwnSource?
  private(set) var sender: SecureSender?
  private(set) var receiver: SecureReceiver?
  /// Packets of the leg's own source before this one may be sent (`OutgoingStream.index`): so far another process would
  /// begin beyond it.
  private(set) var ceiling: UInt64 = 0
  /// Where another process was.
  private var resumed: SourcePoint?

  func resume(_ point: SourcePoint) { resumed = point }

  /// This leg is plain, only the other one being encrypted; or it has no keys yet.
  func open() {
    sender = nil
    receiver = nil
  }

  /// The phone's keys, as an offer or answer names them.
  func hear(_ keys: LegKeys) {
    let before = receiver
    receiver = .following(before, keys.theirs, window: keys.window)
    if receiver !== before, let phone = resumed?.phone { try? receiver?.resume(phone) }
  }

  /// Protects that source from now on.
  func send(_ stream: OutgoingStream, by key: SRTPKey) {
    guard sender?.key != key || sender?.ssrc != stream.ssrc else { return }
    let before = resumed?.ssrc == stream.ssrc ? resumed?.control : nil
    resumed = nil
    sender = try? SecureSender(key, ssrc: stream.ssrc, rollover: stream.rollover, controlSent: before ?? 0)
    ceiling = 0
  }

  /// Another process would begin at that point, and by now this is known beyond this one.
  func kept(_ point: SourcePoint) {
    if point.ssrc == sender?.ssrc { ceiling = max(ceiling, point.index) }
  }
}

extension SecureReceiver.Source: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(ssrc: try reader.value(), rollover: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(ssrc)
    writer.put(rollover)
  }
}

extension LegKeys: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(own: try reader.value(), theirs: try reader.value(), window: try reader.value())
    guard !theirs.isEmpty else { throw .invalid }
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(own)
    writer.put(theirs)
    writer.put(window)
  }
}

extension SRTPKey: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let suite = SRTPSuite(rawValue: try reader.value()),
      let key = SRTPKey(suite, try reader.value(), identifier: try reader.value())
    else { throw .invalid }
    self = key
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(suite.rawValue)
    writer.put(octets)
    writer.put(identifier)
  }
}
