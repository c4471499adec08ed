/// The validity checks and walk of an RTCP compound packet (RFC 3550 §6.1, A.2).
public struct RTCPCompound: Equatable, Sendable {
  public static let senderReport: UInt8 = 200
  public static let receiverReport: UInt8 = 201
  public static let sourceDescription: UInt8 = 202
  public static let bye: UInt8 = 203

  /// The SSRC of whoever sent the compound: that of its first report.
  public let sender: UInt32
  /// Whether a BYE is in it.
  public let hasBye: Bool
  /// Packets in the compound.
  public let count: Int

  /// Whether a packet on a port that RTP shares with it is RTCP: payload types 64 to 95 are not for RTP there (RFC 5761 §4).
  @inline(__always)
  public static func isMuxed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] >> 6 == 2 && (192...223).contains(bytes[1])
  }

  /// Checks a compound; nil for what is none. `allowReducedSize` takes other packets in first place too, as RFC 5506
  /// has it.
  public init?(_ bytes: UnsafeRawBufferPointer, allowReducedSize: Bool = false) {
    guard bytes.count >= 8 else { return nil }
    // Version 2, no padding in the first, and a report first.
    let first = bytes[1]
    guard bytes[0] >> 6 == 2, bytes[0] & 0x20 == 0, (192...223).contains(first) else { return nil }
    guard allowReducedSize || first == Self.senderReport || first == Self.receiverReport else { return nil }
    var offset = 0
    var packets = 0
    var bye = false
    while offset < bytes.count {
      guard offset + 4 <= bytes.count, bytes[offset] >> 6 == 2 else { return nil }
      let length = ((Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])) + 1) * 4
      guard offset + length <= bytes.count else { return nil }
      let type = bytes[offset + 1]
      guard (192...223).contains(type), length >= Self.least(type, count: Int(bytes[offset] & 31)) else { return nil }
      if bytes[offset] & 0x20 != 0 {
        // Padding is for the last packet alone, and fills whole words of it.
        let padding = bytes[offset + length - 1]
        guard offset + length == bytes.count, padding > 0, padding % 4 == 0, Int(padding) <= length - 4 else {
          return nil
        }
      }
      if type == Self.bye { bye = true }
      packets += 1
      offset += length
    }
    sender = word(bytes, 4)
    hasBye = bye
    count = packets
  }

  /// The fewest octets that a packet of this type with this many blocks has.
  private static func least(_ type: UInt8, count: Int) -> Int {
    switch type {
    case senderReport: 28 + 24 * count
    case receiverReport: 8 + 24 * count
    // A chunk is an SSRC and at least one word of items with their end.
    case sourceDescription: 4 + 8 * count
    case bye: 4 + 4 * count
    default: 4
    }
  }

  /// Whether a datagram is RTCP rather than RTP, where both come to one port (RFC 5761 §4).
  public static func isRTCP(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] >> 6 == 2 && (192...223).contains(bytes[1])
  }
}
