import Foundation
import Testing

@testable import ImageBuilder

/// Where `make image` put its output: `SOTTO_IMAGES`, else `build`.
private let build = URL(fileURLWithPath: ProcessInfo.processInfo.environment["SOTTO_IMAGES"] ?? "build")

/// The boards whose images `make image` has left there.
private let builtBoards = ["cubieboard", "cubieboard2", "cubietruck", "rpi2"].filter {
  FileManager.default.fileExists(atPath: build.appendingPathComponent("images/sotto-\($0).bmap").path)
}

/// Images as they are flashed, looked at by the file systems' own checkers. Skipped where none has been built.
@Suite(.enabled(if: !builtBoards.isEmpty, "no image in build/images: make image BOARD=…")) struct BuiltImageTests {
  /// Writes a partition to a file of its own and hands it over.
  private func with(_ partition: Partition, of image: URL, _ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let handle = try FileHandle(forReadingFrom: image)
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(partition.offset))
    let file = folder.appendingPathComponent("partition")
    try Files.write([UInt8](handle.read(upToCount: partition.size) ?? Data()), to: file)
    try await body(file)
  }

  private func image(_ board: String) -> URL { build.appendingPathComponent("images/sotto-\(board).img") }

  @Test(arguments: builtBoards) func everyFileSystemIsSound(_ board: String) async throws {
    try await with(CardLayout.boot, of: image(board)) { file in
      try await Tool("fsck.vfat")(["-n", file.path])
      let names = String(decoding: try await Tool("mdir")(["-b", "-/", "-i", file.path, "::"]), as: UTF8.self)
      for name in ["boot.scr", "sotto.yaml"] { #expect(names.contains("::/\(name)\n")) }
    }
    try await with(CardLayout.rootA, of: image(board)) { file in
      let list = String(decoding: try await Tool("unsquashfs")(["-lln", file.path]), as: UTF8.self)
      #expect(list.contains("-rwxr-xr-x 0/0") && list.contains("squashfs-root/bin/sotto\n"))
      #expect(list.contains("squashfs-root/sbin/init -> "))
      #expect(list.split(separator: "\n").filter { $0.contains("squashfs-root") }.allSatisfy { $0.contains(" 0/0 ") })
    }
    try await with(CardLayout.data, of: image(board)) { file in
      try await Tool("e2fsck")(["-fn", file.path])
      let files = String(decoding: try await Tool("debugfs")(["-R", "ls -p /", file.path]), as: UTF8.self)
      #expect(files.split(separator: "\n").count == 3, "the data partition is to be empty: \(files)")
    }
  }

  @Test(arguments: builtBoards) func theCardBeneathHoldsNoSecret(_ board: String) async throws {
    let work = build.appendingPathComponent("work")
    let cards = try FileManager.default.contentsOfDirectory(atPath: work.path).filter { $0.hasPrefix("card-\(board)-") }
    #expect(cards.count == 1)
    let names = try await Tool("mdir")([
      "-b", "-/", "-i", "\(work.path)/\(try #require(cards.first))@@\(CardLayout.boot.offset)", "::",
    ])
    #expect(!String(decoding: names, as: UTF8.self).contains("sotto.yaml"))
  }

  @Test(arguments: builtBoards) func theBlockMapAndTheHashesAreTheImages(_ board: String) async throws {
    let image = image(board)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let copy = folder.appendingPathComponent("copy")
    try Files.write([], to: copy)
    let map = build.appendingPathComponent("images/sotto-\(board).bmap")
    try await Tool("bmaptool")(["copy", "--bmap", map.path, image.path, copy.path])
    #expect(try Files.read(copy) == Files.read(image))
    let sums = String(decoding: try Files.read(image.appendingPathExtension("sha256")), as: UTF8.self)
    #expect(sums.contains("\(try Workshop.hash(image))  sotto-\(board).img\n"))
  }
}
