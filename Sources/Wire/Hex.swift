/// The value of a hexadecimal digit of either case, or nil.
public func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// Lower-case hexadecimal text of the bytes.
public func hex(_ bytes: some Collection<UInt8>) -> String {
  var out = TextWriter(capacity: 2 * bytes.count)
  out.put(hex: bytes)
  return out.text
}

/// The bytes that hexadecimal text of either case stands for; nil where it is none.
@export(interface)
public func bytes(hex text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var high: UInt8?
  for character in text.utf8 {
    guard let digit = hexDigit(character) else { return nil }
    if let first = high { bytes.append(first << 4 | digit) }
    high = high == nil ? digit : nil
  }
  return high == nil ? bytes : nil
}
