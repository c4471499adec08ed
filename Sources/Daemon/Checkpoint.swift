import Platform
import Wire

/// What the exchange holds, in a file of the memory's file system, so that another process goes on where this one was
/// killed. Each change is in the file before anyone outside hears of it.
final class Checkpoint {
  /// The file is begun anew when it has grown to twice what was in it then, and by this many octets at least.
  private static let slack = 1 << 20
  /// Larger than any that is sound.
  private static let most = 256 << 20

  private let path: String
  private let version: String
  private var file: OutputFile?
  private var size = 0
  private var limit = 0

  /// `path` on a tmpfs: nothing of it is to reach a card.
  init(path: String) {
    self.path = path
    // Instants of another boot mean nothing.
    let boot = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
    version = sottoVersion + " " + Files.identity("/proc/self/exe") + " " + String(decoding: boot, as: UTF8.self)
  }

  /// What an earlier process left that can't be taken up.
  struct Refusal: Error {
    let why: String
    /// Where the file was put.
    let path: String
  }

  /// What an earlier process left, and how many octets at the end count for nothing: it was killed as it wrote them.
  func read() throws(Refusal) -> (values: [Journal.Key: [UInt8]], torn: Int) {
    guard let bytes = try? Files.read(path, limit: Self.most), !bytes.isEmpty else { return ([:], 0) }
    do throws(Journal.Fault) {
      let contents = try Journal.read(bytes, version: version)
      return (contents.values, bytes.count - contents.sound)
    } catch {
      throw setAside(error.description)
    }
  }

  func setAside(_ why: String) -> Refusal {
    let aside = path + ".aside"
    try? Files.rename(path, to: aside)
    return Refusal(why: why, path: aside)
  }

  func remove() { Files.remove(path) }

  /// Appends a batch.
  func append(_ batch: inout Journal.Batch) throws(PlatformError) {
    let bytes = batch.sealed()
    // Its room is used again once nobody holds these bytes.
    defer { batch.clear() }
    if size + bytes.count > limit { try beginAnew() }
    try file?.write(bytes)
    size += bytes.count
  }

  private func beginAnew() throws(PlatformError) {
    let bytes = try Files.read(path, limit: Self.most)
    guard let contents = try? Journal.read(bytes, version: version), contents.sound == bytes.count else {
      throw .path("read back", path: path, errno: 5)
    }
    try begin(contents.values)
  }

  /// Puts a new file with these values in the old one's place, whole at every moment.
  func begin(_ values: [Journal.Key: [UInt8]]) throws(PlatformError) {
    var batch = Journal.Batch()
    for (key, value) in values { batch.put(key) { $0.append(value) } }
    let bytes = Journal.beginning(version: version) + batch.sealed()
    let fresh = try OutputFile(path + ".new", name: path)
    do throws(PlatformError) {
      try fresh.write(bytes)
      try Files.rename(path + ".new", to: path)
    } catch {
      fresh.close()
      throw error
    }
    file?.close()
    file = fresh
    size = bytes.count
    limit = 2 * size + Self.slack
  }
}
