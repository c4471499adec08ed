import CLinux

/// A disk, or a file that holds one, read and written at places in octets from its start. Whoever holds it closes it.
public struct RawDisk: Sendable {
  private let descriptor: Int32
  private let path: String

  @export(interface)
  public init(_ path: String) throws(PlatformError) {
    let fd = clinux_open_disk(path)
    guard fd >= 0 else { throw .path("open", path: path, errno: -fd) }
    descriptor = fd
    self.path = path
  }

  /// So many octets; an error where the disk ends before.
  @export(interface)
  public func read(_ count: Int, at place: Int64) throws(PlatformError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let more = bytes.withUnsafeMutableBytes {
        clinux_read_at(descriptor, $0.baseAddress! + done, count - done, place + Int64(done))
      }
      guard more > 0 else {
        throw .path("read", path: path, errno: more == 0 ? ENXIO : Int32(truncatingIfNeeded: -more))
      }
      done += more
    }
    return bytes
  }

  /// Where it fails, a part may have been written.
  @export(interface)
  public func write(_ bytes: ArraySlice<UInt8>, at place: Int64) throws(PlatformError) {
    var done = 0
    while done < bytes.count {
      let more = bytes.withUnsafeBytes {
        clinux_write_at(descriptor, $0.baseAddress! + done, $0.count - done, place + Int64(done))
      }
      guard more > 0 else {
        throw .path("write", path: path, errno: more == 0 ? ENOSPC : Int32(truncatingIfNeeded: -more))
      }
      done += more
    }
  }

  /// Returns when what was written lies on the disk; what is read from then on comes from there.
  @export(interface)
  public func flush() throws(PlatformError) {
    let result = clinux_fsync(descriptor)
    guard result >= 0 else { throw .path("write", path: path, errno: -result) }
    _ = clinux_forget_cached(descriptor)
  }

  public func close() { clinux_close(descriptor) }
}
