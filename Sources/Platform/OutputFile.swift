import CLinux

/// A file that is written from its beginning, or standard output. Whoever holds it closes it.
public struct OutputFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Creates the file, or empties it, for its owner alone; `-` stands for standard output.
  public init(_ path: String) throws(PlatformError) {
    self.path = path
    guard path != "-" else {
      descriptor = 1
      return
    }
    let fd = clinux_create(path, 0o600)
    guard fd >= 0 else { throw .path("create", path: path, errno: -fd) }
    descriptor = fd
  }

  public func write(_ bytes: [UInt8]) throws(PlatformError) {
    let failure = Files.writeAll(bytes, to: descriptor)
    guard failure == 0 else { throw .path("write", path: path, errno: failure) }
  }

  public func close() { if descriptor != 1 { clinux_close(descriptor) } }
}
