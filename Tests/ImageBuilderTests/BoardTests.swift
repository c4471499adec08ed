import Configuration
import Foundation
import Testing

@testable import ImageBuilder

@Suite struct BoardTests {
  private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func faults(_ change: (String) -> String) throws -> [String] {
    let file = repository.appendingPathComponent("boards/cubieboard/board.yaml")
    let text = change(String(decoding: try Data(contentsOf: file), as: UTF8.self))
    do throws(ImageError) {
      _ = try Board(yaml: Array(text.utf8), id: "b", file: "board.yaml")
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  @Test func everyBoardOfTheRepositoryIsRead() throws {
    let shelf = try BoardShelf(repository.appendingPathComponent("boards"))
    #expect(shelf.boards.map(\.id) == ["cubieboard", "cubieboard2", "cubietruck", "rpi2"])
    #expect(try shelf.board("cubieboard").bootloader.first?.offset == 8192)
    #expect(try shelf.board("rpi2").firmware.contains { $0.name == "bootcode.bin" })
    #expect(Set(shelf.boards.map(\.compatible)).count == 4)
    #expect(throws: ImageError.unknownBoard("rpi3", known: shelf.boards.map(\.id))) { try shelf.board("rpi3") }
  }

  @Test func aFaultIsNamedByItsPlace() throws {
    #expect(try faults { $0 } == [])
    let unknown = try faults { $0.replacingOccurrences(of: "emulator:", with: "emulater:") }
    #expect(unknown.contains { $0.contains("unknown key 'emulater'") && $0.contains("did you mean 'emulator'") })
    #expect(unknown.contains { $0.contains("has no 'emulator'") })
    #expect(unknown.allSatisfy { $0.wholeMatch(of: /board\.yaml:\d+:\d+: .*/) != nil })
    let offset = try faults { $0.replacingOccurrences(of: "offset: 8192", with: "offset: 8193") }
    #expect(offset.count == 1 && offset[0].hasPrefix("board.yaml:12:13: found '8193', expected a multiple of 512"))
    let far = try faults { $0.replacingOccurrences(of: "offset: 8192", with: "offset: 1048576") }
    #expect(far.count == 1 && far[0].contains("512 to 1048064"))
  }

  @Test(arguments: ["/etc/passwd", "../../secret", "a/../../b"])
  func aFileOutsideThePackagesIsRefused(_ path: String) throws {
    let found = try faults { $0.replacingOccurrences(of: "boot/vmlinuz-*-armmp", with: path) }
    #expect(found.count == 1 && found[0].contains("a relative path without '..'"))
  }

  @Test func nothingThatAShellOrBootScriptWouldTakeApartGetsIntoOne() throws {
    let found = try faults { $0.replacingOccurrences(of: "device: ttyS0 ", with: "device: 'ttyS0; reset' ") }
    #expect(found.count == 1 && found[0].contains("letters, digits"))
  }
}
