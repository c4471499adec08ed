/// A tar archive (POSIX.1-2017, pax, "ustar Interchange Format"). Every entry has the same time and owners by number
/// alone, so that the same input gives the same bytes.
struct Tar: Sendable {
  /// Of user and group; both numbers are this.
  typealias Owner = Int
  static let root: Owner = 0

  private(set) var bytes: [UInt8] = []
  private let time: Int

  private enum Kind: UInt8 {
    case file = 0x30
    case folder = 0x35
  }

  /// `time`: seconds since 1970 of every entry.
  init(time: Int) { self.time = time }

  mutating func addFolder(_ path: String, mode: Int = 0o755, owner: Owner = Self.root) {
    add(.folder, path + "/", mode: mode, owner: owner, [])
  }

  mutating func addFile(_ path: String, _ content: [UInt8], mode: Int = 0o644) {
    add(.file, path, mode: mode, owner: Self.root, content)
  }

  /// The archive with its end: two empty blocks.
  consuming func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  private mutating func add(_ kind: Kind, _ path: String, mode: Int, owner: Owner, _ content: [UInt8]) {
    precondition(path.utf8.count <= 100, "the name field of a header has room for 100 bytes")
    var header: [UInt8] = []
    func field(_ text: String, _ size: Int) {
      header += text.utf8
      header += [UInt8](repeating: 0, count: size - text.utf8.count)
    }
    func number(_ value: Int, _ size: Int) {
      let digits = String(value, radix: 8)
      field(String(repeating: "0", count: size - 1 - digits.utf8.count) + digits, size)
    }
    field(path, 100)
    number(mode, 8)
    number(owner, 8)
    number(owner, 8)
    number(content.count, 12)
    number(time, 12)
    // The sum is taken with blanks in its place.
    field("        ", 8)
    header.append(kind.rawValue)
    field("", 100)
    field("ustar", 6)
    field("00", 2)
    field("", 512 - header.count)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    header.replaceSubrange(148..<156, with: (String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0 ").utf8)
    bytes += header + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }
}
