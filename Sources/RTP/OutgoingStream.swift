/// One source of RTP of our own: its SSRC stays, its sequence numbers and timestamps go on without a break whatever the
/// packets are made of (RFC 3550 §5.1).
public struct OutgoingStream: Hashable, Sendable {
  public let ssrc: UInt32
  public private(set) var sequence: UInt16
  /// The time of the next sample that was not sent, in the clock of its payload type.
  public var timestamp: UInt32
  /// The next packet begins something new to the ear (RFC 3551 §4.1).
  public var isMarked = true
  /// For sender reports (RFC 3550 §6.4.1); octets of payload alone.
  public private(set) var packets: UInt32 = 0
  public private(set) var octets: UInt32 = 0

  /// Random numbers, all three (RFC 3550 §5.1).
  public init(ssrc: UInt32, sequence: UInt16, timestamp: UInt32) {
    self.ssrc = ssrc
    self.sequence = sequence
    self.timestamp = timestamp
  }

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
    sequence &+= 1
    packets &+= 1
    octets &+= UInt32(truncatingIfNeeded: payload)
    isMarked = false
  }
}
