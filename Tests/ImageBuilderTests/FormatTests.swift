import Foundation
import Testing

@testable import ImageBuilder

/// What the builder writes itself, read back by programs that know nothing of it.
@Suite struct FormatTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")

  private func output(_ tool: String, _ arguments: [String]) async throws -> String {
    String(decoding: try await Tool(tool)(arguments), as: UTF8.self)
  }

  @Test func thePartitionTableIsWhatSfdiskReads() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let card = folder.appendingPathComponent("card")
    let writer = try CardWriter(card, size: CardLayout.size)
    try writer.write(partitionTable(CardLayout.partitions, signature: CardLayout.signature), at: 0)
    try writer.close()
    let lines = try await output("sfdisk", ["-d", card.path]).split(separator: "\n")
    #expect(lines.contains("label-id: 0x50770001"))
    let entries = lines.filter { $0.contains("start=") }.map {
      $0.replacing(#/^\S+ : /#, with: "").replacing(" ", with: "")
    }
    #expect(
      entries == [
        "start=8192,size=131072,type=c,bootable", "start=139264,size=131072,type=83",
        "start=270336,size=131072,type=83", "start=401408,size=32768,type=83",
      ])
  }

  @Test func partitionsNeitherOverlapNorPassTheEnd() {
    var end = CardLayout.stateOffset
    for partition in CardLayout.partitions {
      #expect(partition.offset >= end && partition.offset % (1 << 20) == 0)
      end = partition.offset + partition.size
    }
    #expect(end <= CardLayout.size)
  }

  @Test func theFirstStagesArchiveIsWhatCpioReads() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var archive = Cpio(time: 1_700_000_000)
    archive.addFolder("bin")
    archive.addFile("bin/tool", Array("hello".utf8), isExecutable: true)
    archive.addLink("bin/sh", to: "tool")
    archive.addCharacterDevice("console", major: 5, minor: 1)
    let file = folder.appendingPathComponent("archive")
    try Files.write(archive.finished(), to: file)
    let lines = try await output("cpio", ["-itvn", "--quiet", "-F", file.path]).split(separator: "\n")
    let modes = lines.map { $0.prefix(10) }
    #expect(modes == ["drwxr-xr-x", "-rwxr-xr-x", "lrwxrwxrwx", "crw-------"])
    #expect(lines[1].contains(" 5 ") && lines[1].hasSuffix("bin/tool"))
    #expect(lines[2].hasSuffix("bin/sh -> tool"))
    #expect(lines[3].contains("5,   1"))
  }

  @Test func theBootScriptIsWhatMkimageReads() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("boot.scr")
    try Files.write(bootScript("echo hello\n", name: "sotto", time: 1_767_225_600), to: file)
    let text = try await output("mkimage", ["-l", file.path])
    #expect(text.contains("Image Name:   sotto") && text.contains("ARM Linux Script (uncompressed)"))
    #expect(text.contains("Image 0: 11 Bytes"))
  }

  @Test func aBlockMapCopiesExactlyWhatItNames() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // Three blocks that count and one between them that doesn't.
    let blocks = (1...4).map { [UInt8](repeating: UInt8($0), count: 4096) }
    let image = folder.appendingPathComponent("card.img")
    try Files.write(blocks.flatMap { $0 }, to: image)
    var map = BlockMap(imageSize: 4 * 4096)
    map.add(blocks[0] + blocks[1], at: 0)
    map.add(blocks[3], at: 3 * 4096)
    let file = folder.appendingPathComponent("card.bmap")
    try Files.write(Array(map.text.utf8), to: file)
    let copy = folder.appendingPathComponent("copy")
    try Files.write([UInt8](repeating: 9, count: 4 * 4096), to: copy)
    _ = try await output("bmaptool", ["copy", "--bmap", file.path, image.path, copy.path])
    let copied = try Files.read(copy)
    #expect(Array(copied[..<8192]) == blocks[0] + blocks[1])
    #expect(Array(copied[12288...]) == blocks[3])
    #expect(Array(copied[8192..<12288]) != blocks[2])
    // One bit off is noticed.
    try Files.write(Array(map.text.replacing("0-1", with: "0-2").utf8), to: file)
    await #expect(throws: ImageError.self) {
      try await Tool("bmaptool")(["copy", "--bmap", file.path, image.path, copy.path])
    }
  }
}
