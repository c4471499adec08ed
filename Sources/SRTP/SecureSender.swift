import Crypto

/// Protects what one source of the exchange's own says, RTP and RTCP, under one master key.
public final class SecureSender {
  public let key: SRTPKey
  public let ssrc: UInt32
  /// Packets of RTCP that were protected, each of which took an index (RFC 3711 §3.4).
  public private(set) var controlSent: UInt32 = 0
  private let session: Session

  /// Begins at a roll-over counter, which is 0 for a new source and goes on where only the key is new (RFC 3711 §3.3.1).
  /// Where another process had this very key, `controlSent` is at least what it may have sent, or an index would be used
  /// twice; each costs a packet's work here.
  @export(interface)
  public init(_ key: SRTPKey, ssrc: UInt32, rollover: UInt32 = 0, controlSent: UInt32 = 0) throws(SRTPError) {
    self.key = key
    self.ssrc = ssrc
    session = try Session([key], ssrc: ssrc)
    if rollover != 0 { try session.begin(ssrc, rollover: rollover) }
    skipControl(controlSent)
  }

  /// Encrypts and signs the first `count` octets of a packet in place; `packet` has room for `growth` more. Returns how many
  /// there are then; 0 where it can't be sent, as one whose sequence number was used before, or is too far behind.
  @export(interface)
  public func protect(_ packet: UnsafeMutableRawBufferPointer, count: Int, isControl: Bool = false) -> Int {
    let protected = session.protect(packet, count: count, isControl: isControl)
    if isControl, protected > 0 { controlSent &+= 1 }
    return protected
  }

  /// Octets that a packet grows by.
  public func growth(isControl: Bool = false) -> Int { session.growth(isControl: isControl) }

  /// libsrtp can be told no index of RTCP, but it counts.
  private func skipControl(_ count: UInt32) {
    guard count > 0 else { return }
    // An empty receiver report.
    let report: [UInt8] = [0x80, 201, 0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> (24 - 8 * UInt32($0))) }
    var packet = report + [UInt8](repeating: 0, count: growth(isControl: true))
    packet.withUnsafeMutableBytes { room in
      for _ in 0..<count {
        room.copyBytes(from: report)
        _ = protect(room, count: report.count, isControl: true)
      }
    }
  }
}
