import Crypto
import Foundation
import Wire

/// Where intermediate steps are kept, so that one whose inputs did not change is not done again.
struct Workshop: Sendable {
  let folder: URL
  /// Part of every key: a change of the builder itself makes everything anew.
  private let builder: String

  init(folder: URL) throws(ImageError) {
    self.folder = folder
    builder = hex(Hash.sha256(try Files.read(URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath())))
    try Files.makeFolder(folder)
  }

  /// The file or folder that `make` leaves at the address it is given, or an earlier one made from the same inputs.
  func step(
    _ name: String, inputs: [String], make: (URL) async throws -> Void
  ) async throws(ImageError) -> URL {
    let key = hex(Hash.sha256(([builder] + inputs).joined(separator: "\n"))).prefix(16)
    let made = folder.appendingPathComponent("\(name)-\(key)")
    if FileManager.default.fileExists(atPath: made.path) { return made }
    let partial = folder.appendingPathComponent("\(name)-\(key).partial")
    try Files.remove(partial)
    do { try await make(partial) } catch let error as ImageError { throw error } catch {
      throw .file(partial.path, problem: "\(error)")
    }
    let earlier = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for other in earlier where other.hasPrefix("\(name)-") && other.count == made.lastPathComponent.count {
      try Files.remove(folder.appendingPathComponent(other))
    }
    try Files.move(partial, to: made)
    return made
  }

  /// The hash of a file, or of a folder's files, links and their names and modes; for a step's inputs.
  static func hash(_ url: URL) throws(ImageError) -> String {
    guard Files.isFolder(url) else { return hex(Hash.sha256(try Files.read(url))) }
    var text = ""
    for path in try Files.list(url) {
      let file = url.appendingPathComponent(path)
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: file.path)
      let mode = (try? FileManager.default.attributesOfItem(atPath: file.path))?[.posixPermissions] as? Int
      let content = if let target { "-> \(target)" } else { hex(Hash.sha256(try Files.read(file))) }
      text += "\(path) \(mode ?? 0) \(content)\n"
    }
    return hex(Hash.sha256(text))
  }
}
