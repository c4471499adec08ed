/// The value of a hexadecimal digit of either case, or nil.
public func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// The lower-case hexadecimal digit of a value from 0 to 15.
@inline(__always)
func hexDigit(of value: UInt8) -> UInt8 { value < 10 ? 48 &+ value : 87 &+ value }

/// Lower-case hexadecimal text of the bytes.
public func hex(_ bytes: some Collection<UInt8>) -> String {
  String(unsafeUninitializedCapacity: 2 * bytes.count) { out in
    var i = 0
    for byte in bytes {
      out[i] = hexDigit(of: byte >> 4)
      out[i + 1] = hexDigit(of: byte & 15)
      i += 2
    }
    return i
  }
}
