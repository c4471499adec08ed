/// One source of RTP of our own: its SSRC stays, its sequence numbers and timestamps go on without a break whatever the
/// packets are made of (RFC 3550 §5.1).
public struct OutgoingStream: Hashable, Sendable {
  public let ssrc: UInt32
  public private(set) var sequence: UInt16
  /// How often sequence numbers began at 0 again, as SRTP counts (RFC 3711 §3.3.1).
  public private(set) var rollover: UInt32
  /// The time of the next sample that was not sent, in the clock of its payload type.
  public var timestamp: UInt32
  /// The next packet begins something new to the ear (RFC 3551 §4.1).
  public var isMarked = true
  /// For sender reports (RFC 3550 §6.4.1); octets of payload alone.
  public private(set) var packets: UInt32 = 0
  public private(set) var octets: UInt32 = 0

  /// Random numbers, all three (RFC 3550 §5.1).
  public init(ssrc: UInt32, sequence: UInt16, timestamp: UInt32, rollover: UInt32 = 0) {
    self.ssrc = ssrc
    self.sequence = sequence
    self.rollover = rollover
    self.timestamp = timestamp
  }

  /// The number that SRTP gives the next packet: 48 bits.
  public var index: UInt64 { UInt64(rollover) << 16 | UInt64(sequence) }

  /// Writes the header of the next packet to the start of `packet`, which has room for it.
  public func write(
    to packet: UnsafeMutableRawBufferPointer, payloadType: UInt8, marker: Bool, timestamp: UInt32
  ) {
    packet[0] = 0x80
    packet[1] = (marker ? 0x80 : 0) | payloadType & 0x7f
    packet.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
    packet.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
    packet.storeBytes(of: ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
  }

  /// A packet with so many octets of payload is on its way.
  public mutating func sent(_ payload: Int) {
    advance(to: sequence &+ 1)
    count(payload)
  }

  /// A packet that was numbered already is on its way. One that came late takes nothing forward.
  public mutating func passed(_ number: UInt16, timestamp: UInt32, payload: Int) {
    count(payload)
    guard number &- sequence < 0x8000 else { return }
    self.timestamp = timestamp
    advance(to: number &+ 1)
  }

  private mutating func advance(to next: UInt16) {
    if next < sequence { rollover &+= 1 }
    sequence = next
  }

  private mutating func count(_ payload: Int) {
    packets &+= 1
    octets &+= UInt32(truncatingIfNeeded: payload)
    isMarked = false
  }
}
