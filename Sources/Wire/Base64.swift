/// The octets in Base64 (RFC 4648 §4), padded.
public func base64(_ octets: [UInt8]) -> String {
  let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return String(unsafeUninitializedCapacity: (octets.count + 2) / 3 * 4) { out in
    var written = 0
    for start in stride(from: 0, to: octets.count, by: 3) {
      let count = min(3, octets.count - start)
      var group: UInt32 = 0
      for i in 0..<3 { group = group << 8 | (i < count ? UInt32(octets[start + i]) : 0) }
      for i in 0..<4 {
        let digit = Int(group >> UInt32(18 - 6 * i) & 63)
        out[written] = i <= count ? alphabet.utf8Start[digit] : UInt8(ascii: "=")
        written += 1
      }
    }
    return written
  }
}

/// What Base64 stands for, with its padding or, as some write it, without; nil for what is none.
public func fromBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
  var octets: [UInt8] = []
  octets.reserveCapacity(text.count / 4 * 3 + 2)
  var group: UInt32 = 0
  var bits = 0
  var padding = 0
  for character in text {
    if character == UInt8(ascii: "=") {
      padding += 1
      continue
    }
    guard padding == 0, let value = base64Value(character) else { return nil }
    group = group << 6 | UInt32(value)
    bits += 6
    if bits >= 8 {
      bits -= 8
      octets.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
    }
  }
  // Six bits left over are no octet; what is left of an octet's group must be zeros.
  guard bits < 6, group & (1 << UInt32(bits) - 1) == 0, padding <= 2 else { return nil }
  guard padding == 0 || (text.count % 4 == 0 && bits == 2 * padding) else { return nil }
  return octets
}

private func base64Value(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
  case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}
