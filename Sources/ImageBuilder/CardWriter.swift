import Foundation

/// A card's image while it is written: holes where nothing is put.
struct CardWriter {
  private let url: URL
  private let handle: FileHandle

  init(_ url: URL, size: Int) throws(ImageError) {
    self.url = url
    try Files.write([], to: url)
    do {
      handle = try FileHandle(forUpdating: url)
      try handle.truncate(atOffset: UInt64(size))
    } catch { throw .file(url.path, problem: "\(error)") }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(ImageError) {
    let piece = 1 << 16
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let part = bytes[start..<min(start + piece, bytes.count)]
      if Self.isZero(part) { continue }
      do {
        try handle.seek(toOffset: UInt64(offset + start))
        try handle.write(contentsOf: part)
      } catch { throw .file(url.path, problem: "\(error)") }
    }
  }

  /// Writes a file system into its partition, and refuses one that is larger.
  func write(_ file: URL, at partition: Partition) throws(ImageError) {
    let content = try Files.read(file)
    guard content.count <= partition.size else {
      throw .overflow(file.path, size: content.count, room: partition.size, place: "its partition")
    }
    try write(content, at: partition.offset)
  }

  func close() throws(ImageError) {
    do { try handle.close() } catch { throw .file(url.path, problem: "\(error)") }
  }

  static func size(of url: URL) throws(ImageError) -> Int {
    do {
      let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size]
      return (size as? NSNumber)?.intValue ?? 0
    } catch { throw .file(url.path, problem: "\(error)") }
  }

  /// What must be written of a card: all up to the FAT partition's last used block, what is used of the slots, the data
  /// partition.
  static func blockMap(of image: URL, used: [Partition]) throws(ImageError) -> BlockMap {
    let bytes = try Files.read(image)
    guard bytes.count == CardLayout.size else {
      throw .damaged(image.path, problem: "it is \(bytes.count) bytes, not \(CardLayout.size)")
    }
    var map = BlockMap(imageSize: bytes.count)
    var bootEnd = CardLayout.boot.offset + CardLayout.boot.size
    while isZero(bytes[(bootEnd - BlockMap.blockSize)..<bootEnd]) { bootEnd -= BlockMap.blockSize }
    map.add(Array(bytes[..<bootEnd]), at: 0)
    for area in used {
      let size = (area.size + BlockMap.blockSize - 1) / BlockMap.blockSize * BlockMap.blockSize
      map.add(Array(bytes[area.offset..<(area.offset + size)]), at: area.offset)
    }
    map.add(Array(bytes[CardLayout.data.offset...]), at: CardLayout.data.offset)
    return map
  }

  private static func isZero(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, buffer.count > 0 else { return true }
      return base.load(as: UInt8.self) == 0 && memcmp(base, base + 1, buffer.count - 1) == 0
    }
  }
}
