import Crypto
import Wire

/// What an `a=crypto` line names: a suite and the keys by which its author sends (RFC 4568). Only lines that can be taken
/// as they stand become one: each that asks for more, such as packets without encryption, is none to us (§6.3.7).
public struct CryptoLine: Hashable, Sendable {
  /// The most characters of a line that is looked at: 16 keys of the longest suite are far below.
  static let longest = 4096
  static let mostKeys = 16

  /// By which an answer says what it takes; up to nine digits.
  public var tag: UInt32
  public var suite: SRTPSuite
  /// One without an MKI, or several that are told apart by theirs, of one length.
  public var keys: [SRTPKey]
  /// Packets after which the first key is to be replaced; nil for as many as the suite allows.
  public var lifetime: UInt64?
  /// The replay window that the author wishes for what it sends (`WSH`); 0 where it says nothing.
  public var window: UInt32 = 0

  public init(tag: UInt32, suite: SRTPSuite, keys: [SRTPKey]) {
    self.tag = tag
    self.suite = suite
    self.keys = keys
  }

  /// Reads `1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 WSH=128`, the value of the attribute; nil where it can't be taken.
  @export(interface)
  public init?(_ value: String) {
    guard value.utf8.count <= Self.longest else { return nil }
    let parts = words(value)
    guard parts.count >= 3, (1...9).contains(parts[0].count), let tag = decimal(parts[0], limit: 999_999_999),
      let suite = SRTPSuite.allCases.first(where: { equalsIgnoringCase($0.name, text(parts[1])) })
    else { return nil }
    self.init(tag: tag, suite: suite, keys: [])
    let params = parts[2].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    guard params.count <= Self.mostKeys else { return nil }
    for (i, param) in params.enumerated() {
      guard let read = KeyParameter(param, suite) else { return nil }
      if i == 0 { lifetime = read.lifetime }
      keys.append(read.key)
    }
    // §6.1: several keys are told apart by MKIs of one length, each its own.
    guard keys.count == 1 || !keys[0].identifier.isEmpty,
      keys.allSatisfy({ $0.identifier.count == keys[0].identifier.count }),
      Set(keys.map { $0.identifier }).count == keys.count
    else { return nil }
    for param in parts[3...] { guard take(param) else { return nil } }
  }

  /// The value of the attribute.
  public var value: String {
    var value = "\(tag) \(suite.name) "
    for (i, key) in keys.enumerated() {
      value += (i == 0 ? "inline:" : ";inline:") + base64(key.octets)
      if i == 0, let lifetime {
        value += lifetime.nonzeroBitCount == 1 ? "|2^\(lifetime.trailingZeroBitCount)" : "|\(lifetime)"
      }
      if let number = key.identifier.number { value += "|\(number):\(key.identifier.count)" }
    }
    return window == 0 ? value : value + " WSH=\(window)"
  }

  /// Whether the session parameter is one that changes nothing for us.
  private mutating func take(_ param: ArraySlice<UInt8>) -> Bool {
    let parts = param.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    // A parameter that nobody knows may be passed over where its author says so by a dash.
    if param.first == UInt8(ascii: "-") { return param.count > 1 }
    guard parts.count == 2 else { return false }
    switch text(parts[0]) {
    // §6.3.1: a rate of 0 derives keys once, as is done without it.
    case "KDR": return decimal(parts[1], limit: 24) == 0
    case "WSH":
      guard let hint = decimal(parts[1], limit: 0x7fff), hint >= 64 else { return false }
      window = hint
      return true
    default: return false
    }
  }
}

/// One `inline:` of a line: key and salt in Base64, lifetime, and MKI.
private struct KeyParameter {
  let key: SRTPKey
  var lifetime: UInt64?

  init?(_ param: ArraySlice<UInt8>, _ suite: SRTPSuite) {
    let method = Array("inline:".utf8)
    guard equalsIgnoringCase(text(param.prefix(method.count)), text(method[...])) else { return nil }
    let parts = param.dropFirst(method.count).split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    guard parts.count <= 3, let octets = fromBase64(parts[0]) else { return nil }
    var identifier: [UInt8] = []
    for (i, part) in parts.dropFirst().enumerated() {
      if part.contains(UInt8(ascii: ":")) {
        guard i == parts.count - 2, let read = Self.identifier(part) else { return nil }
        identifier = read
      } else {
        guard i == 0, let read = Self.lifetime(part) else { return nil }
        lifetime = read
      }
    }
    guard let key = SRTPKey(suite, octets, identifier: identifier) else { return nil }
    self.key = key
  }

  /// `2^31`, or a number of packets; at most 2^48 (RFC 3711 §9.2).
  private static func lifetime(_ text: ArraySlice<UInt8>) -> UInt64? {
    if text.starts(with: [UInt8(ascii: "2"), UInt8(ascii: "^")]) {
      return decimal(text.dropFirst(2), limit: 48).map { 1 << UInt64($0) }
    }
    guard let number = number(text), (1...1 << 48).contains(number) else { return nil }
    return number
  }

  /// `1:4`: a number, and the octets that it has in each packet. Numbers beyond 64 bits are nobody's.
  private static func identifier(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let number = number(parts[0]), let count = decimal(parts[1], limit: 128), count > 0,
      count >= 8 || number >> UInt64(8 * count) == 0
    else { return nil }
    return (0..<Int(count)).map { i in
      let place = Int(count) - 1 - i
      return place < 8 ? UInt8(truncatingIfNeeded: number >> UInt64(8 * place)) : 0
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard (1...19).contains(digits.count), digits.allSatisfy({ isDigit($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
  }
}

extension [UInt8] {
  /// The octets of an MKI as the number that it is written as; nil where there is none.
  fileprivate var number: UInt64? { isEmpty ? nil : reduce(0) { $0 << 8 | UInt64($1) } }
}

extension MediaDescription {
  /// The lines that can be taken, in their author's order of preference.
  var cryptoLines: [CryptoLine] {
    attributes.compactMap { $0.name == "crypto" ? $0.value.flatMap { CryptoLine($0) } : nil }
  }
}
