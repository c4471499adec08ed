import Configuration
import Platform

/// The log of the process: to standard error, one write a line, and the last 64 KB in memory. Used by the signalling
/// thread alone.
final class Log {
  /// Lines less grave than this are dropped.
  var level: LogLevel
  private var ring = LogRing(capacity: 64 << 10)

  init(level: LogLevel) { self.level = level }

  /// Whether a line of that level would be kept; ask before building a costly one.
  func takes(_ level: LogLevel) -> Bool { level.gravity <= self.level.gravity }

  func write(_ level: LogLevel, _ subsystem: String, _ message: String, _ fields: [LogField] = []) {
    guard takes(level) else { return }
    let line = logLine(time: Clock.wall(), level: level, subsystem: subsystem, message: message, fields: fields)
    ring.append(line)
    Process.writeError(line)
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
