import Foundation
import Testing

@testable import ImageBuilder

@Suite struct BillTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")

  private func write(_ text: String, _ path: String) throws {
    try Files.write(Array(text.utf8), to: folder.appendingPathComponent(path))
  }

  private static let format = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"

  @Test func licencesAreThoseOfUpstreamsFiles() {
    let text =
      Self.format + """
        License: GPL-9

        Files: *
        Copyright: Somebody
        License: BSD-3-clause
         Redistribution and so on.

        Files: a.c
         b.c
        License: GPL-2+   or Artistic

        Files: debian/*
        License: GPL-3

        License: ISC
         The text alone.
        """
    #expect(CopyrightFile.licences(in: text) == ["BSD-3-clause", "GPL-2+ or Artistic"])
    #expect(CopyrightFile.licences(in: "This package was debianized by hand.\nLicense: GPL-2\n").isEmpty)
    #expect(CopyrightFile.licences(in: "").isEmpty)
  }

  @Test(arguments: [
    ("Expat", "MIT"), ("BSD-3-clause", "BSD-3-Clause"), ("GPL-2", "GPL-2.0-only"), ("GPL-2.0+", "GPL-2.0-or-later"),
    ("LGPL-2.1+", "LGPL-2.1-or-later"), ("LGPL-2.1", "LGPL-2.1-only"), ("zlib", "Zlib"), ("public-domain", nil),
    ("GPL-2+ or Artistic", nil), ("GPL", nil),
  ]) func aShortNameIsOneOfSPDXOrDebiansAlone(_ name: String, _ identifier: String?) {
    #expect(CopyrightFile.spdxIdentifier(name) == identifier)
  }

  @Test func aManifestsSourcePackageIsOneWithTwoFiles() throws {
    let text = """
      # bell made without something
      bell-dev\t1:2+b1\tarmhf\taa\tbell-dev_2_armhf.deb
      src:bell\t2\tsource\tbb\tbell_2.orig.tar.gz
      src:bell\t2-1\tsource\tcc\tbell_2-1.debian.tar.xz

      """
    let (packages, remarks) = try FetchedPackages.parse(text, file: "manifest")
    #expect(remarks == ["bell made without something"])
    #expect(packages.map(\.version) == ["1:2+b1", "2-1"] && packages[1].files.map(\.hash) == ["bb", "cc"])
    #expect(BillMaker.purl(of: packages[0]) == "pkg:deb/debian/bell-dev@1%3A2%2Bb1?arch=armhf&distro=trixie")
    #expect(throws: ImageError.self) { try FetchedPackages.parse("bell\t1\n", file: "manifest") }
  }

  /// Packs a package with these files, all empty, and returns its line of a manifest.
  private func pack(_ name: String, _ files: [String]) async throws -> String {
    let fields = ["Package: \(name)", "Version: 1", "Architecture: armhf", "Maintainer: N <n@example.org>"]
    try write((fields + ["Description: x", ""]).joined(separator: "\n"), "tree/\(name)/DEBIAN/control")
    for file in files { try write("", "tree/\(name)/\(file)") }
    let deb = folder.appendingPathComponent("cache/files/\(name)_1_armhf.deb")
    try Files.makeFolder(deb.deletingLastPathComponent())
    let tree = folder.appendingPathComponent("tree/\(name)")
    try await Tool("dpkg-deb")(["--root-owner-group", "-b", tree.path, deb.path])
    return "\(name)\t1\tarmhf\tabcd\t\(deb.lastPathComponent)\n"
  }

  /// A sysroot of two packages and a source package, and a build that linked one of each.
  private func maker(_ card: (packages: URL, board: Board, shelf: BoardShelf)? = nil) async throws -> BillMaker {
    let manifest =
      try await pack("libtone-dev", ["usr/lib/gnu/libtone.a"]) + pack("libdial-dev", ["usr/lib/gnu/libdial.a"])
    try write(manifest + "src:opus\t1.5\tsource\tef01\topus_1.5.orig.tar.gz\n# a remark\n", "cache/sysroot/manifest")
    try write(
      Self.format + "\nFiles: *\nLicense: Expat\n", "cache/sysroot/root/usr/share/doc/libtone-dev/copyright")
    try write("swift\tswift-6.3-RELEASE\ttriple\n", "cache/sdk/manifest")
    try writeLinked("3\t3\t\(sdkRoot)/usr/lib/gnu/libopus.a\n1\t1\t/toolchain/libswift.a\n")
    try write(
      """
      {"object": {"dependencies": [{"packageRef": {"location": "https://github.com/apple/swift-rings.git"},
      "state": {"checkoutState": {"revision": "abc", "version": "1.2.3"}}, "subpath": "swift-rings"},
      {"packageRef": {"location": "https://github.com/apple/swift-host"},
      "state": {"checkoutState": {"revision": "def"}}, "subpath": "swift-host"}]}}
      """, "scratch/workspace-state.json")
    try write("/x/Ring.build/a.o\n/x/sotto.build/b.o\n", "scratch/release/sotto.product/Objects.LinkFileList")
    try write("let ring = 1\n", "scratch/checkouts/swift-rings/Sources/Ring/a.swift")
    try write("let host = 1\n", "scratch/checkouts/swift-host/Sources/Host/a.swift")
    try write("binary", "sotto")
    let place = { (path: String) in folder.appendingPathComponent(path) }
    return BillMaker(
      described: place("sotto"), sdk: place("cache/sdk"), sysroot: place("cache/sysroot"), scratch: place("scratch"),
      card: card)
  }

  private var sdkRoot: String { folder.appendingPathComponent("cache/sdk/sysroot").path }

  private func writeLinked(_ more: String) throws {
    let counts = "2\t1\t\(sdkRoot)/lib/gnu/libtone.a\n9\t0\t\(sdkRoot)/usr/lib/gnu/libdial.a\n"
    try write("members\textracted\tarchive\n" + counts + more, "scratch/archives")
  }

  @Test func aBillNamesWhatWasLinkedAndWhatOnlyHelped() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let maker = try await maker()
    let bill = try await maker.make(time: 1_700_000_000)
    #expect(try await maker.make(time: 1_700_000_000) == bill)
    let found = try JSONDecoder().decode(Bill.self, from: Data(bill))
    #expect(
      found.components.map { "\($0.name) \($0.scope) \($0.licenses[0].text)" } == [
        "libdial-dev excluded NOASSERTION", "libtone-dev required MIT", "opus required NOASSERTION",
        "swift required Apache-2.0 WITH Swift-exception", "swift-rings required NOASSERTION",
      ])
    #expect(String(decoding: bill, as: UTF8.self).contains(#""value" : "a remark""#))
    try writeLinked("3\t3\t\(sdkRoot)/usr/lib/gnu/libhum.a\n")
    let error = await #expect(throws: ImageError.self) { try await maker.make(time: 0) }
    #expect(try #require(error).description.contains("libhum.a"))
  }

  @Test func aCardsBillLeavesOutTheBootLoadersOfOtherBoards() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let shelf = try BoardShelf(
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../boards").standardized)
    // Packages with the very files that the repository's boards name.
    var files: [String: Set<String>] = ["busybox-static": ["usr/bin/busybox"]]
    for board in shelf.boards {
      for pattern in [board.kernel.image] + board.bootloader.map(\.file) + board.firmware.map(\.file)
      where !pattern.hasPrefix("./") {
        let path = pattern.replacing("*", with: "1")
        let owner =
          path.contains("u-boot/rpi")
          ? "u-boot-rpi"
          : path.contains("u-boot") ? "u-boot-sunxi" : path.contains("raspi") ? "raspi-firmware" : "kernel"
        files[owner, default: []].insert(path)
      }
    }
    var manifest = ""
    for (name, paths) in files {
      manifest += try await pack(name, paths.sorted())
      for path in paths { try write("", "cache/card/root/\(path)") }
    }
    try write(manifest, "cache/card/manifest")
    for (board, boot) in [("rpi2", ["raspi-firmware", "u-boot-rpi"]), ("cubieboard", ["u-boot-sunxi"])] {
      let card = (folder.appendingPathComponent("cache/card"), try shelf.board(board), shelf)
      let bill = try await maker(card).make(time: 0)
      let names = try JSONDecoder().decode(Bill.self, from: Data(bill)).components.map(\.name)
      #expect(names.filter { files.keys.contains($0) } == ["busybox-static", "kernel"] + boot)
    }
  }

  private struct Bill: Decodable {
    struct Component: Decodable {
      var name: String
      var scope: String
      var licenses: [Licence]
    }
    struct Licence: Decodable {
      struct Named: Decodable {
        var id: String?
        var name: String?
      }
      var license: Named?
      var expression: String?
      var text: String { expression ?? license?.id ?? license?.name ?? "" }
    }
    var components: [Component]
  }
}
