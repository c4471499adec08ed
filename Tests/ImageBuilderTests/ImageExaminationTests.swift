import Foundation
import Testing

@testable import ImageBuilder

/// A small card whose parts the file systems' own tools made, whole and spoilt.
@Suite struct ImageExaminationTests {
  private static let mebibyte = 1 << 20
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
  private let partitions = [
    Partition(.fat32, offset: 1 * mebibyte, size: 8 * mebibyte),
    Partition(.linux, offset: 9 * mebibyte, size: 2 * mebibyte),
    Partition(.linux, offset: 11 * mebibyte, size: 2 * mebibyte),
    Partition(.linux, offset: 13 * mebibyte, size: 4 * mebibyte),
  ]

  private func card() async throws -> URL {
    let (fat, root, data) = ("fat", "root", "data")
    let path = { (name: String) in folder.appendingPathComponent(name).path }
    try Files.write([UInt8](repeating: 7, count: 300_000), to: folder.appendingPathComponent("tree/bin/sotto"))
    try Files.write(Array("tree".utf8), to: folder.appendingPathComponent("board.dtb"))
    try await Tool("mkfs.vfat")(["-C", path(fat), "\(8 << 10)"])
    try await Tool("mmd")(["-i", path(fat), "::/a"])
    try await Tool("mcopy")(["-i", path(fat), path("board.dtb"), "::/a/board.dtb"])
    try await Tool("mksquashfs")([path("tree"), path(root), "-all-root", "-quiet", "-no-progress"])
    try await Tool("mke2fs")(["-q", "-F", "-t", "ext4", path(data), "4096k"])
    let image = folder.appendingPathComponent("card.img")
    let card = try CardWriter(image, size: 17 << 20)
    try card.write(partitionTable(partitions, signature: 1), at: 0)
    for (partition, name) in zip([partitions[0], partitions[1], partitions[3]], [fat, root, data]) {
      try card.write(folder.appendingPathComponent(name), at: partition)
    }
    try card.close()
    return image
  }

  private func spoil(_ image: URL, at offset: Int, _ bytes: [UInt8]) throws {
    let handle = try FileHandle(forUpdating: image)
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: bytes)
    try handle.close()
  }

  @Test func aWholeCardIsToldPartByPart() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try await card()
    try Files.write(
      Array("\(try Workshop.hash(image))  card.img\n".utf8), to: image.appendingPathExtension("sha256"))
    let report = try await ImageExamination(image).report()
    #expect(report.problems.isEmpty)
    #expect(report.lines.count == 6 && report.lines[1].contains("card.img.sha256"))
    #expect(report.lines[2] == "partition 1, 8 MiB at 1 MiB: FAT, sound: a/board.dtb")
    #expect(report.lines[3].hasPrefix("partition 2, 2 MiB at 9 MiB: squashfs, sound; bin/sotto is "))
    #expect(report.lines[4] == "partition 3, 2 MiB at 11 MiB: empty")
    #expect(report.lines[5].hasPrefix("partition 4, 4 MiB at 13 MiB: ext, sound; "))
  }

  @Test func eachSpoiltPartIsNamed() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try await card()
    try Files.write(
      Array("\(try Workshop.hash(image))  card.img\n".utf8), to: image.appendingPathExtension("sha256"))
    // The first FAT beside its copy, the squashfs's inodes, text for a file system, the ext4's group descriptors.
    let offsets = partitions.map { $0.offset }
    let fatSectors = try Files.read(image)[(offsets[0] + 14)..<(offsets[0] + 16)].first.map(Int.init) ?? 0
    try spoil(image, at: offsets[0] + fatSectors * 512 + 16, [0x55, 0x55, 0x55])
    try spoil(image, at: offsets[1] + 96, [UInt8](repeating: 0xaa, count: 200))
    try spoil(image, at: offsets[2], Array("nothing to mount".utf8))
    try spoil(image, at: offsets[3] + 1024 + 64, [UInt8](repeating: 0xff, count: 900))
    let report = try await ImageExamination(image).report()
    let places = ["SHA-256", "partition 1", "partition 2", "partition 3", "partition 4"]
    #expect(report.problems.count == 5, "\(report.problems)")
    for (problem, place) in zip(report.problems, places) { #expect(problem.contains(place)) }
  }

  @Test func aCardThatIsCutOffAndWhatIsNoCardAreTold() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try await card()
    let handle = try FileHandle(forUpdating: image)
    try handle.truncate(atOffset: 15 << 20)
    try handle.close()
    let report = try await ImageExamination(image).report()
    #expect(report.problems.count == 1 && report.problems[0].contains("partition 4, 4 MiB at 13 MiB: it ends at byte"))
    let text = folder.appendingPathComponent("letter.img")
    try Files.write(Array("Dear Sir or Madam,\n".utf8), to: text)
    let error = await #expect(throws: ImageError.self) { try await ImageExamination(text).report() }
    #expect(try #require(error).description.contains("ASCII text"))
  }
}
