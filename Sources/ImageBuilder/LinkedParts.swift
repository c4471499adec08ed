import Foundation

/// What the linker took into an exchange, by what the build left: static libraries and Swift packages.
struct LinkedParts: Sendable {
  /// SwiftPM's folder of the build, `.build-ARCH`.
  let scratch: URL

  struct SwiftPackage: Sendable {
    var location: String
    var version: String?
    var revision: String
    var licence: String?
  }

  private struct Workspace: Decodable {
    struct Object: Decodable { var dependencies: [Dependency] }
    struct Dependency: Decodable {
      var packageRef: Reference
      var state: State
      var subpath: String
    }
    struct Reference: Decodable { var location: String }
    struct State: Decodable { var checkoutState: Checkout }
    struct Checkout: Decodable {
      var revision: String
      var version: String?
    }
    var object: Object
  }

  /// Paths of the libraries of which at least one member went in. `cross/build` has the linker write them down.
  func libraries() throws(ImageError) -> [String] {
    let file = scratch.appendingPathComponent("archives")
    return try Self.libraries(in: String(decoding: try Files.read(file), as: UTF8.self), file: file.path)
  }

  /// lld's `--print-archive-stats`: a heading, then members, members taken and the path, apart by tabs.
  static func libraries(in text: String, file: String) throws(ImageError) -> [String] {
    var found: Set<String> = []
    for (index, line) in text.split(separator: "\n").enumerated().dropFirst() {
      let fields = line.split(separator: "\t")
      guard fields.count == 3, let taken = Int(fields[1]) else {
        throw .damaged(file, problem: "line \(index + 1) is no count of a library's members")
      }
      if taken > 0 { found.insert(URL(fileURLWithPath: String(fields[2])).standardized.path) }
    }
    return found.sorted()
  }

  /// The Swift packages of which a module was linked; the others serve the build machine alone.
  func swiftPackages() throws(ImageError) -> [SwiftPackage] {
    let list = scratch.appendingPathComponent("release/sotto.product/Objects.LinkFileList")
    let objects = String(decoding: try Files.read(list), as: UTF8.self)
    let state = scratch.appendingPathComponent("workspace-state.json")
    let workspace: Workspace
    do { workspace = try JSONDecoder().decode(Workspace.self, from: Data(try Files.read(state))) } catch {
      throw (error as? ImageError) ?? .damaged(state.path, problem: "\(error)")
    }
    let modules = Set(objects.matches(of: #/([^\/\n]+)\.build\//#).map { String($0.1) })
    return workspace.object.dependencies.compactMap { dependency in
      let checkout = scratch.appendingPathComponent("checkouts/\(dependency.subpath)")
      let isLinked = modules.contains { Files.isFolder(checkout.appendingPathComponent("Sources/\($0)")) }
      guard isLinked else { return nil }
      let licence = (try? Files.read(checkout.appendingPathComponent("LICENSE.txt"))).flatMap {
        Self.licence(String(decoding: $0, as: UTF8.self))
      }
      let checkedOut = dependency.state.checkoutState
      return SwiftPackage(
        location: dependency.packageRef.location, version: checkedOut.version, revision: checkedOut.revision,
        licence: licence)
    }
  }

  /// Knows the two that Swift's own packages have.
  private static func licence(_ text: String) -> String? {
    guard text.contains("Apache License"), text.contains("Version 2.0") else { return nil }
    return text.contains("Runtime Library Exception") ? "Apache-2.0 WITH Swift-exception" : "Apache-2.0"
  }
}
