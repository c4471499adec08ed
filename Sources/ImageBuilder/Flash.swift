import Crypto
import Foundation
import Wire

/// Writes an image to a card by its block map, and reads back what was written.
public struct Flash: Sendable {
  public enum Step: String, Sendable { case checking, writing, comparing }

  private let image: URL
  private let map: BlockMap

  /// An image, with the block map beside it (`NAME.bmap` of `NAME.img`); without one all of the image is written.
  public init(image: URL) throws(ImageError) {
    let size = try CardWriter.size(of: image)
    guard size > 0 else { throw .damaged(image.path, problem: "it is empty") }
    self.image = image
    let beside = image.deletingPathExtension().appendingPathExtension("bmap")
    guard FileManager.default.fileExists(atPath: beside.path) else {
      var whole = BlockMap(imageSize: size)
      whole.add(try Files.read(image), at: 0)
      map = whole
      return
    }
    map = try BlockMap(String(decoding: try Files.read(beside), as: UTF8.self), file: beside.path)
    guard map.imageSize == size else {
      throw .damaged(image.path, problem: "it is \(size) bytes, its block map is of \(map.imageSize)")
    }
  }

  /// Bytes that are written.
  public var size: Int { map.ranges.reduce(0) { $0 + extent($1.blocks).count } }

  /// Writes to a disk, or to a file that is there. `say` is told of bytes done in each step, of `size`.
  public func write(to path: String, say: (Step, Int) -> Void) throws(ImageError) {
    let source = try Opened(image.path, O_RDONLY)
    // Before anything is overwritten: a damaged image is to cost nobody a card.
    try visit(source, .checking, say)
    // With O_EXCL the kernel refuses a disk of which anything is mounted.
    let target = try Opened(path, O_RDWR | O_EXCL)
    let room = lseek(target.descriptor, 0, SEEK_END)
    guard room >= map.imageSize else {
      throw .overflow(image.path, size: map.imageSize, room: Int(room), place: path)
    }
    var done = 0
    for range in map.ranges {
      let place = extent(range.blocks)
      for start in stride(from: place.lowerBound, to: place.upperBound, by: Self.piece) {
        let bytes = try source.read(start..<min(start + Self.piece, place.upperBound))
        try target.write(bytes, at: start)
        done += bytes.count
        // Else all goes into memory at once, and the progress would be a lie.
        if done % (16 * Self.piece) < bytes.count { try target.flush() }
        say(.writing, done)
      }
    }
    try target.flush()
    target.forget()
    try visit(target, .comparing, say)
    target.tellPartitions()
  }

  private static let piece = 1 << 20

  private func extent(_ blocks: ClosedRange<Int>) -> Range<Int> {
    blocks.lowerBound * BlockMap.blockSize..<min((blocks.upperBound + 1) * BlockMap.blockSize, map.imageSize)
  }

  /// Compares every range with its hash.
  private func visit(_ file: borrowing Opened, _ step: Step, _ say: (Step, Int) -> Void) throws(ImageError) {
    var done = 0
    for range in map.ranges {
      let place = extent(range.blocks)
      let hash = HashStream()
      for start in stride(from: place.lowerBound, to: place.upperBound, by: Self.piece) {
        let bytes = try file.read(start..<min(start + Self.piece, place.upperBound))
        hash.add(bytes[...])
        done += bytes.count
        say(step, done)
      }
      guard hex(hash.finish()) == range.hash else {
        let blocks = "bytes \(place.lowerBound) to \(place.upperBound - 1)"
        throw .damaged(
          file.path,
          problem: step == .checking
            ? "\(blocks) are not what its block map says"
            : "\(blocks) were read back otherwise than they were written; the card is worn out, or not what it claims")
      }
    }
  }
}

/// An open file or disk, with errors that name it.
private struct Opened: ~Copyable {
  let path: String
  let descriptor: Int32

  init(_ path: String, _ flags: Int32) throws(ImageError) {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

  func read(_ place: Range<Int>) throws(ImageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: place.count)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(place.lowerBound + done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw count < 0 ? Self.failure(path) : .damaged(path, problem: "it ends at byte \(place.lowerBound + done)")
      }
      done += count
    }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(ImageError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      done += count
    }
  }

  func flush() throws(ImageError) {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

  /// So that what is read comes from the card, not from memory (BLKFLSBUF of linux/fs.h).
  func forget() {
    _ = ioctl(descriptor, 0x1261, 0)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
  }

  /// Has the kernel read the new partition table (BLKRRPART of linux/fs.h); a file has none.
  func tellPartitions() { _ = ioctl(descriptor, 0x125f, 0) }

  private static func failure(_ path: String) -> ImageError {
    switch errno {
    case EACCES, EPERM: .file(path, problem: "no right to write to it; run this by sudo")
    case EBUSY: .file(path, problem: "it is in use")
    default: .file(path, problem: String(cString: strerror(errno)))
    }
  }
}
