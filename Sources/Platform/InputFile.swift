import CLinux

/// A file that is read from its beginning, or standard input. Whoever holds it closes it.
public struct InputFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// `-` stands for standard input.
  @export(interface)
  public init(_ path: String) throws(PlatformError) {
    self.path = path
    let fd = path == "-" ? 0 : clinux_open_read(path)
    guard fd >= 0 else { throw .path("read", path: path, errno: -fd) }
    descriptor = fd
  }

  /// What comes next, `most` octets at the most; empty at the end.
  @export(interface)
  public func read(_ most: Int) throws(PlatformError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: most)
    let count = bytes.withUnsafeMutableBytes { clinux_read(descriptor, $0.baseAddress, most) }
    guard count >= 0 else { throw .path("read", path: path, errno: Int32(truncatingIfNeeded: -count)) }
    bytes.removeLast(most - count)
    return bytes
  }

  public func close() { if descriptor != 0 { clinux_close(descriptor) } }
}
