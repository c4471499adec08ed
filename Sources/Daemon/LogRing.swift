/// The last lines of the log in a fixed number of bytes, so that the console can show them where no disk keeps them.
struct LogRing {
  private var bytes: [UInt8]
  /// Where the next byte goes.
  private var end = 0
  private var count = 0

  init(capacity: Int) {
    bytes = [UInt8](repeating: 0, count: max(1, capacity))
  }

  /// Takes a line with its line feed; older lines make room.
  mutating func append(_ line: String) {
    for byte in line.utf8 {
      bytes[end] = byte
      end = end + 1 == bytes.count ? 0 : end + 1
    }
    count = min(bytes.count, count + line.utf8.count)
  }

  /// The last whole lines, oldest first, without their line feeds.
  func tail(_ most: Int) -> [String] {
    let lineFeed = UInt8(ascii: "\n")
    var kept: [UInt8] = []
    kept.reserveCapacity(count)
    let start = (end + bytes.count - count) % bytes.count
    for i in 0..<count { kept.append(bytes[(start + i) % bytes.count]) }
    var lines = kept.split(separator: lineFeed, omittingEmptySubsequences: true)
    // Once the ring is full its oldest line has lost its beginning, unless it ends just there.
    if count == bytes.count && kept.first != lineFeed { lines = Array(lines.dropFirst()) }
    return lines.suffix(max(0, most)).map { String(decoding: $0, as: UTF8.self) }
  }
}
