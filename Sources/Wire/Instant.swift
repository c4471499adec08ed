/// A point on the monotonic clock, in microseconds since an arbitrary start. Never the time of day: boards wake in 1970.
public struct Instant: Comparable, Hashable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// The start of the clock; what tests in virtual time begin at.
  public static let zero = Instant(microseconds: 0)

  public static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }
  public static func + (a: Instant, b: Interval) -> Instant { Instant(microseconds: a.microseconds &+ b.microseconds) }
  public static func - (a: Instant, b: Interval) -> Instant { Instant(microseconds: a.microseconds &- b.microseconds) }
  public static func - (a: Instant, b: Instant) -> Interval { Interval(microseconds: a.microseconds &- b.microseconds) }
  public static func += (a: inout Instant, b: Interval) { a = a + b }
}

/// A length of time in microseconds; may be negative.
public struct Interval: Comparable, Hashable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static let zero = Interval(microseconds: 0)
  public static func microseconds(_ n: Int64) -> Interval { Interval(microseconds: n) }
  public static func milliseconds(_ n: Int64) -> Interval { Interval(microseconds: n &* 1000) }
  public static func seconds(_ n: Int64) -> Interval { Interval(microseconds: n &* 1_000_000) }

  /// Whole milliseconds, rounded towards zero.
  public var milliseconds: Int64 { microseconds / 1000 }
  /// Whole seconds, rounded towards zero.
  public var seconds: Int64 { microseconds / 1_000_000 }

  public static func < (a: Interval, b: Interval) -> Bool { a.microseconds < b.microseconds }
  public static func + (a: Interval, b: Interval) -> Interval {
    Interval(microseconds: a.microseconds &+ b.microseconds)
  }
  public static func - (a: Interval, b: Interval) -> Interval {
    Interval(microseconds: a.microseconds &- b.microseconds)
  }
  public static func * (a: Interval, n: Int64) -> Interval { Interval(microseconds: a.microseconds &* n) }
}

/// The earlier of two deadlines, either of which may be absent.
public func earliest(_ a: Instant?, _ b: Instant?) -> Instant? {
  guard let a else { return b }
  guard let b else { return a }
  return min(a, b)
}
