/// The number of a key by its character, 0…15 (RFC 4733 §3.2); nil where no telephone has one.
public func telephoneKey(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
  case UInt8(ascii: "*"): 10
  case UInt8(ascii: "#"): 11
  case UInt8(ascii: "A")...UInt8(ascii: "D"): character - UInt8(ascii: "A") + 12
  default: nil
  }
}

/// The character of a key, 0…15.
public func telephoneCharacter(_ key: UInt8) -> UInt8 {
  let characters: StaticString = "0123456789*#ABCD"
  return characters.utf8Start[Int(key & 15)]
}
