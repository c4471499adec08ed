import Wire

/// What a message stands in, which decides where its body ends (RFC 3261 §18.3).
public enum Framing: Sendable {
  /// One datagram is one message: what follows Content-Length bytes is discarded.
  case datagram
  /// Cut out of a stream by `StreamFramer`: Content-Length is mandatory.
  case stream
}

extension Message {
  /// Reads the start line, the header fields and the body. What their values hold is for `Request.check()` and
  /// `Response.check()`; only Content-Length is read here, since the body's end hangs on it.
  @export(interface)
  public static func parse(_ bytes: [UInt8], _ framing: Framing = .datagram) throws(SIPError) -> Message {
    try bytes.withUnsafeBufferPointer { (buffer) throws(SIPError) in
      var lines = LineReader(buffer)
      lines.skipEmptyLines()
      guard let first = lines.next() else { throw .notSIP }
      let start = try StartLine(Scanner(UnsafeBufferPointer(rebasing: buffer[first])))
      let headers = try Headers(&lines)
      let body = try Body(headers, available: lines.at..<buffer.count, framing)
      switch start {
      case .request(let method, let uri):
        return .request(Request(method, uri, headers: headers, body: Array(buffer[body.range])))
      case .response(let status, let reason):
        return .response(Response(status: status, reason: reason, headers: headers, body: Array(buffer[body.range])))
      }
    }
  }
}

/// Hands out lines without their CRLF.
struct LineReader {
  let bytes: UnsafeBufferPointer<UInt8>
  /// Where the next line begins.
  var at = 0
  /// The number of the line handed out last, from 1.
  var number = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Empty lines may come before the start line (RFC 3261 §7.5).
  mutating func skipEmptyLines() {
    while at + 1 < bytes.count, bytes[at] == 13, bytes[at + 1] == 10 {
      at += 2
      number += 1
    }
  }

  /// The next line; nil where no CRLF follows, or a CR or LF stands alone.
  mutating func next() -> Range<Int>? {
    let start = at
    while at < bytes.count {
      let byte = bytes[at]
      if byte == 13 {
        guard at + 1 < bytes.count, bytes[at + 1] == 10 else { return nil }
        at += 2
        number += 1
        return start..<at - 2
      }
      if byte == 10 { return nil }
      at += 1
    }
    return nil
  }

  /// Whether the next line continues the one before (RFC 3261 §7.3.1).
  var isFolded: Bool { at < bytes.count && isBlank(bytes[at]) }
}

private enum StartLine {
  case request(Method, URI)
  case response(Int, String)

  init(_ line: Scanner) throws(SIPError) {
    if StartLine.isVersion(line, at: 0) {
      self = try .response(line)
    } else {
      self = try .request(line)
    }
  }

  /// Whether `SIP/` stands there, in any case.
  private static func isVersion(_ line: Scanner, at start: Int) -> Bool {
    let bytes = line.bytes
    return start >= 0 && start + 4 <= bytes.count && bytes[start] | 32 == 115 && bytes[start + 1] | 32 == 105
      && bytes[start + 2] | 32 == 112 && bytes[start + 3] == 47
  }

  /// `Method SP Request-URI SP SIP-Version` (RFC 3261 §7.1), with just those two spaces.
  private static func request(_ line: Scanner) throws(SIPError) -> StartLine {
    var line = line
    let end = line.trimmed(0..<line.bytes.count).upperBound
    guard let lastSpace = line.bytes[..<end].lastIndex(of: 32), isVersion(line, at: lastSpace + 1) else {
      throw .notSIP
    }
    let version = line.text(lastSpace + 1..<end)
    guard equalsIgnoringCase(version, "SIP/2.0") else { throw .badVersion(version) }
    guard end == line.bytes.count else { throw .badStartLine("nothing after the version") }
    let method = Method(try line.startLineToken())
    guard line.skip(32), line.at <= lastSpace else { throw .badStartLine("method, Request-URI and version") }
    var part = line.part(line.at..<lastSpace)
    let uri: URI
    do throws(SIPError) { uri = try URI(&part) } catch {
      guard case .badValue(let expected) = error else { throw error }
      throw .badStartLine("as Request-URI " + expected)
    }
    // The headers part is for Contacts and web pages, never for a Request-URI (§19.1.1, table 1).
    guard uri.headers.isEmpty else { throw .badStartLine("a Request-URI without headers") }
    return .request(method, uri)
  }

