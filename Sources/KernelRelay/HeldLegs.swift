import Wire

/// The legs that the kernel has: those of the `serve` that lives, and those that the one before has left.
struct HeldLegs {
  struct Held {
    let leg: KernelLeg
    let placed: PlacedLeg
    /// What it is called in the kernel; whoever takes it over calls it by another number.
    let label: UInt32
  }

  private var legs: [UInt32: Held] = [:]
  /// By label.
  private(set) var orphans: [UInt32: Held] = [:]
  /// How those that live are called, by their labels.
  private(set) var numbers: [UInt32: UInt32] = [:]
  private var lastLabel: UInt32 = 0

  var count: Int { legs.count + orphans.count }

  func has(_ family: RuleSet.Family) -> Bool {
    legs.values.contains { $0.placed.family == family } || orphans.values.contains { $0.placed.family == family }
  }

  /// Whose they were is gone.
  mutating func abandon() {
    for held in legs.values { orphans[held.label] = held }
    legs = [:]
    numbers = [:]
  }

  /// Has the kernel take a leg, or go on with the same of an earlier `serve`; false where the number is taken.
  mutating func take(_ number: UInt32, _ leg: KernelLeg, _ netlink: Netlink) throws(KernelRelayError) -> Bool {
    guard legs[number] == nil else { return false }
    let placed = try PlacedLeg(leg)
    for orphan in orphans.values where orphan.leg.port == leg.port {
      orphans[orphan.label] = nil
      if orphan.placed == placed {
        keep(orphan, number)
        return true
      }
      // What it did, this one does otherwise.
      _ = try Elements.remove(orphan.placed, netlink)
    }
    let label = nextLabel()
    try Elements.add(label, placed, netlink)
    keep(Held(leg: leg, placed: placed, label: label), number)
    return true
  }

  /// Removes a leg; returns what it had counted, nothing where it was never there.
  mutating func leave(_ number: UInt32, _ netlink: Netlink) throws(KernelRelayError) -> KernelCount {
    guard let held = legs.removeValue(forKey: number) else { return KernelCount() }
    numbers[held.label] = nil
    return try Elements.remove(held.placed, netlink)
  }

  mutating func removeOrphans(_ netlink: Netlink) throws(KernelRelayError) {
    let gone = orphans
    orphans = [:]
    if legs.isEmpty && !gone.isEmpty { return try Elements.removeAll(netlink) }
    for orphan in gone.values { _ = try Elements.remove(orphan.placed, netlink) }
  }

  private mutating func keep(_ held: Held, _ number: UInt32) {
    legs[number] = held
    numbers[held.label] = number
  }

  /// One that no leg has.
  private mutating func nextLabel() -> UInt32 {
    repeat { lastLabel &+= 1 } while lastLabel == 0 || numbers[lastLabel] != nil || orphans[lastLabel] != nil
    return lastLabel
  }
}
