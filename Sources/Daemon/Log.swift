import Configuration
import Platform

/// The log of the process: to standard error, one write a line, and the last 64 KB in memory. Used by the signalling
/// thread alone.
final class Log {
  /// Lines less grave than this are dropped.
  var level: LogLevel
  private var ring = LogRing(capacity: 64 << 10)
  /// Lines that standard error did not take, for a reader that stands still must not hold up calls.
  private var lost = 0

  init(level: LogLevel) { self.level = level }

  /// Whether a line of that level would be kept; ask before building a costly one.
  func takes(_ level: LogLevel) -> Bool { level.gravity <= self.level.gravity }

  func write(_ level: LogLevel, _ subsystem: String, _ message: String, _ fields: [LogField] = []) {
    guard takes(level) else { return }
    let line = logLine(time: Clock.wall(), level: level, subsystem: subsystem, message: message, fields: fields)
    ring.append(line)
    if lost > 0 && Process.offerError(lossLine) { lost = 0 }
    if !Process.offerError(line) { lost += 1 }
  }

  private var lossLine: String {
    let lines = LogField("lines", String(lost))
    return logLine(time: Clock.wall(), level: .warning, subsystem: "log", message: "lines lost here", fields: [lines])
  }

  /// The last lines, oldest first.
  func tail(_ most: Int) -> [String] { ring.tail(most) }
}

extension LogLevel {
  /// 0 for the gravest.
  var gravity: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .notice: 2
    case .info: 3
    case .debug: 4
    }
  }
}
