import Slots
import Updates
import Wire

/// A card in memory that remembers what was written to it, and when that had to lie there.
struct MemoryCard: CardMedium {
  enum Event {
    case write(Int, [UInt8])
    case settle
  }

  /// Where the slots begin.
  static let a = 4 << 20
  static let b = a + SlotLayout.size

  private(set) var events: [Event] = []
  private(set) var octets: [Int: [UInt8]] = [:]
  /// Octets that it forgets.
  var broken: Range<Int> = 0..<0

  /// A card whose slot A starts.
  init(_ start: [UInt8]) {
    put(SlotState(good: .a).sector, SlotLayout.stateCopies[0])
    put(start, Self.a + SlotLayout.start)
  }

  /// As it lies there after a cut: everything before the last settling, and of what came later each sector that `kept` says.
  init(_ before: MemoryCard, _ events: ArraySlice<Event>, kept: (Int) -> Bool) {
    self = before
    self.events = []
    let last = events.lastIndex { if case .settle = $0 { true } else { false } } ?? events.startIndex
    var number = 0
    for (place, event) in zip(events.indices, events) {
      guard case .write(let start, let bytes) = event else { continue }
      // Sectors are whole or not there.
      for offset in stride(from: 0, to: bytes.count, by: 512) {
        number += 1
        if place < last || kept(number) { put(Array(bytes[offset..<min(offset + 512, bytes.count)]), start + offset) }
      }
    }
  }

  private mutating func put(_ bytes: [UInt8], _ place: Int) {
    var (place, rest) = (place, bytes[...])
    while !rest.isEmpty {
      let (block, offset) = (place / 4096, place % 4096)
      let part = rest.prefix(4096 - offset)
      octets[block, default: [UInt8](repeating: 0, count: 4096)].replaceSubrange(
        offset..<offset + part.count, with: part)
      rest = rest.dropFirst(part.count)
      place += part.count
    }
  }

  mutating func write(_ bytes: ArraySlice<UInt8>, at place: Int) throws(UpdateFault) {
    events.append(.write(place, Array(bytes)))
    put(Array(bytes), place)
  }

  mutating func read(_ count: Int, at place: Int) throws(UpdateFault) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let (block, offset) = ((place + bytes.count) / 4096, (place + bytes.count) % 4096)
      bytes += (octets[block] ?? [UInt8](repeating: 0, count: 4096))[offset...].prefix(count - bytes.count)
    }
    for place in broken.clamped(to: place..<place + count).map({ $0 - place }) { bytes[place] ^= 1 }
    return bytes
  }

  mutating func settle() throws(UpdateFault) { events.append(.settle) }

  /// What the boot script would start: the slot, and whether on trial.
  func starts() throws -> (slot: Slot, isTrial: Bool)? {
    var card = SlotCard(self, a: Self.a, b: Self.b, running: .a)
    let state = try card.state()
    let first = state.tries > 0 ? state.trial ?? state.good : state.good
    for slot in [first, first.other] where try card.isStartable(slot) { return (slot, slot != state.good) }
    return nil
  }
}
