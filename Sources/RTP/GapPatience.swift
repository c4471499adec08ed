import Wire

/// How long a gap in a stream is worth waiting for: as long as packets of this stream have been late, and hardly at all
/// where what is missing never comes.
public struct GapPatience: Hashable, Sendable {
  static let least = Interval.milliseconds(10)
  static let most = Interval.milliseconds(80)

  public private(set) var wait = Interval.milliseconds(30)

  public init() {}

  /// A packet filled a gap, or came after its gap was given up, so long after the gap showed.
  mutating func arrived(after lateness: Interval) {
    let wished = Interval(microseconds: lateness.microseconds * 3 / 2)
    if wished > wait { wait = min(Self.most, wished) }
  }

  /// A gap was given up.
  mutating func gaveUp() { wait = max(Self.least, Interval(microseconds: wait.microseconds * 7 / 8)) }
}
