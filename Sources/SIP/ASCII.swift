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

@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

@inline(__always)
func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 32) &- 97 < 26 }

/// `token` of RFC 3261 §25.1.
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 48...57, 65...90, 97...122: true
  case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "%"), UInt8(ascii: "*"),
    UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "`"), UInt8(ascii: "'"), UInt8(ascii: "~"):
    true
  default: false
  }
}

/// `word` of RFC 3261 §25.1, of which a Call-ID is made.
@inline(__always)
func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ":"),
    UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "["), UInt8(ascii: "]"),
    UInt8(ascii: "?"), UInt8(ascii: "{"), UInt8(ascii: "}"):
    true
  default: isTokenByte(byte)
  }
}

/// `unreserved` of RFC 3261 §25.1.
@inline(__always)
func isUnreserved(_ byte: UInt8) -> Bool {
  switch byte {
  case 48...57, 65...90, 97...122: true
  case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "~"),
    UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"):
    true
  default: false
  }
}
