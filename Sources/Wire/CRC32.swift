/// The cyclic redundancy check of IEEE 802.3 §3.2.9 and ITU-T V.42 (reflected polynomial 0xEDB88320), as zlib has it.
@export(interface)
public func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var crc: UInt32 = 0xffff_ffff
  bytes.withUnsafeBytes { bytes in
    table.withUnsafeBufferPointer { table in
      var i = 0
      // Eight octets at a time: whole calls are stored.
      while i + 8 <= bytes.count {
        let mixed = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian ^ UInt64(crc)
        crc = 0
        for j in 0..<8 { crc ^= table[256 * (7 - j) + Int(truncatingIfNeeded: mixed >> UInt64(8 * j) & 0xff)] }
        i += 8
      }
      while i < bytes.count {
        crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[i])]
        i += 1
      }
    }
  }
  return ~crc
}

/// For each octet what it comes to, and beyond that what it comes to with one to seven octets of zero after it.
private let table: [UInt32] = {
  var table = (0..<256).map { byte in
    var value = UInt32(byte)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    return value
  }
  for i in 256..<2048 { table.append(table[i - 256] >> 8 ^ table[Int(table[i - 256] & 0xff)]) }
  return table
}()
