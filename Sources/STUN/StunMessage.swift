import Crypto
import Wire

/// The four classes of STUN messages (RFC 8489 §5).
public enum StunKind: UInt16, Hashable, Sendable {
  case request, indication, success, failure
}

/// The 96 bits that tie an answer to its request.
public struct StunTransaction: Hashable, Sendable {
  public var high: UInt32
  public var low: UInt64

  public init(high: UInt32, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// The numbers of attributes (RFC 8489 §18.3, RFC 8445 §16.1). Above 0x7fff one that isn't known may be passed over.
public enum StunAttribute {
  public static let mappedAddress: UInt16 = 0x0001
  public static let username: UInt16 = 0x0006
  public static let messageIntegrity: UInt16 = 0x0008
  public static let errorCode: UInt16 = 0x0009
  public static let unknownAttributes: UInt16 = 0x000a
  public static let realm: UInt16 = 0x0014
  public static let nonce: UInt16 = 0x0015
  public static let messageIntegritySHA256: UInt16 = 0x001c
  public static let xorMappedAddress: UInt16 = 0x0020
  public static let priority: UInt16 = 0x0024
  public static let useCandidate: UInt16 = 0x0025
  public static let software: UInt16 = 0x8022
  public static let fingerprint: UInt16 = 0x8028
  public static let iceControlled: UInt16 = 0x8029
  public static let iceControlling: UInt16 = 0x802a

  /// Whether who doesn't know it has to refuse the message.
  public static func mustBeKnown(_ type: UInt16) -> Bool { type < 0x8000 }
}

/// A STUN message as it was received (RFC 8489 §5). What stands behind MESSAGE-INTEGRITY counts only where it is a
/// stronger integrity or the FINGERPRINT (§14.5).
public struct StunMessage: Sendable {
  /// All method numbers but this one are of other protocols.
  public static let binding: UInt16 = 1
  static let cookie: UInt32 = 0x2112_a442
  static let headerSize = 20
  /// No longer message is read; each fits into one packet (§6.1).
  public static let longest = 1500

  public let kind: StunKind
  public let method: UInt16
  public let transaction: StunTransaction
  /// In the message's order, each with the place of its value.
  public let attributes: [(type: UInt16, value: Range<Int>)]
  public let bytes: [UInt8]

  /// Whether a datagram is STUN and not SIP, RTP or DTLS (RFC 7983 §7), by its first octets alone.
  public static func isSTUN(_ bytes: [UInt8]) -> Bool {
    bytes.count >= headerSize && bytes[0] & 0xc0 == 0 && number(bytes, at: 4, octets: 4) == UInt64(cookie)
  }

  /// Reads a whole datagram; nil where it is no well-formed STUN message, or its FINGERPRINT is wrong.
  @export(interface)
  public init?(_ bytes: [UInt8]) {
    guard StunMessage.isSTUN(bytes), bytes.count <= StunMessage.longest, bytes.count % 4 == 0,
      StunMessage.number(bytes, at: 2, octets: 2) == UInt64(bytes.count - StunMessage.headerSize)
    else { return nil }
    let type = UInt16(StunMessage.number(bytes, at: 0, octets: 2))
    // The class lies in bits 4 and 8, the method around them.
    guard let kind = StunKind(rawValue: type >> 4 & 1 | type >> 7 & 2) else { return nil }
    self.kind = kind
    method = type & 0xf | type >> 1 & 0x70 | type >> 2 & 0xf80
    transaction = StunTransaction(
      high: UInt32(StunMessage.number(bytes, at: 8, octets: 4)), low: StunMessage.number(bytes, at: 12, octets: 8))
    guard let attributes = StunMessage.attributes(bytes) else { return nil }
    self.attributes = attributes
    self.bytes = bytes
    if let value = value(StunAttribute.fingerprint) {
      let expected = crc32(bytes[..<(value.startIndex - 4)]) ^ StunMessage.fingerprintMask
      guard value.count == 4, StunMessage.number(bytes, at: value.startIndex, octets: 4) == UInt64(expected) else {
        return nil
      }
    }
  }

  private static func attributes(_ bytes: [UInt8]) -> [(type: UInt16, value: Range<Int>)]? {
    var attributes: [(type: UInt16, value: Range<Int>)] = []
    var at = headerSize
    var isSealed = false
    while at < bytes.count {
      guard at + 4 <= bytes.count else { return nil }
      let type = UInt16(number(bytes, at: at, octets: 2))
      let length = Int(number(bytes, at: at + 2, octets: 2))
      let value = at + 4..<at + 4 + length
      at += 4 + (length + 3) / 4 * 4
      guard at <= bytes.count else { return nil }
      if type == StunAttribute.fingerprint && at != bytes.count { return nil }
      if !isSealed || type == StunAttribute.fingerprint || type == StunAttribute.messageIntegritySHA256 {
        attributes.append((type, value))
      }
      if type == StunAttribute.messageIntegrity || type == StunAttribute.messageIntegritySHA256 { isSealed = true }
    }
    return attributes
  }

  static let fingerprintMask: UInt32 = 0x5354_554e

  /// The value of the first attribute of that number.
  public func value(_ type: UInt16) -> ArraySlice<UInt8>? {
    attributes.first { $0.type == type }.map { bytes[$0.value] }
  }

  /// The value as text.
  public func text(_ type: UInt16) -> String? { value(type).map { String(decoding: $0, as: UTF8.self) } }

  /// The value as a number of up to 64 bits; nil for another length than 4 and 8 octets.
  public func number(_ type: UInt16) -> UInt64? {
    guard let value = value(type), value.count == 4 || value.count == 8 else { return nil }
    return StunMessage.number(bytes, at: value.startIndex, octets: value.count)
  }

  /// Whether MESSAGE-INTEGRITY (HMAC-SHA1) was made with this key; false where there is none (§14.5). The key is the
  /// password of a short-term credential, as ICE uses them.
  @export(interface)
  public func hasIntegrity(key: [UInt8]) -> Bool {
    guard let value = value(StunAttribute.messageIntegrity), value.count == 20 else { return false }
    let end = value.startIndex - 4
    var covered = Array(bytes[..<end])
    // The length counts as if the message ended with the integrity.
    StunMessage.put(UInt16(end + 24 - StunMessage.headerSize), in: &covered, at: 2)
    return constantTimeEqual(hmacSHA1(key: key, covered), Array(value))
  }

  /// XOR-MAPPED-ADDRESS (§14.2).
  public var mappedAddress: SocketAddress? {
    guard let value = value(StunAttribute.xorMappedAddress), value.count >= 8 else { return nil }
    let at = value.startIndex
    let port = UInt16(StunMessage.number(bytes, at: at + 2, octets: 2)) ^ UInt16(StunMessage.cookie >> 16)
    switch (bytes[at + 1], value.count) {
    case (1, 8):
      let raw = UInt32(StunMessage.number(bytes, at: at + 4, octets: 4)) ^ StunMessage.cookie
      return SocketAddress(IPAddress(ipv4: raw), port: port)
    case (2, 20):
      let mask = transaction.mask
      let high = StunMessage.number(bytes, at: at + 4, octets: 8) ^ mask.high
      let low = StunMessage.number(bytes, at: at + 12, octets: 8) ^ mask.low
      return SocketAddress(IPAddress(ipv6High: high, low: low), port: port)
    default: return nil
    }
  }

  /// The number and text of ERROR-CODE (§14.8).
  public var error: (code: Int, reason: String)? {
    guard let value = value(StunAttribute.errorCode), value.count >= 4 else { return nil }
    let at = value.startIndex
    let (hundreds, rest) = (Int(bytes[at + 2] & 7), Int(bytes[at + 3]))
    guard (3...6).contains(hundreds), rest < 100 else { return nil }
    return (100 * hundreds + rest, String(decoding: value.dropFirst(4), as: UTF8.self))
  }

  /// Attributes that have to be known and are not among `known` (§6.3.1).
  public func unknown(_ known: [UInt16]) -> [UInt16] {
    attributes.map { $0.type }.filter { StunAttribute.mustBeKnown($0) && !known.contains($0) }
  }

  static func number(_ bytes: [UInt8], at: Int, octets: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in at..<at + octets { value = value << 8 | UInt64(bytes[i]) }
    return value
  }

  static func put(_ value: UInt16, in bytes: inout [UInt8], at: Int) {
    bytes[at] = UInt8(truncatingIfNeeded: value >> 8)
    bytes[at + 1] = UInt8(truncatingIfNeeded: value)
  }
}

extension StunTransaction {
  /// What an IPv6 address is mixed with: the cookie and the transaction.
  var mask: (high: UInt64, low: UInt64) { (UInt64(StunMessage.cookie) << 32 | UInt64(high), low) }
}
