import CLinux
import Wire

/// The machine's clocks.
public enum Clock {
  /// The monotonic clock.
  public static func monotonic() -> Instant { Instant(microseconds: clinux_monotonic()) }

  /// The time of day in microseconds since 1970 UTC, for log lines and certificates only.
  public static func wall() -> Int64 { clinux_wall() }

  /// Which day it is by the machine's time zone, UTC where it has none, and how long that day still lasts.
  public static func localDay() -> (day: Int64, left: Interval) {
    var left: Int64 = 0
    let day = clinux_local_day(&left)
    return (day, .seconds(left))
  }

  /// Blocks the calling thread.
  public static func sleep(_ interval: Interval) { clinux_sleep(max(0, interval.microseconds)) }
}
