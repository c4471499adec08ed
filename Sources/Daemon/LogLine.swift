import Configuration
import Wire

/// One `key=value` of a log line.
public struct LogField: Sendable {
  public var key: String
  public var value: String

  public init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }
}

/// `time level subsystem message key=value …`, one line whatever the values hold.
public func logLine(
  time: Int64, level: LogLevel, subsystem: String, message: String, fields: [LogField] = []
) -> String {
  var line = "\(timestamp(microsecondsSince1970: time)) \(level.rawValue) \(subsystem) \(escaped(message, most: 1024))"
  for field in fields { line += " \(field.key)=\(fieldValue(field.value))" }
  return line + "\n"
}

/// The value, in quotes where it is empty or holds a space, a quote, a backslash, `=` or a control character.
func fieldValue(_ value: String) -> String {
  let needsQuotes = value.utf8.contains { $0 <= 0x20 || $0 >= 0x7f || "\"\\=".utf8.contains($0) }
  return value.isEmpty || needsQuotes ? "\"\(escaped(value, most: 512, quoted: true))\"" : escaped(value, most: 512)
}

/// The text with control characters as `\n`, `\xNN` or `\u{…}`, so that what a peer sent can neither begin a line of its
/// own nor move a terminal's cursor; cut after `most` characters.
func escaped(_ text: String, most: Int, quoted: Bool = false) -> String {
  if text.utf8.count <= most, text.utf8.allSatisfy({ 32..<127 ~= $0 && $0 != 0x22 && $0 != 0x5c }) { return text }
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == most { return shown + "…" }
    count += 1
    switch scalar.value {
    case 0x0a: shown += "\\n"
    case 0x0d: shown += "\\r"
    case 0x09: shown += "\\t"
    case 0..<0x20, 0x7f..<0xa0: shown += "\\x" + hex([UInt8(scalar.value)])
    // Line and paragraph separators, and what turns the direction of text or hides it.
    case 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: shown += "\\u{\(String(scalar.value, radix: 16))}"
    case 0x22 where quoted, 0x5c where quoted: shown += "\\" + String(scalar)
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}
