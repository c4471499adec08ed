import Wire

/// The words between blanks.
func words(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
  bytes.split(whereSeparator: isBlank)
}

func words(_ text: String) -> [ArraySlice<UInt8>] { words(Array(text.utf8)[...]) }

func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

extension String {
  /// What stands before and after the first `separator`; nil where there is none.
  func divided(at separator: UInt8) -> (head: String, tail: String)? {
    guard let i = utf8.firstIndex(of: separator) else { return nil }
    return (String(self[..<i]), String(self[utf8.index(after: i)...]))
  }
}
