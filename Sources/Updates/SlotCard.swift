import Slots
import Wire

/// The slots of a card, and the state that says which of them starts.
public struct SlotCard<Medium: CardMedium> {
  public var medium: Medium
  /// The slot that runs.
  public let running: Slot
  private let a: Int
  private let b: Int

  /// `a` and `b` are the slots' partitions, from the card's first octet.
  public init(_ medium: Medium, a: Int, b: Int, running: Slot) {
    self.medium = medium
    self.a = a
    self.b = b
    self.running = running
  }

  public func place(of slot: Slot) -> Int { slot == .a ? a : b }

  /// The state; where no copy is whole, that of a card whose running slot works.
  public mutating func state() throws(UpdateFault) -> SlotState { try newest().state }

  /// Whether the system that runs may still be left again.
  public mutating func isOnTrial() throws(UpdateFault) -> Bool { try state().trial == running }

  private mutating func newest() throws(UpdateFault) -> (state: SlotState, next: Int) {
    var copies: [[UInt8]] = []
    for place in SlotLayout.stateCopies { copies.append(try medium.read(BootVariables.size, at: place)) }
    return SlotState.newest(of: copies) ?? (SlotState(good: running), 0)
  }

  /// Changes the state, in the copy that is not the newest.
  public mutating func change(_ change: (inout SlotState) -> Void) throws(UpdateFault) {
    var (state, next) = try newest()
    change(&state)
    try put(state.sector, at: SlotLayout.stateCopies[next])
  }

  /// Writes a sector, and looks whether the card kept it.
  mutating func put(_ sector: [UInt8], at place: Int) throws(UpdateFault) {
    try medium.write(sector[...], at: place)
    try medium.settle()
    guard try medium.read(sector.count, at: place) == sector else {
      throw .card("the card did not keep the sector at octet \(place)")
    }
  }

  /// Goes back to the other slot: at the next start, or from a trial for good.
  public mutating func rollBack() throws(UpdateFault) {
    let running = running
    if try isOnTrial() { return try change { $0.settle(on: running.other) } }
    guard try isStartable(running.other) else { throw .notStartable(running.other) }
    // It proves itself as any other does.
    try change {
      $0.settle(on: running)
      $0.tryOut(running.other)
    }
  }

  /// Whether all that starts a slot is as its list says.
  public mutating func isStartable(_ slot: Slot) throws(UpdateFault) -> Bool {
    let start = place(of: slot) + SlotLayout.start
    let room = UInt64(SlotLayout.size - SlotLayout.start)
    guard let list = BootVariables(try medium.read(SlotLayout.sector, at: start)[...]) else { return false }
    for part in StartArea.Part.allCases {
      guard let at = list.number("\(part.rawValue)_at"), let size = list.number("\(part.rawValue)_size"),
        let sum = list.number("\(part.rawValue)_sum"), UInt64(at) * UInt64(SlotLayout.sector) + UInt64(size) <= room
      else { return false }
      let content = try medium.read(Int(size), at: start + Int(at) * SlotLayout.sector)
      guard crc32(content[...]) == sum else { return false }
    }
    return true
  }
}
