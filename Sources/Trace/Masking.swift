import Wire

/// The message with everything made unreadable from which a password or a key could be had, and as long as it was: the
/// digests of Authorization, Proxy-Authorization and Authentication-Info, other schemes' credentials whole, and the keys of
/// SRTP in a description (RFC 4568).
@export(interface)
public func masked(_ message: [UInt8]) -> [UInt8] {
  var bytes = message
  var start = 0
  var isSecretHeader = false
  while start < bytes.count {
    let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
    let line = start..<end
    let isContinued = bytes[start] == 32 || bytes[start] == 9
    if !isContinued { isSecretHeader = secretNames.contains { begins(bytes, line, $0) } }
    if isSecretHeader { maskDigest(&bytes, line, isFirst: !isContinued) }
    if begins(bytes, line, "a=crypto:") { maskKey(&bytes, line, after: "inline:") }
    if begins(bytes, line, "k=") { maskKey(&bytes, line, after: ":") }
    start = end + 1
  }
  return bytes
}

private let secretNames = ["authorization", "proxy-authorization", "authentication-info"]
private let mask = UInt8(ascii: "x")

/// Masks the values of `response` and `rspauth`; of what is no Digest, all.
private func maskDigest(_ bytes: inout [UInt8], _ line: Range<Int>, isFirst: Bool) {
  var i = line.lowerBound
  if isFirst, let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) {
    i = colon + 1
    while i < line.upperBound && bytes[i] == 32 { i += 1 }
    let isInfo = begins(bytes, line, "authentication-info")
    if !isInfo && !begins(bytes, i..<line.upperBound, "digest ") {
      for j in i..<line.upperBound where bytes[j] != 13 { bytes[j] = mask }
      return
    }
  }
  while i < line.upperBound {
    guard let name = ["response", "rspauth"].first(where: { begins(bytes, i..<line.upperBound, $0) }) else {
      i += 1
      continue
    }
    i += name.utf8.count
    while i < line.upperBound && [32, 9, UInt8(ascii: "="), UInt8(ascii: "\"")].contains(bytes[i]) { i += 1 }
    while i < line.upperBound && isTokenOrQuoted(bytes[i]) {
      bytes[i] = mask
      i += 1
    }
  }
}

private func isTokenOrQuoted(_ byte: UInt8) -> Bool {
  byte > 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: ",")
}

private func maskKey(_ bytes: inout [UInt8], _ line: Range<Int>, after mark: String) {
  var i = line.lowerBound
  while i < line.upperBound {
    guard begins(bytes, i..<line.upperBound, mark) else {
      i += 1
      continue
    }
    i += mark.utf8.count
    while i < line.upperBound && bytes[i] > 32 && bytes[i] != UInt8(ascii: "|") && bytes[i] != UInt8(ascii: ";") {
      bytes[i] = mask
      i += 1
    }
  }
}

/// Whether the bytes in a range begin with a text, in any case; a name is followed by blanks and a colon, which is not
/// looked at.
private func begins(_ bytes: [UInt8], _ range: Range<Int>, _ text: String) -> Bool {
  guard range.count >= text.utf8.count else { return false }
  var i = range.lowerBound
  for byte in text.utf8 {
    let found = bytes[i]
    let lower = (65...90).contains(found) ? found | 32 : found
    guard lower == byte else { return false }
    i += 1
  }
  return true
}
