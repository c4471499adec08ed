import Configuration
import Foundation
import Testing

@testable import ImageBuilder

@Suite struct RefusalTests {
  private func header(_ fields: [Int: [UInt8]]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1024)
    for (offset, value) in fields { bytes.replaceSubrange(offset..<offset + value.count, with: value) }
    return bytes
  }

  @Test func aKernelForAnotherProcessorIsTold() {
    #expect(MachineCode(header([0x24: [0x18, 0x28, 0x6f, 0x01]])) == .armKernel)
    #expect(MachineCode(header([0x38: Array("ARMd".utf8)])) == .arm64Kernel)
    #expect(MachineCode(header([0x202: Array("HdrS".utf8)])) == .x86Kernel)
    #expect(MachineCode(header([0x24: [0x01, 0x6f, 0x28, 0x18]])) == .unknown)
    #expect(MachineCode([]) == .unknown)
  }

  @Test func aBinaryForAnotherProcessorIsTold() throws {
    let arm: [Int: [UInt8]] = [0: [0x7f, 0x45, 0x4c, 0x46, 1, 1], 18: [40, 0], 36: [0, 4, 0, 5]]
    #expect(MachineCode(header(arm)) == .armELF(isHardFloat: true))
    #expect(MachineCode(header(arm.merging([36: [0, 2, 0, 5]]) { $1 })) == .armELF(isHardFloat: false))
    #expect(MachineCode(header([0: [0x7f, 0x45, 0x4c, 0x46, 2, 1], 18: [62, 0]])) == .otherELF(machine: 62))
    #expect(MachineCode([0x7f, 0x45, 0x4c, 0x46]) == .unknown)
  }

  @Test func aBootLoaderThatRunsIntoWhatLiesBehindIsRefusedByNameAndSize() {
    #expect(throws: Never.self) { try CardImage.checkRoom(for: [("spl", 8192, 500_000)]) }
    #expect(
      throws: ImageError.overflow(
        "spl", size: 1_040_385, room: 1_040_384, place: "the gap from 8192 to 1048576")
    ) { try CardImage.checkRoom(for: [("spl", 8192, 1_040_385)]) }
    #expect(throws: ImageError.self) { try CardImage.checkRoom(for: [("b", 40960, 10), ("a", 8192, 32769)]) }
  }

  @Test func aPartThatIsLargerThanItsPartitionIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let part = folder.appendingPathComponent("part")
    try Files.write([UInt8](repeating: 1, count: 4097), to: part)
    let writer = try CardWriter(folder.appendingPathComponent("card"), size: 1 << 20)
    let partition = Partition(.linux, offset: 4096, size: 4096)
    #expect(throws: ImageError.overflow(part.path, size: 4097, room: 4096, place: "its partition")) {
      try writer.write(part, at: partition)
    }
  }

  @Test func aPatternNamesOneFileOrSaysWhy() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["boot/vmlinuz-6.1-armmp", "boot/vmlinuz-6.1-armmp-lpae"] {
      try Files.write([], to: folder.appendingPathComponent(name))
    }
    #expect(
      try Files.find("boot/vmlinuz-*-armmp", in: folder, for: "x").lastPathComponent == "vmlinuz-6.1-armmp")
    #expect(throws: ImageError.missing("\(folder.path)/boot/zImage", neededFor: "the test")) {
      try Files.find("boot/zImage", in: folder, for: "the test")
    }
    #expect(
      throws: ImageError.ambiguous(
        "\(folder.path)/boot/vmlinuz-*", matches: ["vmlinuz-6.1-armmp", "vmlinuz-6.1-armmp-lpae"])
    ) { try Files.find("boot/vmlinuz-*", in: folder, for: "x") }
  }

  @Test func aSheetHoldsTenExtensionsThatTheExchangeTakes() throws {
    let sheet = try CardSheet()
    let configuration = try Configuration(yaml: Array(sheet.configuration.utf8), file: "sotto.yaml")
    #expect(configuration.extensions.keys.sorted() == (101...110).map { "\($0)" })
    let passwords = Set(configuration.extensions.values.map { $0.password })
    #expect(passwords.count == 10 && passwords.allSatisfy { $0.count == 19 })
    #expect(passwords.allSatisfy { sheet.text(board: Board()).contains($0) })
    #expect(try CardSheet().extensions[0].password != sheet.extensions[0].password)
  }
}
