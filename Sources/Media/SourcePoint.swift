import Codecs
import RTP
import SRTP
import Wire

/// Where another process goes on with a source of the exchange's own: beyond all that this one may have sent, so that no
/// sequence number is used twice, and at a time that goes on without a break.
public struct SourcePoint: Hashable, Sendable {
  /// Packets that may be sent before the next point is told.
  static let ahead: UInt16 = 500
  /// The same of its reports, where they are encrypted.
  static let controlAhead: UInt32 = 64

  public var ssrc: UInt32
  public var sequence: UInt16
  /// The timestamp that counted at `at`, and its ticks a millisecond.
  public var timestamp: UInt32
  public var ticks: UInt32
  public var at: Instant
  /// Where the stream is encrypted: how often `sequence` began at 0 again, reports that another process is to leave out, and
  /// what was heard of the phone.
  public var rollover: UInt32
  public var control: UInt32 = 0
  public var phone: SecureReceiver.Source?

  init(
    _ stream: OutgoingStream, ticks: UInt32, at now: Instant, controlSent: UInt32? = nil,
    phone: SecureReceiver.Source? = nil
  ) {
    ssrc = stream.ssrc
    sequence = stream.sequence &+ Self.ahead
    rollover = stream.rollover &+ (sequence < stream.sequence ? 1 : 0)
    if let controlSent { control = controlSent &+ Self.controlAhead }
    self.phone = phone
    timestamp = stream.timestamp
    self.ticks = ticks
    at = now
  }

  /// The number that SRTP gives its first packet.
  var index: UInt64 { UInt64(rollover) << 16 | UInt64(sequence) }

  /// Whether that stream may soon be beyond it, or is another one.
  func isDue(for stream: OutgoingStream) -> Bool {
    stream.ssrc != ssrc || sequence &- stream.sequence < Self.ahead / 2 || sequence &- stream.sequence > Self.ahead
  }

  /// The source as it goes on now.
  func stream(now: Instant) -> OutgoingStream {
    // What the other process had sent by then may have been a packet ahead of the clock.
    let passed = max(0, (now - at).milliseconds) + Int64(PacketTime.longest)
    return OutgoingStream(
      ssrc: ssrc, sequence: sequence, timestamp: timestamp &+ UInt32(truncatingIfNeeded: passed &* Int64(ticks)),
      rollover: rollover)
  }
}

extension SourcePoint: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    ssrc = try reader.value()
    sequence = try reader.value()
    timestamp = try reader.value()
    ticks = try reader.value()
    at = try reader.value()
    rollover = try reader.value()
    control = try reader.value()
    phone = try reader.value()
    guard ticks <= 192 else { throw .invalid }
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(ssrc)
    writer.put(sequence)
    writer.put(timestamp)
    writer.put(ticks)
    writer.put(at)
    writer.put(rollover)
    writer.put(control)
    writer.put(phone)
  }
}

/// What a phone hears as one source, in another process too.
public enum HeardSource: Hashable, Sendable {
  /// One of the exchange's own.
  case own(SourcePoint)
  /// Another phone's, whose sequence numbers have this added to them (`Succession`).
  case shifted(UInt32, by: UInt16)
}

extension HeardSource: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .own(try reader.value())
    case 1: self = .shifted(try reader.value(), by: try reader.value())
    default: throw .invalid
    }
  }
  public func write(to writer: inout StorageWriter) {
    switch self {
    case .own(let point): writer.put(case: 0, point)
    case .shifted(let ssrc, let shift):
      writer.put(case: 1, ssrc)
      writer.put(shift)
    }
  }
}

/// What one side of a stream goes on from that another process had.
public struct Continuation: Hashable, Sendable {
  /// Where its phone's media came from, if not from where SDP says.
  public var heard: SocketAddress?
  /// Where its RTCP came from, where ICE has found that.
  public var control: SocketAddress?
  public var source: HeardSource?

  public init(heard: SocketAddress?, control: SocketAddress? = nil, source: HeardSource?) {
    self.heard = heard
    self.control = control
    self.source = source
  }
}

/// Telling in time where another process would go on.
struct SourceWatch: Sendable {
  private var a: HeardSource?
  private var b: HeardSource?

  /// What is to be told of a side that hears the exchange's own source, if anything.
  mutating func due(
    _ side: Side, _ stream: OutgoingStream, ticks: UInt32, now: Instant, _ security: LegSecurity? = nil
  ) -> HeardSource? {
    let (sent, phone) = (security?.sender?.controlSent, security?.receiver?.source)
    if case .own(let point) = side == .a ? a : b, !point.isDue(for: stream), point.phone == phone,
      sent.map({ point.control > $0 &+ SourcePoint.controlAhead / 2 }) ?? true
    {
      return nil
    }
    return told(side, .own(SourcePoint(stream, ticks: ticks, at: now, controlSent: sent, phone: phone)))
  }

  /// What is to be told of a side that hears another phone, if anything.
  mutating func due(_ side: Side, _ succession: Succession) -> HeardSource? {
    guard let shifted = succession.shifted, shifted != (side == .a ? a : b) else { return nil }
    return told(side, shifted)
  }

  private mutating func told(_ side: Side, _ source: HeardSource) -> HeardSource {
    if side == .a { a = source } else { b = source }
    return source
  }
}
