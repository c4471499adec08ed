/// ASCII comparison without regard to case; other bytes must be equal.
func equalIgnoringCase(_ a: String, _ b: String) -> Bool {
  guard a.utf8.count == b.utf8.count else { return false }
  var other = b.utf8.makeIterator()
  for byte in a.utf8 where lowercase(byte) != other.next().map(lowercase) { return false }
  return true
}

private func lowercase(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

/// The number that decimal digits say, or nil when there is another byte, none at all, or it exceeds `limit`.
func decimal(_ bytes: some Sequence<UInt8>, limit: UInt32) -> UInt32? {
  var value: UInt64 = 0
  var any = false
  for byte in bytes {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
    guard value <= UInt64(limit) else { return nil }
    any = true
  }
  return any ? UInt32(value) : nil
}

/// The words between blanks.
func words(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
  bytes.split(whereSeparator: isBlank)
}

func words(_ text: String) -> [ArraySlice<UInt8>] { words(Array(text.utf8)[...]) }

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

extension String {
  /// What stands before and after the first `separator`; nil where there is none.
  func divided(at separator: UInt8) -> (head: String, tail: String)? {
    guard let i = utf8.firstIndex(of: separator) else { return nil }
    return (String(self[..<i]), String(self[utf8.index(after: i)...]))
  }
}
