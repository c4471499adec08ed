import Foundation

/// The folder of official test vectors that stand outside this repository: `SOTTO_VECTORS`, else `../shared/vectors`.
/// Nil where it isn't there; a test that needs it then says so and is skipped.
public let vectorsFolder: URL? = {
  let path = ProcessInfo.processInfo.environment["SOTTO_VECTORS"] ?? "../shared/vectors"
  return FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path) : nil
}()

/// The bytes of one vector file, named relative to `vectorsFolder`.
public func vector(_ path: String) throws -> [UInt8] {
  guard let folder = vectorsFolder else { throw CocoaError(.fileNoSuchFile) }
  return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
}