  /// `SIP-Version SP Status-Code SP Reason-Phrase` (RFC 3261 §7.2); the phrase may be empty, its space too.
  private static func response(_ line: Scanner) throws(SIPError) -> StartLine {
    var line = line
    let version = line.text(line.take { $0 != 32 })
    guard equalsIgnoringCase(version, "SIP/2.0") else { throw .badVersion(version) }
    guard line.skip(32) else { throw .badStartLine("a status after the version") }
    let digits = line.take(while: isDigit)
    var status = 0
    if digits.count == 3 { for byte in line.bytes[digits] { status = status * 10 + Int(byte &- 48) } }
    guard (100...699).contains(status) else { throw .badStartLine("a status from 100 to 699") }
    guard line.skip(32) || line.isAtEnd else { throw .badStartLine("a space after the status") }
    guard let reason = checkedText(line.bytes, line.at..<line.bytes.count) else {
      throw .badStartLine("a reason phrase in UTF-8")
    }
    return .response(status, reason)
  }
}

extension Scanner {
  fileprivate mutating func startLineToken() throws(SIPError) -> String {
    let range = take(while: isTokenByte)
    guard !range.isEmpty else { throw .badStartLine("a method") }
    return text(range)
  }
}

/// The text if it is UTF-8.
private func checkedText(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String? {
  let part = UnsafeBufferPointer(rebasing: bytes[range])
  for byte in part where byte >= 0x80 { return String(validating: part, as: UTF8.self) }
  return String(decoding: part, as: UTF8.self)
}

extension Headers {
  /// Reads fields up to the empty line.
  fileprivate init(_ lines: inout LineReader) throws(SIPError) {
    self.init()
    fields.reserveCapacity(20)
    while true {
      guard let line = lines.next() else { throw .badLine(lines.number + 1) }
      if line.isEmpty { return }
      let number = lines.number
      guard appendField(&lines, line) else { throw .badLine(number) }
    }
  }

  /// Reads the field that begins on this line and steps over the lines that continue it; false where it is none.
  @discardableResult
  mutating func appendField(_ lines: inout LineReader, _ line: Range<Int>) -> Bool {
    let scanner = Scanner(lines.bytes)
    guard let colon = Headers.fieldNameEnd(lines.bytes, line) else { return false }
    let value =
      lines.isFolded
      ? unfold(&lines, colon + 1..<line.upperBound)
      : checkedText(lines.bytes, scanner.trimmed(colon + 1..<line.upperBound))
    guard let value else { return false }
    let name = scanner.trimmed(line.lowerBound..<colon)
    append(UnsafeBufferPointer(rebasing: lines.bytes[name]), value)
    return true
  }

  /// Which header's field begins on this line; nil where none does.
  static func fieldName(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> HeaderName? {
    guard let colon = fieldNameEnd(bytes, line) else { return nil }
    let name = Scanner(bytes).trimmed(line.lowerBound..<colon)
    return HeaderName(matching: UnsafeBufferPointer(rebasing: bytes[name]))
  }

  /// The place of the colon after a token and optional white space.
  private static func fieldNameEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Int? {
    var at = line.lowerBound
    while at < line.upperBound, isTokenByte(bytes[at]) { at += 1 }
    guard at > line.lowerBound else { return nil }
    while at < line.upperBound, isBlank(bytes[at]) { at += 1 }
    return at < line.upperBound && bytes[at] == UInt8(ascii: ":") ? at : nil
  }

  /// Joins a folded field: each line end with the white space around it becomes one space.
  private func unfold(_ lines: inout LineReader, _ first: Range<Int>) -> String? {
    let scanner = Scanner(lines.bytes)
    var joined = Array(lines.bytes[scanner.trimmed(first)])
    while lines.isFolded {
      guard let line = lines.next() else { return nil }
      let part = scanner.trimmed(line)
      if part.isEmpty { continue }
      if !joined.isEmpty { joined.append(32) }
      joined.append(contentsOf: lines.bytes[part])
    }
    return String(validating: joined, as: UTF8.self)
  }

  private mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: String) {
    let header = HeaderName(matching: name)
    if header == .other {
      var field = Field(.other, value)
      field.spelling = String(decoding: name, as: UTF8.self)
      fields.append(field)
    } else if header.isSplitOnReceipt, value.utf8.contains(UInt8(ascii: ",")) {
      for part in splitAtCommas(value) ?? [value] { append(header, part) }
    } else {
      append(header, value)
    }
  }
}

/// The elements of a comma-separated list; nil where quotes or brackets don't close.
func splitAtCommas(_ value: String) -> [String]? {
  var value = value
  return value.withUTF8 { bytes in
    var scanner = Scanner(bytes)
    return scanner.splitAtCommas()?.map { scanner.text($0) }
  }
}

/// Where the body stands.
private struct Body {
  let range: Range<Int>

  init(_ headers: Headers, available: Range<Int>, _ framing: Framing) throws(SIPError) {
    guard let length = try headers.contentLength else {
      guard framing == .datagram else { throw .lengthRequired }
      range = available
      return
    }
    guard length <= available.count else { throw .bodyTooShort(expected: length, found: available.count) }
    range = available.lowerBound..<available.lowerBound + length
  }
}
