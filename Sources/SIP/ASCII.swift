/// Whether both are the same but for the case of A–Z.
@inline(__always)
func equalsIgnoringCase(_ a: String, _ b: String) -> Bool {
  guard a.utf8.count == b.utf8.count else { return false }
  return a == b || lowercasedASCII(a) == lowercasedASCII(b)
}

@inline(__always)
func lowercasedASCII(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

/// The text with A–Z in lower case.
func lowercasedASCII(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 &- 65 < 26 }) else { return text }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  for byte in text.utf8 { bytes.append(lowercasedASCII(byte)) }
  return String(decoding: bytes, as: UTF8.self)
}
