import Crypto
import Slots
import Testing
import Updates

@Suite struct InstallationTests {
  private func card(_ running: Slot = .a) -> SlotCard<MemoryCard> {
    SlotCard(MemoryCard(TestBundle().start), a: MemoryCard.a, b: MemoryCard.b, running: running)
  }

  /// Installs a bundle; the card afterwards, and what refused it.
  private func install(
    _ bundle: TestBundle, _ bytes: [UInt8]? = nil, on card: SlotCard<MemoryCard>, allowsOlder: Bool = false
  ) -> (card: SlotCard<MemoryCard>, fault: UpdateFault?) {
    var installation: Installation<MemoryCard>?
    do throws(UpdateFault) {
      try read(bytes ?? bundle.bytes) { output throws(UpdateFault) in
        switch output {
        case .manifest(let manifest):
          installation = try Installation(
            manifest, on: card, board: "cubieboard", own: Release("0.1.0")!, allowsOlder: allowsOlder)
        case .content(let part, let place, let bytes): try installation?.write(part, at: place, bytes)
        }
      }
      try installation?.finish()
      return (installation?.card ?? card, nil)
    } catch {
      return (installation?.card ?? card, error)
    }
  }

  @Test func aGoodBundleIsTriedAndKept() throws {
    var (card, fault) = install(TestBundle(), on: card())
    #expect(fault == nil)
    #expect(try card.medium.read(70_001, at: MemoryCard.b) == TestBundle().root)
    let state = try card.state()
    #expect(state.good == .a && state.trial == .b && state.tries == SlotState.tries)
    #expect(try card.medium.starts() ?? (.a, false) == (.b, true))
    try card.change { $0.settle(on: .b) }
    #expect(try card.medium.starts() ?? (.a, false) == (.b, false))
  }

  @Test func whatIsNotForThisBoxIsRefusedBeforeAnythingIsWritten() {
    for (bundle, expected) in [
      (TestBundle(board: "rpi2"), UpdateFault.otherBoard(found: "rpi2", own: "cubieboard")),
      (TestBundle(version: "0.0.9"), .older(found: Release("0.0.9")!, own: Release("0.1.0")!)),
    ] {
      let (card, fault) = install(bundle, on: card())
      #expect(fault == expected && card.medium.events.isEmpty)
    }
    #expect(install(TestBundle(version: "0.0.9"), on: card(), allowsOlder: true).fault == nil)
  }

  @Test func whatRunsOnTrialTakesNoUpdate() throws {
    var card = card(.b)
    try card.change { $0.tryOut(.b) }
    #expect(install(TestBundle(), on: card).fault == .onTrial)
  }

  /// The slot that runs is not the good one: that one is damaged, and about to be written over.
  @Test func aStandInBecomesTheGoodOneFirst() throws {
    var card = card(.b)
    try card.medium.write(TestBundle().start[...], at: MemoryCard.b + SlotLayout.start)
    let bytes = TestBundle().bytes
    let (after, fault) = install(TestBundle(), Array(bytes[..<(bytes.count / 2)]), on: card)
    #expect(fault == .truncated(at: bytes.count / 2, of: bytes.count))
    #expect(try after.medium.starts() ?? (.a, true) == (.b, false))
  }

  @Test func aCardThatForgetsIsFoundOut() throws {
    for (place, part) in [(MemoryCard.b + 100, Manifest.Part.root), (MemoryCard.b + SlotLayout.start + 600, .start)] {
      var card = card()
      card.medium.broken = place..<place + 1
      let (after, fault) = install(TestBundle(), on: card)
      #expect(fault == .notKept(part))
      #expect(try after.medium.starts() ?? (.b, true) == (.a, false))
    }
  }

  /// After each write and each settling, with any of what had not settled: the old slot starts until the very last write, and
  /// the other one, which held an older system, never could with parts of two systems.
  @Test func aPowerCutAnywhereLeavesTheOldSlot() throws {
    let (new, older) = (
      TestBundle(),
      TestBundle(
        root: [9, 9, 9], start: StartArea.bytes([(.kernel, [1]), (.tree, [2]), (.initrd, [3])], arguments: "")!)
    )
    var before = card()
    try before.medium.write(older.root[...], at: MemoryCard.b)
    try before.medium.write(older.start[...], at: MemoryCard.b + SlotLayout.start)
    let (after, fault) = install(new, on: before)
    #expect(fault == nil)
    let events = after.medium.events.dropFirst(before.medium.events.count)
    #expect(events.count > 20)
    for end in events.startIndex...events.endIndex {
      for kept in [{ _ in true }, { _ in false }, { $0 % 2 == 0 }, { $0 % 2 == 1 }, { $0 % 7 == 3 }] as [(Int) -> Bool]
      {
        let cut = MemoryCard(before.medium, events[..<end], kept: kept)
        let start = try #require(try cut.starts())
        #expect(start.slot == .a || start.isTrial && end >= events.endIndex - 1)
        var card = SlotCard(cut, a: MemoryCard.a, b: MemoryCard.b, running: .a)
        guard try card.isStartable(.b) else { continue }
        let isOlder = try card.medium.read(older.start.count, at: MemoryCard.b + SlotLayout.start) == older.start
        let root = isOlder ? older.root : new.root
        #expect(try card.medium.read(root.count, at: MemoryCard.b) == root)
      }
    }
  }

  @Test func rollingBackGoesByATrial() throws {
    var card = install(TestBundle(), on: card()).card
    card = SlotCard(card.medium, a: MemoryCard.a, b: MemoryCard.b, running: .b)
    try card.rollBack()
    #expect(try card.medium.starts() ?? (.b, true) == (.a, false))
    try card.change { $0.settle(on: .b) }
    try card.rollBack()
    let state = try card.state()
    #expect(state.good == .b && state.trial == .a)
    var empty = self.card()
    #expect(throws: UpdateFault.notStartable(.b)) { try empty.rollBack() }
  }
}
