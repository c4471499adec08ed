import Slots
import Testing
import Wire

@Suite struct SlotStateTests {
  @Test func whatIsWrittenIsReadAgain() throws {
    var state = SlotState(good: .a)
    state.tryOut(.b)
    let found = try #require(SlotState.newest(of: [SlotState(good: .a).sector, state.sector]))
    #expect(found.state == state && found.next == 0)
    state.settle(on: .b)
    #expect(state.good == .b && state.trial == nil && state.serial == 3)
    #expect(SlotState.newest(of: [state.sector, SlotState(good: .a).sector])?.next == 1)
  }

  @Test func aTornCopyLeavesTheOther() throws {
    let old = SlotState(good: .a)
    var new = old
    new.tryOut(.b)
    let before = [UInt8](repeating: 0xff, count: 512)
    for cut in 0..<512 {
      let torn = Array(new.sector[..<cut]) + before[cut...]
      let found = try #require(SlotState.newest(of: [old.sector, torn]))
      #expect(found.state == old && found.next == 1)
    }
  }

  @Test func aChangedBitIsNoState() {
    let sector = SlotState(good: .b).sector
    for bit in 0..<(8 * 512) {
      var changed = sector
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(SlotState.newest(of: [changed, []]) == nil)
    }
  }

  @Test(arguments: [
    [("serial", "1"), ("good", "c"), ("trial", "-"), ("tries", "0")],
    [("serial", "1"), ("good", "a"), ("trial", "x"), ("tries", "0")],
    [("serial", "one"), ("good", "a"), ("trial", "-"), ("tries", "0")],
    [("serial", "1"), ("good", "a"), ("trial", "-")],
  ])
  func whatIsNoStateIsRefused(_ lines: [(String, String)]) throws {
    var variables = BootVariables()
    for (name, value) in lines { variables[name] = value }
    #expect(SlotState.newest(of: [try #require(variables.sector)]) == nil)
  }
}

@Suite struct BootVariablesTests {
  /// As `env export -c -s 200` of U-Boot 2025.01 writes them.
  @Test func theySpeakUBoots() throws {
    var variables = BootVariables()
    variables["good"] = "a"
    variables.set("serial", 0x1f)
    let sector = try #require(variables.sector)
    #expect(Array(sector[4..<21]) == Array("good=a".utf8) + [0] + Array("serial=1f".utf8) + [0])
    #expect(sector.count == 512 && sector[21...].allSatisfy { $0 == 0 })
    let sum = crc32(sector[4...])
    #expect(Array(sector[..<4]) == (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) })
    #expect(BootVariables(sector[...]) == variables)
    #expect(variables.number("serial") == 31 && variables.number("good") == 10 && variables["other"] == nil)
  }

  @Test func moreThanASectorIsSaid() {
    var variables = BootVariables()
    variables["arguments"] = String(repeating: "x", count: 496)
    #expect(variables.sector?.count == 512)
    variables["arguments"] = String(repeating: "x", count: 497)
    #expect(variables.sector == nil)
  }
}

@Suite struct StartAreaTests {
  @Test func partsLieWhereTheListSays() throws {
    let kernel = [UInt8](repeating: 7, count: 513)
    let tree = Array("tree".utf8)
    let area = try #require(StartArea.bytes([(.kernel, kernel), (.tree, tree)], arguments: "quiet"))
    let list = try #require(BootVariables(area[..<512]))
    #expect(list["arguments"] == "quiet")
    for (name, content) in [("kernel", kernel), ("tree", tree)] {
      let at = 512 * Int(try #require(list.number("\(name)_at")))
      #expect(list.number("\(name)_size") == UInt32(content.count))
      #expect(list.number("\(name)_blocks") == UInt32((content.count + 511) / 512))
      #expect(list.number("\(name)_sum") == crc32(content[...]))
      #expect(list.number("\(name)_mus") == crc32(content[...]).byteSwapped)
      #expect(Array(area[at..<(at + content.count)]) == content)
    }
    #expect(area.count == 512 * 4)
  }
}

@Suite struct RunningSystemTests {
  @Test func itIsReadFromTheKernelsArguments() {
    let told = "console=ttyS0,115200 root=/dev/mmcblk0p3 sotto.slot=b sotto.trying=no panic=5 sotto.board=cubieboard\n"
    let system = RunningSystem(arguments: told)
    #expect(system?.slot == .b && system?.board == "cubieboard" && system?.disk == "/dev/mmcblk0")
    for part in ["root=/dev/mmcblk0p3", "sotto.slot=b", "sotto.board=cubieboard"] {
      #expect(RunningSystem(arguments: told.replacing(part, with: "")) == nil)
    }
    #expect(RunningSystem(arguments: told.replacing("p3", with: "p2")) == nil)
  }
}
