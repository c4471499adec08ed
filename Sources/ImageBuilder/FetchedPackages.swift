import Foundation

/// A package of Debian as `cross/fetch` names it in its manifest.
struct FetchedPackage: Equatable, Sendable {
  var name: String
  var version: String
  /// Debian's word for the processor; `source` for a source package.
  var architecture: String
  /// What was downloaded: one `.deb`, or a source package's tar files.
  var files: [File]

  struct File: Equatable, Sendable {
    var name: String
    /// SHA-256 in hexadecimal digits.
    var hash: String
  }

  var isSource: Bool { architecture == "source" }
}

/// A folder that `cross/fetch` made: the packages, and which of them a file came from.
struct FetchedPackages: Sendable {
  let folder: URL
  let packages: [FetchedPackage]
  /// What the manifest says beside the packages.
  let remarks: [String]

  init(_ folder: URL) throws(ImageError) {
    self.folder = folder
    let manifest = folder.appendingPathComponent("manifest")
    let text = String(decoding: try Files.read(manifest), as: UTF8.self)
    (packages, remarks) = try Self.parse(text, file: manifest.path)
  }

  /// A line a file: package, version, architecture, SHA-256, file name, apart by tabs; remarks begin with `#`.
  static func parse(_ text: String, file: String) throws(ImageError) -> ([FetchedPackage], [String]) {
    var packages: [FetchedPackage] = []
    var remarks: [String] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if line.hasPrefix("#") {
        remarks.append(line.dropFirst().trimmingCharacters(in: .whitespaces))
        continue
      }
      let fields = line.split(separator: "\t").map(String.init)
      guard fields.count == 5 else {
        throw .damaged(file, problem: "line \(index + 1) has \(fields.count) fields; five are expected, apart by tabs")
      }
      let source = fields[0].hasPrefix("src:")
      let found = FetchedPackage.File(name: fields[4], hash: fields[3])
      let name = source ? String(fields[0].dropFirst(4)) : fields[0]
      if let earlier = packages.lastIndex(where: { source && $0.isSource && $0.name == name }) {
        // Upstream's part and Debian's: the longer version is that of the whole.
        packages[earlier].files.append(found)
        if fields[1].count > packages[earlier].version.count { packages[earlier].version = fields[1] }
      } else {
        packages.append(FetchedPackage(name: name, version: fields[1], architecture: fields[2], files: [found]))
      }
    }
    return (packages, remarks)
  }

  /// The short names of its licences by Debian's copyright file; none where that isn't machine-readable.
  func licences(of package: FetchedPackage) -> [String] {
    let path =
      package.isSource ? "src/\(package.name)/debian/copyright" : "root/usr/share/doc/\(package.name)/copyright"
    guard let bytes = try? Files.read(folder.appendingPathComponent(path)) else { return [] }
    return CopyrightFile.licences(in: String(decoding: bytes, as: UTF8.self))
  }

  /// Which binary package each file below `root` came from, by its path without `/` at the start; asked of the packages
  /// themselves, which `cross/fetch` keeps beside the folder.
  func owners() async throws(ImageError) -> [String: FetchedPackage] {
    var owners: [String: FetchedPackage] = [:]
    let kept = folder.deletingLastPathComponent().appendingPathComponent("files")
    for package in packages where !package.isSource {
      guard let file = package.files.first.map({ kept.appendingPathComponent($0.name) }),
        FileManager.default.fileExists(atPath: file.path)
      else {
        throw .missing(
          "\(kept.path)/\(package.files.first?.name ?? package.name)",
          neededFor: "the list of what went in; delete \(folder.path) to have it fetched again")
      }
      // Mode, owner, size, day, time, then "./path".
      let listing = String(decoding: try await Tool("dpkg-deb")(["-c", file.path]), as: UTF8.self)
      for line in listing.split(separator: "\n") {
        guard let start = line.range(of: " ./") else { continue }
        let path = line[start.upperBound...]
        owners[path.components(separatedBy: " -> ")[0]] = package
      }
    }
    return owners
  }
}
