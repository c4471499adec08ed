import Crypto
import Foundation
import Wire

/// Makes the bill of materials of an exchange, or of a card's image with it: every package of Debian and of Swift, with
/// version, licence and hash.
public struct BillMaker: Sendable {
  /// What the bill is for: the binary, or the image of a card.
  public let described: URL
  /// What `cross/sdk` printed for the exchange's processor.
  public let sdk: URL
  /// What `cross/fetch` printed for the sysroot's list.
  public let sysroot: URL
  /// SwiftPM's folder of the exchange's build.
  public let scratch: URL
  /// What `cross/fetch` printed for the cards' list, and the board; nil where the bill is for the binary.
  public let card: (packages: URL, board: Board, shelf: BoardShelf)?

  public init(
    described: URL, sdk: URL, sysroot: URL, scratch: URL, card: (packages: URL, board: Board, shelf: BoardShelf)?
  ) {
    self.described = described
    self.sdk = sdk
    self.sysroot = sysroot
    self.scratch = scratch
    self.card = card
  }

  private typealias Component = BillOfMaterials.Component

  /// The libraries that `cross/sdk` builds, by the source package that each is of.
  private static let builtHere = [
    "libasound.a": "alsa-lib", "libopus.a": "opus", "libqrencode.a": "qrencode", "libsrtp2.a": "libsrtp2",
  ]

  /// The bill as JSON. `time`: seconds since 1970.
  public func make(time: Int) async throws(ImageError) -> [UInt8] {
    let sysroot = try FetchedPackages(sysroot)
    let linked = try await linkedPackages(of: sysroot)
    var components: [Component] = [try swift()]
    components += try LinkedParts(scratch: scratch).swiftPackages().map(component)
    for package in sysroot.packages {
      components.append(component(package, of: sysroot, scope: linked.contains(package.name) ? .required : .excluded))
    }
    var remarks = sysroot.remarks
    if let card {
      let fetched = try FetchedPackages(card.packages)
      let others = try await packagesOfOtherBoards(fetched, than: card.board, on: card.shelf)
      for package in fetched.packages where !others.contains(package.name) {
        components.append(component(package, of: fetched, scope: .required))
      }
      remarks += fetched.remarks.filter { !remarks.contains($0) }
    }
    let bill = BillOfMaterials(
      metadata: .init(
        timestamp: timestamp(microsecondsSince1970: Int64(time) * 1_000_000),
        tools: .init(components: [.init(type: .application, name: "sotto-image", version: sottoVersion)]),
        component: Component(
          type: card == nil ? .application : .file, name: described.lastPathComponent, version: sottoVersion,
          // A card's image is of many parts, each with its own.
          licenses: card == nil ? [.identifier("Apache-2.0")] : nil,
          hashes: [.init(content: try Workshop.hash(described))]),
        properties: remarks.map { .init(name: "sotto:remark", value: $0) }),
      components: components.sorted { ($0.purl ?? "") < ($1.purl ?? "") })
    return try json(bill, pretty: true) + [10]
  }

  /// The names of the packages whose static libraries the linker took something from.
  private func linkedPackages(of fetched: FetchedPackages) async throws(ImageError) -> Set<String> {
    let owners = try await fetched.owners()
    let root = sdk.appendingPathComponent("sysroot").path + "/"
    var names: Set<String> = []
    for library in try LinkedParts(scratch: scratch).libraries() where library.hasPrefix(root) {
      let path = String(library.dropFirst(root.count))
      // Folders of the root are links into usr.
      if let owner = owners[path] ?? owners["usr/" + path] {
        names.insert(owner.name)
      } else if let source = Self.builtHere[URL(fileURLWithPath: library).lastPathComponent] {
        names.insert(source)
      } else {
        throw .damaged(library, problem: "it was linked, and no package of \(fetched.folder.path) has it")
      }
    }
    return names
  }

