import Wire

/// For how many packets a media thread waits before it wakes: one where few come, so that none is late; a few where many
/// do, for a wake-up costs more than a packet. No packet waits longer than `longest` for others.
struct Gathering {
  /// Keeps the 99th percentile of the added delay under 1 ms; a phone's own jitter is some of these.
  static var longest: Interval { .microseconds(500) }
  /// How long packets are counted until the number is drawn from them.
  private static var window: Interval { .milliseconds(50) }
  private static var most: Int64 { 16 }

  private(set) var least = 1
  private var packets: Int64 = 0
  private var since = Instant.zero

  /// So many packets have come by now.
  mutating func count(_ number: Int, now: Instant) {
    packets += Int64(number)
    let passed = now - since
    guard passed >= Self.window else { return }
    let expected = packets * Self.longest.microseconds / passed.microseconds
    least = Int(max(1, min(Self.most, expected)))
    packets = 0
    since = now
  }

  /// How long to wait for as many, where what else there is to do leaves so much time.
  func timeout(_ usual: Interval?) -> Interval? {
    guard least > 1 else { return usual }
    return usual.map { min($0, Self.longest) } ?? Self.longest
  }
}
