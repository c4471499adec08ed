import Wire

/// The text as a quoted string (RFC 3261 §25.1): quotes and backslashes escaped.
/// CR and LF, which no quoted string can hold, become spaces.
public func quote(_ text: String) -> String { written { writeQuoted(text, to: &$0) } }

/// Writes what `quote` says.
func writeQuoted(_ text: String, to out: inout TextWriter) {
  out.put(UInt8(ascii: "\""))
  for byte in text.utf8 {
    switch byte {
    case 13, 10: out.put(32)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0...8, 11, 12, 14...31, 127:
      out.put(UInt8(ascii: "\\"))
      out.put(byte)
    default: out.put(byte)
    }
  }
  out.put(UInt8(ascii: "\""))
}

/// The text that is written.
func written(_ write: (inout TextWriter) -> Void) -> String {
  var out = TextWriter()
  write(&out)
  return out.text
}

/// The content of a quoted string; any other text comes back as it is.
public func unquote(_ text: String) -> String {
  let utf8 = text.utf8
  guard utf8.count >= 2, utf8.first == UInt8(ascii: "\""), utf8.last == UInt8(ascii: "\"") else { return text }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(utf8.count)
  var escaped = false
  for byte in utf8.dropFirst().dropLast() {
    if byte == UInt8(ascii: "\\") && !escaped {
      escaped = true
    } else {
      bytes.append(byte)
      escaped = false
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// The text with each `%hh` replaced by the byte that it names; what doesn't become UTF-8 is repaired with U+FFFD.
public func unescape(_ text: String) -> String {
  guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
  var bytes: [UInt8] = []
  var rest = text.utf8[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), rest.count >= 2, let high = hexDigit(rest.first!),
      let low = hexDigit(rest[rest.index(after: rest.startIndex)])
    {
      bytes.append(high << 4 | low)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
