import Wire

/// Walks the UTF-8 bytes of one value. Every read is checked against the end; nothing is copied until text is taken.
struct Scanner {
  let bytes: UnsafeBufferPointer<UInt8>
  var at = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { at >= bytes.count }

  /// The byte here, nil at the end.
  @inline(__always)
  var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  /// Steps over the byte if it stands here.
  @inline(__always)
  mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  /// Steps over spaces and tabs.
  @inline(__always)
  mutating func skipSpace() {
    while let byte = peek, isBlank(byte) { at += 1 }
  }

  /// Steps over the byte with white space around it (`SEMI`, `COMMA`, `EQUAL`, `SLASH` of RFC 3261 §25.1).
  mutating func skipSeparator(_ byte: UInt8) -> Bool {
    let start = at
    skipSpace()
    guard skip(byte) else {
      at = start
      return false
    }
    skipSpace()
    return true
  }

  /// Whether the byte stands here or further on.
  func finds(_ byte: UInt8) -> Bool {
    for i in at..<bytes.count where bytes[i] == byte { return true }
    return false
  }

  /// The bytes that the predicate accepts from here on.
  @inline(__always)
  mutating func take(while accepts: (UInt8) -> Bool) -> Range<Int> {
    let start = at
    while let byte = peek, accepts(byte) { at += 1 }
    return start..<at
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  /// A scanner of part of the bytes.
  func part(_ range: Range<Int>) -> Scanner { Scanner(UnsafeBufferPointer(rebasing: bytes[range])) }

  func expectEnd(_ expected: String) throws(SIPError) {
    guard isAtEnd else { throw .badValue(expected) }
  }

  mutating func token(_ expected: String) throws(SIPError) -> String {
    let range = take(while: isTokenByte)
    guard !range.isEmpty else { throw .badValue(expected) }
    return text(range)
  }

  /// Decimal digits; a number beyond 64 bits comes back as the greatest one, so that range checks refuse it.
  mutating func number() -> UInt64? {
    let digits = take(while: isDigit)
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in bytes[digits] {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- 48))
      value = overflow || carry ? .max : sum
      if value == .max { break }
    }
    return value
  }

  /// Steps over a quoted string that begins here and returns where it stands, quotes included.
  mutating func quotedString() throws(SIPError) -> Range<Int> {
    let start = at
    guard skip(UInt8(ascii: "\"")) else { throw .badValue("a quoted string") }
    while let byte = peek {
      at += 1
      if byte == UInt8(ascii: "\"") { return start..<at }
      if byte == UInt8(ascii: "\\") {
        guard let escaped = peek, escaped < 0x80, escaped != 10, escaped != 13 else {
          throw .badValue("an ASCII character after the backslash in a quoted string")
        }
        at += 1
      } else if byte < 32 && byte != 9 || byte == 127 {
        throw .badValue("no control character in a quoted string")
      }
    }
    throw .badValue("a quotation mark that ends the quoted string")
  }

  /// Steps over a quoted string that begins here and returns what it says.
  mutating func quotedText() throws(SIPError) -> String {
    let range = try quotedString()
    let inside = range.lowerBound + 1..<range.upperBound - 1
    return part(inside).finds(UInt8(ascii: "\\")) ? unquote(text(range)) : text(inside)
  }

  /// Steps over a comment that begins here, nested ones included (RFC 3261 §25.1).
  mutating func comment() throws(SIPError) {
    guard peek == UInt8(ascii: "(") else { throw .badValue("a comment in parentheses") }
    var depth = 0
    while let byte = peek {
      at += 1
      switch byte {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return }
      case UInt8(ascii: "\\"):
        guard !isAtEnd else { throw .badValue("a character after the backslash in a comment") }
        at += 1
      default: break
      }
    }
    throw .badValue("a parenthesis that ends the comment")
  }

  /// The rest split at commas that stand outside quotes and angle brackets, white space trimmed; nil where quotes or
  /// brackets don't close.
  mutating func splitAtCommas() -> [Range<Int>]? {
    var parts: [Range<Int>] = []
    var start = at
    var inBrackets = false
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\"") where !inBrackets:
        do throws(SIPError) { _ = try quotedString() } catch { return nil }
        continue
      case UInt8(ascii: "<"): inBrackets = true
      case UInt8(ascii: ">"): inBrackets = false
      case UInt8(ascii: ",") where !inBrackets:
        parts.append(trimmed(start..<at))
        start = at + 1
      default: break
      }
      at += 1
    }
    guard !inBrackets else { return nil }
    parts.append(trimmed(start..<at))
    return parts
  }

  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    return start..<end
  }
}

/// Parses the whole of a value; white space around it is skipped.
func scan<Value>(
  _ text: String, _ parse: (inout Scanner) throws(SIPError) -> Value
) throws(SIPError) -> Value {
  var text = text
  let result = text.withUTF8 { bytes -> Result<Value, SIPError> in
    var scanner = Scanner(bytes)
    do throws(SIPError) {
      scanner.skipSpace()
      let value = try parse(&scanner)
      scanner.skipSpace()
      try scanner.expectEnd("nothing more after the value")
      return .success(value)
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}
