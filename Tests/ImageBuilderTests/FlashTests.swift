import Foundation
import Testing

@testable import ImageBuilder

/// A folder that is gone after the test.
private final class Scratch {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: url) }

  func put(_ text: String, at path: String) throws {
    try Files.write(Array(text.utf8), to: url.appendingPathComponent(path))
  }
}

@Suite struct DiskTests {
  private let scratch = Scratch()

  /// A machine with a built-in disk, a card reader on USB with a card, an SD slot, and an empty reader.
  private func machine() throws -> [Disk] {
    try scratch.put("1953525168\n", at: "sys/block/sda/size")
    try scratch.put("0\n", at: "sys/block/sda/removable")
    try scratch.put("8:0\n", at: "sys/block/sda/dev")
    try scratch.put("1\n", at: "sys/block/sda/sda2/partition")
    try scratch.put("8:2\n", at: "sys/block/sda/sda2/dev")
    try scratch.put("", at: "sys/block/sda/sda2/holders/dm-0")
    let reader = "sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/block/sdb"
    try scratch.put("62333952\n", at: "\(reader)/size")
    try scratch.put("Generic \n", at: "\(reader)/device/vendor")
    try scratch.put("SD/MMC\n", at: "\(reader)/device/model")
    try scratch.put("1\n", at: "\(reader)/sdb1/partition")
    try scratch.put("8:17\n", at: "\(reader)/sdb1/dev")
    try scratch.put("2\n", at: "\(reader)/sdb2/partition")
    try Files.link(scratch.url.appendingPathComponent("sys/block/sdb"), to: scratch.url.path + "/" + reader)
    try scratch.put("SD\n", at: "sys/block/mmcblk0/device/type")
    try scratch.put("SC32G\n", at: "sys/block/mmcblk0/device/name")
    try scratch.put("0\n", at: "sys/block/sdc/size")
    try scratch.put("1\n", at: "sys/block/sdc/removable")
    try scratch.put("1\n", at: "sys/block/loop0/removable")
    try scratch.put(
      """
      22 1 8:17 / /media/a\\040card rw,relatime shared:1 - vfat /dev/sdb1 rw
      23 1 0:31 /@ / rw - btrfs /dev/sda2 rw
      garbage

      """, at: "proc/self/mountinfo")
    try scratch.put("Filename\tType\n/dev/sdb2 partition 1 0 -2\n", at: "proc/swaps")
    return Disk.all(root: scratch.url)
  }

  @Test func whatCanBeTakenOutIsTold() throws {
    let disks = try machine()
    #expect(disks.map { $0.name } == ["mmcblk0", "sda", "sdb", "sdc"])
    #expect(disks.map { $0.isRemovable } == [true, false, true, true])
    #expect(disks.map { $0.model } == ["SC32G", "", "Generic SD/MMC", ""])
    #expect(disks.map { $0.size } == [0, 1_953_525_168 * 512, 62_333_952 * 512, 0])
  }

  @Test func whatIsInUseIsTold() throws {
    let uses = Dictionary(uniqueKeysWithValues: try machine().map { ($0.name, $0.uses) })
    #expect(uses["sda"] == ["sda2 is mounted at /", "sda2 is a part of dm-0"])
    #expect(uses["sdb"] == ["sdb1 is mounted at /media/a\\040card", "sdb2 is swap space"])
    #expect(uses["mmcblk0"] == [])
  }
}

@Suite struct FlashTests {
  private let scratch = Scratch()
  private static let size = 3 << 20

  /// An image whose second mebibyte need not be written, with its block map.
  private func image() throws -> (image: URL, bytes: [UInt8]) {
    var bytes = (0..<Self.size).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    bytes.replaceSubrange(1 << 20..<2 << 20, with: repeatElement(0, count: 1 << 20))
    var map = BlockMap(imageSize: bytes.count)
    map.add(Array(bytes[..<(1 << 20)]), at: 0)
    map.add(Array(bytes[(2 << 20)...]), at: 2 << 20)
    let image = scratch.url.appendingPathComponent("card.img")
    try Files.write(bytes, to: image)
    try scratch.put(map.text, at: "card.bmap")
    return (image, bytes)
  }

  private func target(_ size: Int = size + 4096) throws -> URL {
    let target = scratch.url.appendingPathComponent("target")
    try Files.write([UInt8](repeating: 0xee, count: size), to: target)
    return target
  }

  @Test func aCardGetsWhatTheMapNamesAndKeepsTheRest() throws {
    let (image, bytes) = try image()
    let target = try target()
    var steps: [String: Int] = [:]
    try Flash(image: image).write(to: target.path) { steps[$0.rawValue] = $1 }
    var expected = bytes + [UInt8](repeating: 0xee, count: 4096)
    expected.replaceSubrange(1 << 20..<2 << 20, with: repeatElement(0xee, count: 1 << 20))
    #expect(try Files.read(target) == expected)
    #expect(steps == ["checking": 2 << 20, "writing": 2 << 20, "comparing": 2 << 20])
  }

