import Crypto
import Slots

/// Writes a bundle's parts into the slot that does not run. Whenever the power goes, the slot that runs starts again: the list
/// by which the other one starts is taken away first and written last, and the state is changed after that.
public struct Installation<Medium: CardMedium> {
  /// Octets that are read back at once.
  private static var piece: Int { 1 << 18 }

  public private(set) var card: SlotCard<Medium>
  public let slot: Slot
  private let manifest: Manifest
  /// The list, while it is not on the card.
  private var list: [UInt8] = []

  /// Refuses what is not for this board or, unless `allowsOlder`, older than `own`.
  public init(
    _ manifest: Manifest, on card: SlotCard<Medium>, board: String, own: Release, allowsOlder: Bool
  ) throws(UpdateFault) {
    guard manifest.board == board else { throw .otherBoard(found: manifest.board, own: board) }
    guard allowsOlder || manifest.version >= own else { throw .older(found: manifest.version, own: own) }
    self.manifest = manifest
    self.card = card
    slot = card.running.other
    guard try !self.card.isOnTrial() else { throw .onTrial }
    let (slot, running) = (slot, card.running)
    let state = try self.card.state()
    // What ran was the other one's stand-in, or no copy is left to say so.
    if state.good == slot || state.trial != nil { try self.card.change { $0.settle(on: running) } }
    try self.card.put([UInt8](repeating: 0, count: SlotLayout.sector), at: place(.start))
  }

  private func place(_ part: Manifest.Part) -> Int {
    card.place(of: slot) + (part == .root ? SlotLayout.root : SlotLayout.start)
  }

  /// Takes a part's octets in their order.
  public mutating func write(_ part: Manifest.Part, at place: Int, _ bytes: ArraySlice<UInt8>) throws(UpdateFault) {
    let held = part == .start ? bytes.prefix(max(0, SlotLayout.sector - place)) : []
    list += held
    let rest = bytes.dropFirst(held.count)
    if !rest.isEmpty { try card.medium.write(rest, at: self.place(part) + place + held.count) }
  }

  /// Looks whether the card kept all, and has the slot tried at the next start.
  public mutating func finish() throws(UpdateFault) {
    try card.medium.settle()
    try check(.root)
    try check(.start)
    try card.put(list, at: place(.start))
    let slot = slot
    try card.change { $0.tryOut(slot) }
  }

  private mutating func check(_ part: Manifest.Part) throws(UpdateFault) {
    let content = manifest.content(part)
    let hash = HashStream()
    var done = 0
    if part == .start {
      hash.add(list[...])
      done = list.count
    }
    while done < content.size {
      let bytes = try card.medium.read(min(Self.piece, content.size - done), at: place(part) + done)
      hash.add(bytes[...])
      done += bytes.count
    }
    guard hash.finish() == content.hash else { throw .notKept(part) }
  }
}
