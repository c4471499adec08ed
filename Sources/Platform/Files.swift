import CLinux

/// Whole files.
public enum Files {
  /// The file's bytes; refuses one that is larger than `limit`.
  public static func read(_ path: String, limit: Int = 16 << 20) throws(PlatformError) -> [UInt8] {
    let fd = clinux_open_read(path)
    guard fd >= 0 else { throw .path("read", path: path, errno: -fd) }
    defer { clinux_close(fd) }
    // A file of /proc has no size, so it is read to its end.
    var bytes: [UInt8] = []
    let chunk = 16384
    while true {
      let had = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: chunk))
      let count = bytes.withUnsafeMutableBytes { clinux_read(fd, $0.baseAddress! + had, chunk) }
      bytes.removeLast(chunk - max(0, Int(count)))
      if count < 0 { throw .path("read", path: path, errno: Int32(truncatingIfNeeded: -count)) }
      if count == 0 { return bytes }
      guard bytes.count <= limit else { throw .tooLarge(path: path, limit: limit) }
    }
  }

  /// The first line of a small file, which may be a secret, without its end.
  @export(interface)
  public static func firstLine(of path: String) throws(PlatformError) -> [UInt8] {
    var bytes = try read(path, limit: 4096)
    if let end = bytes.firstIndex(where: { $0 == 10 || $0 == 13 }) { bytes.removeLast(bytes.count - end) }
    return bytes
  }

  /// At most so many bytes of its beginning, and how long it is.
  @export(interface)
  public static func beginning(of path: String, _ most: Int) throws(PlatformError) -> (bytes: [UInt8], size: Int64) {
    let fd = clinux_open_read(path)
    guard fd >= 0 else { throw .path("read", path: path, errno: -fd) }
    defer { clinux_close(fd) }
    let size = clinux_file_size(fd)
    var bytes = [UInt8](repeating: 0, count: most)
    let count = bytes.withUnsafeMutableBytes { clinux_read(fd, $0.baseAddress, most) }
    guard size >= 0, count >= 0 else {
      throw .path("read", path: path, errno: Int32(truncatingIfNeeded: -min(size, Int64(count))))
    }
    bytes.removeLast(most - Int(count))
    return (bytes, size)
  }

  /// Puts a file in place of another so that, whenever the power goes, one or the other is there whole.
  public static func writeAtomically(_ bytes: [UInt8], to path: String, mode: Int32 = 0o600) throws(PlatformError) {
    let temporary = path + ".new"
    let fd = clinux_create(temporary, mode)
    guard fd >= 0 else { throw .path("create", path: temporary, errno: -fd) }
    var failure = writeAll(bytes, to: fd)
    if failure == 0 { failure = -clinux_fsync(fd) }
    clinux_close(fd)
    if failure == 0 { failure = -clinux_rename(temporary, path) }
    guard failure == 0 else {
      _ = clinux_unlink(temporary)
      throw .path("write", path: path, errno: failure)
    }
    _ = clinux_fsync_folder(folder(of: path))
  }

  public static func remove(_ path: String) { _ = clinux_unlink(path) }

  public static func rename(_ path: String, to other: String) throws(PlatformError) {
    let result = clinux_rename(path, other)
    guard result >= 0 else { throw .path("rename", path: path, errno: -result) }
  }

  /// What tells this program's file from another's or an older one: its place on the disk, size and time.
  public static func identity(_ path: String) -> String {
    let identity = clinux_file_identity(path)
    return identity == 0 ? "unknown" : String(identity, radix: 16)
  }

  /// Makes a folder where there is none.
  public static func makeFolder(_ path: String, mode: Int32 = 0o755) throws(PlatformError) {
    let result = clinux_make_folder(path, mode)
    guard result >= 0 || result == -EEXIST else { throw .path("make folder", path: path, errno: -result) }
  }

  public static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// Writes all of it to a blocking descriptor; returns 0 or the errno.
  static func writeAll(_ bytes: [UInt8], to fd: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { clinux_write(fd, $0.baseAddress! + done, $0.count - done) }
      if count < 0 && count != -Int(EINTR) { return Int32(truncatingIfNeeded: -count) }
      done += max(0, Int(count))
    }
    return 0
  }
}
