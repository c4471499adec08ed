import Crypto
import Wire

/// The block map of bmaptool (format 2.0): which blocks of an image must be written, each range with its hash.
///
/// The ranges come from the card's layout, not from where the file holds zeros: an unused block may be skipped, but a
/// zero in a FAT or a journal must be written over what an old card holds there.
public struct BlockMap: Sendable {
  public static let blockSize = 4096

  public var imageSize: Int
  /// Of blocks, in order, apart from each other.
  public var ranges: [(blocks: ClosedRange<Int>, hash: String)] = []

  public init(imageSize: Int) { self.imageSize = imageSize }

  /// Adds the blocks of bytes that begin on a block.
  public mutating func add(_ bytes: [UInt8], at offset: Int) {
    guard !bytes.isEmpty else { return }
    let first = offset / Self.blockSize
    let last = (offset + bytes.count - 1) / Self.blockSize
    ranges.append((first...last, hex(Hash.sha256(bytes))))
  }

  public var text: String {
    let body = { (own: String) in
      let count = (imageSize + Self.blockSize - 1) / Self.blockSize
      let mapped = ranges.reduce(0) { $0 + $1.blocks.count }
      var lines = [
        "<?xml version=\"1.0\" ?>", "<bmap version=\"2.0\">", "  <ImageSize> \(imageSize) </ImageSize>",
        "  <BlockSize> \(Self.blockSize) </BlockSize>", "  <BlocksCount> \(count) </BlocksCount>",
        "  <MappedBlocksCount> \(mapped) </MappedBlocksCount>", "  <ChecksumType> sha256 </ChecksumType>",
        "  <BmapFileChecksum> \(own) </BmapFileChecksum>", "  <BlockMap>",
      ]
      for range in ranges {
        let blocks = range.blocks
        let text = blocks.count == 1 ? "\(blocks.lowerBound)" : "\(blocks.lowerBound)-\(blocks.upperBound)"
        lines.append("    <Range chksum=\"\(range.hash)\"> \(text) </Range>")
      }
      return (lines + ["  </BlockMap>", "</bmap>", ""]).joined(separator: "\n")
    }
    // The file's own hash is taken with zeros in its place.
    return body(hex(Hash.sha256(Array(body(String(repeating: "0", count: 64)).utf8))))
  }
}
