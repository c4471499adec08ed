import Crypto

/// Opens what a phone sends, RTP and RTCP: only what was made with its key and did not come before.
///
/// A source keeps its roll-over counter when the key changes (RFC 3711 §3.3.1), a new one begins at 0. Some phones begin
/// anew with a source that they had, at 0 or with other sequence numbers: after `expectRestart` that is tried too, once
/// packets of it fail in a row.
public final class SecureReceiver {
  /// What came of a packet.
  public enum Verdict: Hashable, Sendable {
    /// It is genuine, and has so many octets now.
    case opened(Int)
    /// It came before, or is older than can be told.
    case replayed
    /// It was not made with the key, or is no packet of SRTP.
    case refused
  }

  /// A source that was heard, and how often its sequence numbers began at 0 again.
  public struct Source: Hashable, Sendable {
    public var ssrc: UInt32
    public var rollover: UInt32

    public init(ssrc: UInt32, rollover: UInt32) {
      self.ssrc = ssrc
      self.rollover = rollover
    }
  }

  /// Packets that fail in a row before it is tried whether the source began anew: one that is replayed beside those that
  /// are genuine never gets there.
  static let patience = 4
  /// Genuine packets after which a key that was replaced is forgotten, and nobody begins anew any more.
  static let settled = 256
  /// Sources that are remembered.
  static let mostSources = 8
  /// The longest packet that is tried more than once.
  static let longest = 2048

  private var keys: [SRTPKey]
  private let window: UInt32
  private var session: Session
  /// Under the keys before, for what was on its way when they changed.
  private var former: Session?
  /// Those heard, the last one first.
  private var sources: [Source] = []
  /// Genuine packets until `former` is forgotten and restarts are no longer believed.
  private var unsettled = 0
  private var failures = 0
  /// A packet as it came: what fails may have been decrypted in place.
  private let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 16)

  /// Several keys are told apart by their MKI. `window` is how far behind the newest a packet may be, as `WSH` wishes.
  @export(interface)
  public init(_ keys: [SRTPKey], window: UInt32 = 0) throws(SRTPError) {
    self.keys = keys
    self.window = max(Session.standardWindow, min(1024, window))
    session = try Session(keys, ssrc: nil, window: self.window)
  }

  deinit { copy.deallocate() }

  /// The source that was heard last, to go on with in another process.
  public var source: Source? {
    guard let last = sources.first else { return nil }
    return Source(ssrc: last.ssrc, rollover: rollover(of: last))
  }

  /// libsrtp says 0 of a source that it was told of until it hears it.
  private func rollover(of source: Source) -> UInt32 {
    max(source.rollover, session.rollover(of: source.ssrc) ?? 0)
  }

  /// Goes on with a source that another process heard.
  @export(interface)
  public func resume(_ source: Source) throws(SRTPError) {
    try session.begin(source.ssrc, rollover: source.rollover)
    note(source.ssrc, source.rollover)
    expectRestart()
  }

  /// The phone has answered or offered anew: it may begin anew with a source that it had.
  public func expectRestart() { unsettled = Self.settled }

  /// The phone has named other keys. The sources that were heard keep their counters.
  @export(interface)
  public func rekey(_ keys: [SRTPKey]) throws(SRTPError) {
    guard keys != self.keys else { return }
    let fresh = try Session(keys, ssrc: nil, window: window)
    for i in sources.indices {
      sources[i].rollover = rollover(of: sources[i])
      if sources[i].rollover != 0 { try fresh.begin(sources[i].ssrc, rollover: sources[i].rollover) }
    }
    former = session
    session = fresh
    self.keys = keys
    expectRestart()
  }

  /// What opens packets from now on, when these keys were agreed on: `before`, where it takes them; nil where memory is
  /// short.
  @export(interface)
  public static func following(_ before: SecureReceiver?, _ keys: [SRTPKey], window: UInt32) -> SecureReceiver? {
    if let before, (try? before.rekey(keys)) != nil {
      before.expectRestart()
      return before
    }
    return try? SecureReceiver(keys, window: window)
  }

  /// Opens a packet in place.
  @export(interface)
  public func unprotect(_ packet: UnsafeMutableRawBufferPointer, isControl: Bool = false) -> Verdict {
    if unsettled == 0 { return take(session.unprotect(packet, isControl: isControl), packet, isControl) }
    guard packet.count <= Self.longest else { return .refused }
    copy.copyMemory(from: UnsafeRawBufferPointer(packet))
    let outcome = session.unprotect(packet, isControl: isControl)
    if case .opened = outcome { return take(outcome, packet, isControl) }
    if let former {
      restore(packet)
      if case .opened(let count) = former.unprotect(packet, isControl: isControl) { return .opened(count) }
    }
    if !isControl, let ssrc = ssrc(of: packet), let i = sources.firstIndex(where: { $0.ssrc == ssrc }) {
      failures += 1
      if failures > Self.patience, let opened = tryAnew(i, packet) { return take(opened, packet, isControl) }
    }
    restore(packet)
    return take(outcome, packet, isControl)
  }

  private func restore(_ packet: UnsafeMutableRawBufferPointer) {
    packet.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<packet.count]))
  }

  private func take(
    _ outcome: Session.Opened, _ packet: UnsafeMutableRawBufferPointer, _ isControl: Bool
  ) -> Verdict {
    guard case .opened(let count) = outcome else { return outcome == .replayed ? .replayed : .refused }
    if !isControl {
      failures = 0
      if let ssrc = ssrc(of: packet), sources.first?.ssrc != ssrc { note(ssrc, 0) }
      if unsettled > 0 {
        unsettled -= 1
        if unsettled == 0 { former = nil }
      }
    }
    return .opened(count)
  }

  /// Looks whether that source goes on at the counter that it had, at the next or at 0, wherever its sequence numbers are.
  private func tryAnew(_ i: Int, _ packet: UnsafeMutableRawBufferPointer) -> Session.Opened? {
    let ssrc = sources[i].ssrc
    let last = rollover(of: sources[i])
    for rollover in last == 0 ? [0, 1] : [last, last &+ 1, 0] {
      restore(packet)
      guard let attempt = try? Session(keys, ssrc: nil, window: window),
        (try? attempt.begin(ssrc, rollover: rollover)) != nil,
        case .opened = attempt.unprotect(packet, isControl: false)
      else { continue }
      restore(packet)
      guard (try? session.begin(ssrc, rollover: rollover)) != nil else { return nil }
      sources[i].rollover = rollover
      return session.unprotect(packet, isControl: false)
    }
    return nil
  }

  private func note(_ ssrc: UInt32, _ rollover: UInt32) {
    if let i = sources.firstIndex(where: { $0.ssrc == ssrc }) {
      sources.insert(sources.remove(at: i), at: 0)
      return
    }
    sources.insert(Source(ssrc: ssrc, rollover: rollover), at: 0)
    if sources.count > Self.mostSources { session.forget(sources.removeLast().ssrc) }
  }

  private func ssrc(of packet: UnsafeMutableRawBufferPointer) -> UInt32? {
    guard packet.count >= 12 else { return nil }
    return UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }
}
