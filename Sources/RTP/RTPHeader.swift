/// The fixed header of an RTP packet and where its payload lies (RFC 3550 §5.1).
public struct RTPHeader: Equatable, Sendable {
  public var marker: Bool
  /// 0…127.
  public var payloadType: UInt8
  public var sequence: UInt16
  public var timestamp: UInt32
  public var ssrc: UInt32
  /// Octets before the payload: fixed header, contributing sources and extension.
  public var payloadOffset: Int
  /// Octets of the payload, without padding.
  public var payloadCount: Int

  public static let size = 12

  /// Reads a packet's header and checks every length that it names; nil for what is no RTP version 2 packet.
  public init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= Self.size, packet[0] >> 6 == 2 else { return nil }
    var offset = Self.size + Int(packet[0] & 15) * 4
    if packet[0] & 0x10 != 0 {
      // The extension's length counts words after its own.
      guard offset + 4 <= packet.count else { return nil }
      offset += 4 + (Int(packet[offset + 2]) << 8 | Int(packet[offset + 3])) * 4
    }
    guard offset <= packet.count else { return nil }
    var end = packet.count
    if packet[0] & 0x20 != 0 {
      // The last octet counts the padding with itself.
      let padding = Int(packet[end - 1])
      guard padding > 0, padding <= end - offset else { return nil }
      end -= padding
    }
    marker = packet[1] & 0x80 != 0
    payloadType = packet[1] & 0x7f
    sequence = UInt16(packet[2]) << 8 | UInt16(packet[3])
    timestamp = word(packet, 4)
    ssrc = word(packet, 8)
    payloadOffset = offset
    payloadCount = end - offset
  }

  public init(marker: Bool = false, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: UInt32) {
    self.marker = marker
    self.payloadType = payloadType & 0x7f
    self.sequence = sequence
    self.timestamp = timestamp
    self.ssrc = ssrc
    payloadOffset = Self.size
    payloadCount = 0
  }

  /// A packet of this header, without contributing sources, extension or padding, and the payload.
  public func packet(_ payload: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = [0x80, (marker ? 0x80 : 0) | payloadType, UInt8(sequence >> 8), UInt8(sequence & 255)]
    bytes.reserveCapacity(Self.size + payload.count)
    for value in [timestamp, ssrc] {
      for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    bytes.append(contentsOf: payload)
    return bytes
  }
}

extension RTPHeader {
  /// Whether a packet on the port of a stream is STUN instead (RFC 7983 §7).
  public static func isSTUN(_ packet: UnsafeRawBufferPointer) -> Bool { packet.count > 0 && packet[0] < 4 }

  /// Whether it is DTLS.
  public static func isDTLS(_ packet: UnsafeRawBufferPointer) -> Bool {
    packet.count > 0 && (20...63).contains(packet[0])
  }
}

func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
  UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
}
