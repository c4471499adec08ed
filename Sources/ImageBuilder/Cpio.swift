/// A cpio archive in the form the kernel unpacks at boot ("newc": kernel documentation, early-userspace/buffer-format).
/// Everything belongs to root and has the same time, so that the same input gives the same bytes.
public struct Cpio: Sendable {
  public private(set) var bytes: [UInt8] = []
  private var inode = 0
  private let time: Int

  /// `time`: seconds since 1970 of every entry.
  public init(time: Int) { self.time = time }

  public mutating func addFolder(_ path: String) { add(path, mode: 0o040755, []) }

  public mutating func addFile(_ path: String, _ content: [UInt8], isExecutable: Bool = false) {
    add(path, mode: isExecutable ? 0o100755 : 0o100644, content)
  }

  public mutating func addLink(_ path: String, to target: String) { add(path, mode: 0o120777, Array(target.utf8)) }

  /// `/dev/console` must be in the archive: the kernel opens it for the first process before anything is mounted.
  public mutating func addCharacterDevice(_ path: String, major: Int, minor: Int) {
    add(path, mode: 0o020600, [], device: (major, minor))
  }

  /// The archive with its last entry.
  public consuming func finished() -> [UInt8] {
    inode = -1
    add("TRAILER!!!", mode: 0, [])
    return bytes
  }

  private mutating func add(_ path: String, mode: Int, _ content: [UInt8], device: (Int, Int) = (0, 0)) {
    inode += 1
    let name = Array(path.utf8) + [0]
    let fields = [
      inode, mode, 0, 0, mode & 0o170000 == 0o040000 ? 2 : 1, inode == 0 ? 0 : time, content.count, 0, 0, device.0,
      device.1, name.count, 0,
    ]
    bytes += "070701".utf8
    for field in fields {
      let digits = String(field, radix: 16)
      bytes += String(repeating: "0", count: 8 - digits.count).utf8
      bytes += digits.utf8
    }
    bytes += name
    pad()
    bytes += content
    pad()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}