  /// The packages that other boards take a boot loader, firmware or a kernel from, and this board nothing.
  private func packagesOfOtherBoards(
    _ fetched: FetchedPackages, than board: Board, on shelf: BoardShelf
  ) async throws(ImageError) -> Set<String> {
    let owners = try await fetched.owners()
    let root = fetched.folder.appendingPathComponent("root")
    var own: Set<String> = []
    var others: Set<String> = []
    for each in shelf.boards {
      let files = [each.kernel.image] + each.bootloader.map(\.file) + each.firmware.map(\.file)
      for pattern in files where !pattern.hasPrefix("./") {
        let file = try Files.find(pattern, in: root, for: "the bill of \(each.name)")
        let path = String(file.path.dropFirst(root.path.count + 1))
        guard let owner = owners[path] ?? owners["usr/" + path] else {
          throw .damaged(file.path, problem: "no package of \(fetched.folder.path) has it")
        }
        if each.id == board.id { own.insert(owner.name) } else { others.insert(owner.name) }
      }
    }
    return others.subtracting(own)
  }

  /// The compiler's library of Unicode tables is linked, and its standard library is compiled in.
  private func swift() throws(ImageError) -> Component {
    let manifest = sdk.appendingPathComponent("manifest")
    let lines = String(decoding: try Files.read(manifest), as: UTF8.self).split(separator: "\n")
    guard let fields = lines.first(where: { $0.hasPrefix("swift\t") })?.split(separator: "\t"), fields.count >= 2 else {
      throw .damaged(manifest.path, problem: "it doesn't name the Swift toolchain")
    }
    return Component(
      type: .library, name: "swift", version: String(fields[1]), purl: "pkg:github/swiftlang/swift@\(fields[1])",
      scope: .required, licenses: [.expression("Apache-2.0 WITH Swift-exception")])
  }

  private func component(_ package: LinkedParts.SwiftPackage) -> Component {
    let place = package.location.replacing("https://", with: "").replacing(#/\.git$/#, with: "")
    let version = package.version ?? package.revision
    return Component(
      type: .library, name: place.split(separator: "/").last.map(String.init) ?? place, version: version,
      purl: "pkg:swift/\(place)@\(version)", scope: .required,
      licenses: [package.licence.map { .expression($0) } ?? BillOfMaterials.unknownLicence],
      externalReferences: [.init(type: "vcs", url: "\(package.location)#\(package.revision)")])
  }

  private func component(
    _ package: FetchedPackage, of fetched: FetchedPackages, scope: BillOfMaterials.Scope
  ) -> Component {
    let licences = fetched.licences(of: package).map { name in
      CopyrightFile.spdxIdentifier(name).map { BillOfMaterials.LicenceChoice.identifier($0) } ?? .name(name)
    }
    var made = Component(
      type: Self.kind(of: package), name: package.name, version: package.version, purl: Self.purl(of: package),
      scope: scope, licenses: licences.isEmpty ? [BillOfMaterials.unknownLicence] : licences)
    if package.isSource {
      made.externalReferences = package.files.map {
        .init(type: "source-distribution", url: $0.name, hashes: [.init(content: $0.hash)])
      }
    } else {
      made.hashes = package.files.map { .init(content: $0.hash) }
    }
    return made
  }

  private static func kind(of package: FetchedPackage) -> BillOfMaterials.Kind {
    if package.name.hasPrefix("linux-image-") { return .operatingSystem }
    if package.name.hasPrefix("u-boot-") || package.name.hasSuffix("-firmware") { return .firmware }
    let isLibrary = package.isSource || package.name.hasPrefix("lib") || package.name.hasSuffix("-dev")
    return isLibrary ? .library : .application
  }

  /// The package URL (ECMA-427, type `deb`).
  static func purl(of package: FetchedPackage) -> String {
    let allowed = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
    let words = [package.name, package.version].map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? $0 }
    return "pkg:deb/debian/\(words[0])@\(words[1])?arch=\(package.architecture)&distro=trixie"
  }
}
