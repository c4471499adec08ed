import Wire

/// U-Boot's script image: the legacy header of 64 bytes (U-Boot, include/image.h), the script's length, a zero, the
/// script. `time`: seconds since 1970.
public func bootScript(_ script: String, name: String, time: UInt32) -> [UInt8] {
  let text = Array(script.utf8)
  let data = bigEndian(UInt32(text.count)) + [0, 0, 0, 0] + text
  var header = bigEndian(0x2705_1956) + bigEndian(0) + bigEndian(time) + bigEndian(UInt32(data.count))
  header += bigEndian(0) + bigEndian(0) + bigEndian(crc32(data[...]))
  // Linux, ARM, script, not compressed.
  header += [5, 2, 6, 0]
  header += Array(name.utf8.prefix(31))
  header += [UInt8](repeating: 0, count: 64 - header.count)
  header.replaceSubrange(4..<8, with: bigEndian(crc32(header[...])))
  return header + data
}

func bigEndian(_ value: UInt32) -> [UInt8] {
  [
    UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16),
    UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value),
  ]
}