  @Test func withoutAMapAllIsWritten() throws {
    let (image, bytes) = try image()
    try Files.remove(scratch.url.appendingPathComponent("card.bmap"))
    let target = try target()
    try Flash(image: image).write(to: target.path) { _, _ in }
    #expect(try Files.read(target) == bytes + [UInt8](repeating: 0xee, count: 4096))
  }

  @Test func aCompressedImageIsUnpackedAndLeavesNothing() async throws {
    let (image, bytes) = try image()
    try await Tool("xz")(["-0", image.path])
    let unpacked = try await UnpackedImage(image.appendingPathExtension("xz"))
    #expect(try Files.read(unpacked.image) == bytes)
    #expect(try Flash(image: unpacked.image).size == 2 << 20)
    unpacked.remove()
    #expect(!FileManager.default.fileExists(atPath: unpacked.image.deletingLastPathComponent().path))
  }

  @Test func aDamagedImageCostsNobodyACard() throws {
    var (image, bytes) = try image()
    bytes[2 << 20 + 5] ^= 1
    try Files.write(bytes, to: image)
    let target = try target()
    #expect(throws: ImageError.damaged(image.path, problem: "bytes 2097152 to 3145727 are not what its block map says"))
    {
      try Flash(image: image).write(to: target.path) { _, _ in }
    }
    #expect(try Files.read(target).allSatisfy { $0 == 0xee })
  }

  @Test func aCardThatIsTooSmallIsRefused() throws {
    let (image, _) = try image()
    let target = try target(1 << 20)
    #expect(throws: ImageError.overflow(image.path, size: Self.size, room: 1 << 20, place: target.path)) {
      try Flash(image: image).write(to: target.path) { _, _ in }
    }
  }

  @Test(arguments: [
    ("another length", "<ImageSize> 3145728", "<ImageSize> 3149824", "its own hash"),
    ("another hash", "chksum=\"", "chksum=\"0", "its own hash"),
    ("cut short", "</bmap>\n", "", "its own hash"),
    ("no map", "<BmapFileChecksum>", "<Other>", "no <BmapFileChecksum>"),
  ]) func aMapThatWasChangedIsRefused(_ what: (String, String, String, String)) throws {
    let (image, _) = try image()
    let map = scratch.url.appendingPathComponent("card.bmap")
    let text = String(decoding: try Files.read(map), as: UTF8.self)
    let changed = text.replacingOccurrences(of: what.1, with: what.2)
    #expect(changed != text)
    try Files.write(Array(changed.utf8), to: map)
    let error = #expect(throws: ImageError.self) { try Flash(image: image) }
    #expect("\(try #require(error))".contains(what.3))
  }

  @Test func aMapOfBmaptoolIsRead() async throws {
    let (image, bytes) = try image()
    try Files.remove(scratch.url.appendingPathComponent("card.bmap"))
    try await Tool("bmaptool")(["create", image.path, "-o", scratch.url.appendingPathComponent("card.bmap").path])
    let target = try target()
    try Flash(image: image).write(to: target.path) { _, _ in }
    #expect(try Files.read(target).starts(with: bytes))
  }

  @Test(.enabled(if: geteuid() == 0 && access("/dev/loop-control", W_OK) == 0, "a loop device needs root"))
  func aDiskIsWrittenUnlessItIsInUse() async throws {
    let (image, bytes) = try image()
    let file = try target(4 << 20)
    let told = try await Tool("losetup")(["-f", "--show", file.path])
    let disk = String(decoding: told, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    var failure: (any Error)?
    do {
      try Flash(image: image).write(to: disk) { _, _ in }
      #expect(try Array(Files.read(file)[..<(1 << 20)]) == Array(bytes[..<(1 << 20)]))
      let holder = open(disk, O_RDONLY | O_EXCL)
      #expect(throws: ImageError.file(disk, problem: "it is in use")) {
        try Flash(image: image).write(to: disk) { _, _ in }
      }
      close(holder)
    } catch { failure = error }
    try await Tool("losetup")(["-d", disk])
    if let failure { throw failure }
  }

  @Test func aMapIsReadAsItWasWritten() throws {
    var map = BlockMap(imageSize: 40_000)
    map.add([1, 2, 3], at: 0)
    map.add([UInt8](repeating: 5, count: 8193), at: 8192)
    let read = try BlockMap(map.text, file: "card.bmap")
    #expect(read.ranges.map { $0.blocks } == [0...0, 2...4])
    #expect(read.text == map.text)
  }
}
