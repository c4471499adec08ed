/// An IPv4 or IPv6 address as a plain value, without a zone.
public struct IPAddress: Hashable, Sendable {
  /// The first and last 64 bits in network order; an IPv4 address sits in the last 32 bits of `low`.
  public let high: UInt64
  public let low: UInt64
  public let isIPv4: Bool

  public init(ipv4: UInt32) {
    high = 0
    low = UInt64(ipv4)
    isIPv4 = true
  }

  /// An IPv4-mapped address (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2) becomes the IPv4 address that it stands for.
  public init(ipv6High: UInt64, low: UInt64) {
    if ipv6High == 0 && low >> 32 == 0xffff {
      self.init(ipv4: UInt32(truncatingIfNeeded: low))
    } else {
      self.init(high: ipv6High, low: low, isIPv4: false)
    }
  }

  private init(high: UInt64, low: UInt64, isIPv4: Bool) {
    self.high = high
    self.low = low
    self.isIPv4 = isIPv4
  }

  public static let anyIPv4 = IPAddress(ipv4: 0)
  public static let anyIPv6 = IPAddress(high: 0, low: 0, isIPv4: false)
  /// `127.0.0.1` or `::1`.
  public static func loopback(isIPv4: Bool) -> IPAddress {
    isIPv4 ? IPAddress(ipv4: 0x7f00_0001) : IPAddress(high: 0, low: 1, isIPv4: false)
  }

  /// `0.0.0.0` or `::`.
  public var isUnspecified: Bool { high == 0 && low == 0 }
  /// `127.0.0.0/8` or `::1`.
  public var isLoopback: Bool { isIPv4 ? low >> 24 == 127 : high == 0 && low == 1 }
  /// `224.0.0.0/4` or `ff00::/8`.
  public var isMulticast: Bool { isIPv4 ? low >> 28 == 0xe : high >> 56 == 0xff }

  /// Whom limits count where this address talks to `local`: itself; of IPv6 the /64, within which one customer takes any
  /// address he likes (RFC 4291 §2.5.4, RFC 6177), except for neighbours, who share ours.
  public func counted(from local: IPAddress) -> IPAddress {
    isIPv4 || high == local.high ? self : IPAddress(high: high, low: 0, isIPv4: false)
  }

  /// The eight 16-bit groups of an IPv6 address.
  private func group(_ i: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (i < 4 ? high : low) >> UInt64((3 - i & 3) * 16))
  }

  /// Dotted decimal, or the canonical text of RFC 5952.
  public var description: String {
    if isIPv4 {
      var out = TextWriter(capacity: 15)
      for i in 0..<4 as Range<UInt64> {
        if i > 0 { out.put(UInt8(ascii: ".")) }
        out.put(number: low >> (24 - 8 * i) & 255)
      }
      return out.text
    }
    // RFC 5952 §4.2: the longest run of two or more zero groups is shortened, the first of equals.
    var best = (start: 8, length: 1)
    var i = 0
    while i < 8 {
      var j = i
      while j < 8 && group(j) == 0 { j += 1 }
      if j - i > best.length { best = (i, j - i) }
      i = max(j, i + 1)
    }
    var text = ""
    i = 0
    while i < 8 {
      if i == best.start {
        text += "::"
        i += best.length
        continue
      }
      if !text.isEmpty && text.utf8.last != UInt8(ascii: ":") { text += ":" }
      text += String(group(i), radix: 16)
      i += 1
    }
    return text
  }
}

extension IPAddress {
  /// Parses dotted decimal (four decimal numbers, no leading zeros) or IPv6 text (RFC 4291 §2.2), without brackets or zone.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    if bytes.contains(UInt8(ascii: ":")) {
      guard let groups = parseIPv6(bytes) else { return nil }
      var high: UInt64 = 0
      var low: UInt64 = 0
      for i in 0..<4 { high = high << 16 | UInt64(groups[i]) }
      for i in 4..<8 { low = low << 16 | UInt64(groups[i]) }
      self.init(ipv6High: high, low: low)
    } else {
      guard let value = parseIPv4(bytes[...]) else { return nil }
      self.init(ipv4: value)
    }
  }
}

private func parseIPv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
  var value: UInt32 = 0
  var part: UInt32 = 0
  var digits = 0
  var dots = 0
  for byte in bytes {
    if isDigit(byte) {
      guard digits == 0 || part > 0 else { return nil }
      part = part * 10 + UInt32(byte &- 48)
      digits += 1
      guard part <= 255 else { return nil }
    } else {
      guard byte == UInt8(ascii: "."), digits > 0, dots < 3 else { return nil }
      value = value << 8 | part
      (part, digits, dots) = (0, 0, dots + 1)
    }
  }
  return dots == 3 && digits > 0 ? value << 8 | part : nil
}

private func parseIPv6(_ bytes: [UInt8]) -> [UInt16]? {
  guard bytes.count <= 45 else { return nil }
  var head: [UInt16] = []
  var tail: [UInt16] = []
  var sawGap = false
  let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
  for (i, part) in parts.enumerated() {
    if part.isEmpty {
      // An empty part is the gap "::"; at either end it comes twice.
      let leading = i == 0 && parts.count > 2 && parts[1].isEmpty
      let trailing = i == parts.count - 1 && i > 1 && parts[i - 1].isEmpty
      if leading || trailing { continue }
      guard !sawGap, i > 0, i < parts.count - 1 else { return nil }
      sawGap = true
      continue
    }
    var groups: [UInt16] = []
    if i == parts.count - 1 && part.contains(UInt8(ascii: ".")) {
      guard let v4 = parseIPv4(part) else { return nil }
      groups = [UInt16(v4 >> 16), UInt16(v4 & 0xffff)]
    } else {
      guard part.count <= 4 else { return nil }
      var value: UInt16 = 0
      for byte in part {
        guard let digit = hexDigit(byte) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      groups = [value]
    }
    if sawGap { tail += groups } else { head += groups }
  }
  let count = head.count + tail.count
  guard sawGap ? count < 8 : count == 8 else { return nil }
  return head + [UInt16](repeating: 0, count: 8 - count) + tail
}
