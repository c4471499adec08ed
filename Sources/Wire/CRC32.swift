/// The cyclic redundancy check of IEEE 802.3 (reflected polynomial 0xEDB88320), as zlib and Ethernet have it.
public struct CRC32: Sendable {
  private var state: UInt32 = 0xffff_ffff

  public init() {}

  public mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] }
  }

  public var value: UInt32 { ~state }

  public static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }
}

private let table: [UInt32] = (0..<256).map { byte in
  var value = UInt32(byte)
  for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
  return value
}
