import Configuration
import Crypto
import Foundation
import Wire

extension BlockMap {
  /// Reads a block map of format 2.0 with SHA-256, as `text` or bmaptool makes it. `file` is named in errors.
  public init(_ text: String, file: String) throws(ImageError) {
    func fail(_ problem: String) -> ImageError { .damaged(file, problem: problem) }
    func value(_ tag: String) throws(ImageError) -> String {
      guard let found = Self.between("<\(tag)>", "</\(tag)>", in: text[...])?.inside else {
        throw fail("it has no <\(tag)>, so it is no block map of format 2.0")
      }
      return String(found.filter { !$0.isWhitespace })
    }
    let own = try value("BmapFileChecksum")
    guard let place = text.range(of: own), own.count == 64,
      hex(Hash.sha256(text.replacingCharacters(in: place, with: String(repeating: "0", count: 64)))) == own
    else { throw fail("it is not what its own hash says: it was changed or cut short") }
    guard let size = Int(try value("ImageSize")), size > 0 else { throw fail("<ImageSize> is no size in bytes") }
    guard try value("BlockSize") == "\(Self.blockSize)" else {
      throw fail("its blocks are not of \(Self.blockSize) bytes")
    }
    guard try value("ChecksumType") == "sha256" else { throw fail("its checksums are not SHA-256") }
    self.init(imageSize: size)
    var rest = text[...]
    let blocks = (size + Self.blockSize - 1) / Self.blockSize
    while let range = Self.between("<Range chksum=\"", "</Range>", in: rest) {
      rest = range.after
      let parts = range.inside.split(separator: "\"", maxSplits: 1)
      let numbers = (parts.last ?? "").drop { $0 == ">" }.filter { !$0.isWhitespace }.split(separator: "-").map {
        Int($0)
      }
      guard parts.count == 2, parts[0].count == 64, let first = numbers.first ?? nil, let last = numbers.last ?? nil,
        numbers.count <= 2, first <= last, first > (ranges.last?.blocks.upperBound ?? -1), last < blocks
      else { throw fail("the range \(quoted(String(range.inside.prefix(100)))) is none, or out of order") }
      ranges.append((first...last, parts[0].lowercased()))
    }
  }

  private static func between(
    _ start: String, _ end: String, in text: Substring
  ) -> (inside: Substring, after: Substring)? {
    guard let head = text.range(of: start), let tail = text[head.upperBound...].range(of: end) else { return nil }
    return (text[head.upperBound..<tail.lowerBound], text[tail.upperBound...])
  }
}
