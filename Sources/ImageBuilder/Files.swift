import Foundation

/// Reading and writing of files with errors that name the file.
enum Files {
  static func read(_ url: URL) throws(ImageError) -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: url)) } catch { throw failure(url, error) }
  }

  static func write(_ bytes: [UInt8], to url: URL, mode: Int = 0o644) throws(ImageError) {
    try makeFolder(url.deletingLastPathComponent())
    do {
      try Data(bytes).write(to: url)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    } catch { throw failure(url, error) }
  }

  static func makeFolder(_ url: URL) throws(ImageError) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch { throw failure(url, error) }
  }

  static func remove(_ url: URL) throws(ImageError) {
    guard (try? FileManager.default.attributesOfItem(atPath: url.path)) != nil else { return }
    do { try FileManager.default.removeItem(at: url) } catch { throw failure(url, error) }
  }

  /// Copies a file or a folder, links as links, in place of what stands there.
  static func copy(_ from: URL, to: URL) throws(ImageError) {
    try makeFolder(to.deletingLastPathComponent())
    try remove(to)
    do { try FileManager.default.copyItem(at: from, to: to) } catch { throw failure(from, error) }
  }

  static func move(_ from: URL, to: URL) throws(ImageError) {
    try remove(to)
    do { try FileManager.default.moveItem(at: from, to: to) } catch { throw failure(to, error) }
  }

  static func link(_ url: URL, to target: String) throws(ImageError) {
    try makeFolder(url.deletingLastPathComponent())
    do {
      try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
    } catch { throw failure(url, error) }
  }

  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Every file and link below a folder by its relative path, sorted.
  static func list(_ folder: URL) throws(ImageError) -> [String] {
    do {
      return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { path in
        let full = folder.appendingPathComponent(path)
        let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: full.path)) != nil
        return isLink || !isFolder(full)
      }.sorted()
    } catch { throw failure(folder, error) }
  }

  /// The one path below `root` that a pattern names; `*` stands for any part of one component.
  static func find(_ pattern: String, in root: URL, for purpose: String) throws(ImageError) -> URL {
    var candidates = [root]
    for component in pattern.split(separator: "/") where component != "." {
      candidates = candidates.flatMap { folder -> [URL] in
        if !component.contains("*") {
          let next = folder.appendingPathComponent(String(component))
          return FileManager.default.fileExists(atPath: next.path) ? [next] : []
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { matches($0[...], component) }.sorted().map { folder.appendingPathComponent($0) }
      }
    }
    guard let found = candidates.first else { throw .missing("\(root.path)/\(pattern)", neededFor: purpose) }
    guard candidates.count == 1 else {
      throw .ambiguous("\(root.path)/\(pattern)", matches: candidates.map { $0.lastPathComponent })
    }
    return found
  }

  /// Whether a file name matches a pattern whose `*` stand for any text.
  static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
    let head = pattern[..<star]
    guard name.hasPrefix(head) else { return false }
    var rest = name.dropFirst(head.count)
    while true {
      if matches(rest, pattern[pattern.index(after: star)...]) { return true }
      if rest.isEmpty { return false }
      rest = rest.dropFirst()
    }
  }

  private static func failure(_ url: URL, _ error: any Error) -> ImageError {
    .file(url.path, problem: (error as NSError).localizedDescription)
  }
}
