/// What protocols of text need of ASCII; other bytes are never touched.

@inline(__always)
public func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

/// A space or a tab.
@inline(__always)
public func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

@inline(__always)
public func lowercasedASCII(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

/// The text with A–Z in lower case.
public func lowercasedASCII(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 &- 65 < 26 }) else { return text }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  for byte in text.utf8 { bytes.append(lowercasedASCII(byte)) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Whether both are the same but for the case of A–Z.
public func equalsIgnoringCase(_ a: String, _ b: String) -> Bool {
  guard a.utf8.count == b.utf8.count else { return false }
  return a == b || lowercasedASCII(a) == lowercasedASCII(b)
}

/// The number that decimal digits say; nil where there is another byte, no digit, or more than `limit`.
public func decimal(_ digits: some Sequence<UInt8>, limit: UInt32) -> UInt32? {
  var value: UInt64 = 0
  var isEmpty = true
  for digit in digits {
    guard isDigit(digit) else { return nil }
    value = value * 10 + UInt64(digit &- 48)
    guard value <= UInt64(limit) else { return nil }
    isEmpty = false
  }
  return isEmpty ? nil : UInt32(value)
}
