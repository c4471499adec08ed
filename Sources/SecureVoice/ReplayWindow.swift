/// Which of the latest counters were seen. A counter older than the window counts as seen.
struct ReplayWindow: Hashable, Sendable {
  /// 1.28 s of voice in packets of 20 ms: what comes later than that is of no use to anyone.
  static let size: UInt64 = 64

  private(set) var highest: UInt64 = 0
  /// Bit n: `highest - n` was seen. None before the first counter.
  private(set) var seen: UInt64 = 0

  init() {}

  init(highest: UInt64, seen: UInt64) {
    self.highest = highest
    self.seen = seen
  }

  func isFresh(_ counter: UInt64) -> Bool {
    if seen == 0 || counter > highest { return true }
    let age = highest - counter
    return age < ReplayWindow.size && seen >> age & 1 == 0
  }

  /// Only for a counter of a frame that proved genuine.
  mutating func insert(_ counter: UInt64) {
    if seen == 0 {
      (highest, seen) = (counter, 1)
    } else if counter > highest {
      let step = counter - highest
      seen = step < ReplayWindow.size ? seen << step | 1 : 1
      highest = counter
    } else if highest - counter < ReplayWindow.size {
      seen |= 1 << (highest - counter)
    }
  }
}
