import CLinux

/// A file that is written at its end only. What was written is there after the process is killed, not after the power
/// is gone: nothing is synchronised.
public struct AppendedFile: Sendable {
  private let descriptor: Int32

  /// Begins the file anew, readable to its owner alone.
  public init(creating path: String) throws(PlatformError) {
    let fd = clinux_create(path, 0o600)
    guard fd >= 0 else { throw .path("create", path: path, errno: -fd) }
    descriptor = fd
  }

  public func close() { clinux_close(descriptor) }

  /// Returns 0 or the errno; a part may then have been written.
  public func append(_ bytes: [UInt8]) -> Int32 { Files.writeAll(bytes, to: descriptor) }
}
