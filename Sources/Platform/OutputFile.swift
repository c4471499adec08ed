import CLinux

/// A file that is written from its beginning, or standard output. Whoever holds it closes it. What was written is there
/// after the process is killed, not after the power is gone: nothing is synchronised.
public struct OutputFile: Sendable {
  private let descriptor: Int32
  private let name: String

  /// Creates the file, or empties it, for its owner alone; `-` stands for standard output. Errors of writing call it by
  /// `name`, where it is to be renamed.
  public init(_ path: String, name: String? = nil) throws(PlatformError) {
    self.name = name ?? path
    guard path != "-" else {
      descriptor = 1
      return
    }
    let fd = clinux_create(path, 0o600)
    guard fd >= 0 else { throw .path("create", path: path, errno: -fd) }
    descriptor = fd
  }

  /// Where it fails, a part may have been written.
  public func write(_ bytes: [UInt8]) throws(PlatformError) {
    let failure = Files.writeAll(bytes, to: descriptor)
    guard failure == 0 else { throw .path("write", path: name, errno: failure) }
  }

  /// Writes over what is there, at that place of the file.
  public func write(_ bytes: [UInt8], at place: Int64) throws(PlatformError) {
    let count = bytes.withUnsafeBytes { clinux_write_at(descriptor, $0.baseAddress, $0.count, place) }
    guard count == bytes.count else {
      throw .path("write", path: name, errno: Int32(truncatingIfNeeded: -min(count, 0)))
    }
  }

  public func close() { if descriptor != 1 { clinux_close(descriptor) } }
}
