import Crypto
import Wire

/// Writes one STUN message, attribute by attribute; integrity and fingerprint come last, in that order.
public struct StunWriter: Sendable {
  /// The message so far; whole after each attribute.
  public private(set) var bytes: [UInt8]
  private let transaction: StunTransaction

  public init(_ kind: StunKind, method: UInt16 = StunMessage.binding, _ transaction: StunTransaction) {
    self.transaction = transaction
    let type =
      method & 0xf | (method & 0x70) << 1 | (method & 0xf80) << 2 | (kind.rawValue & 1) << 4 | (kind.rawValue & 2) << 7
    bytes = []
    bytes.reserveCapacity(96)
    put(UInt64(type), octets: 2)
    put(0, octets: 2)
    put(UInt64(StunMessage.cookie), octets: 4)
    put(UInt64(transaction.high), octets: 4)
    put(transaction.low, octets: 8)
  }

  /// Adds an attribute; its value is at most 1400 octets.
  public mutating func append(_ type: UInt16, _ value: [UInt8]) {
    precondition(value.count <= 1400)
    put(UInt64(type), octets: 2)
    put(UInt64(value.count), octets: 2)
    bytes += value
    while bytes.count % 4 != 0 { bytes.append(0) }
    setLength(bytes.count)
  }

  /// XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
  @export(interface)
  public mutating func append(mapped address: SocketAddress) {
    let port = address.port ^ UInt16(StunMessage.cookie >> 16)
    var value: [UInt8] = [0, address.ip.isIPv4 ? 1 : 2, UInt8(port >> 8), UInt8(port & 0xff)]
    if address.ip.isIPv4 {
      StunWriter.put(address.ip.low ^ UInt64(StunMessage.cookie), octets: 4, &value)
    } else {
      let mask = transaction.mask
      StunWriter.put(address.ip.high ^ mask.high, octets: 8, &value)
      StunWriter.put(address.ip.low ^ mask.low, octets: 8, &value)
    }
    append(StunAttribute.xorMappedAddress, value)
  }

  /// ERROR-CODE (§14.8), 300 to 699.
  public mutating func append(error code: Int, _ reason: String) {
    append(StunAttribute.errorCode, [0, 0, UInt8(code / 100), UInt8(code % 100)] + Array(reason.utf8.prefix(763)))
  }

  /// MESSAGE-INTEGRITY (§14.5).
  @export(interface)
  public mutating func appendIntegrity(key: [UInt8]) {
    setLength(bytes.count + 24)
    append(StunAttribute.messageIntegrity, hmacSHA1(key: key, bytes))
  }

  /// FINGERPRINT (§14.7).
  @export(interface)
  public mutating func appendFingerprint() {
    setLength(bytes.count + 8)
    var value: [UInt8] = []
    StunWriter.put(UInt64(crc32(bytes[...]) ^ StunMessage.fingerprintMask), octets: 4, &value)
    append(StunAttribute.fingerprint, value)
  }

  /// What the header says of a message that is to end there.
  private mutating func setLength(_ end: Int) {
    StunMessage.put(UInt16(end - StunMessage.headerSize), in: &bytes, at: 2)
  }

  private mutating func put(_ value: UInt64, octets: Int) { StunWriter.put(value, octets: octets, &bytes) }

  private static func put(_ value: UInt64, octets: Int, _ bytes: inout [UInt8]) {
    for i in stride(from: 8 * (octets - 1), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> i)) }
  }
}
