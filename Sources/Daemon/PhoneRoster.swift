import Wire

/// One of the box's own phones, as a child process is told to be it.
struct LocalPhone: Equatable, Sendable {
  let number: String
  /// The text of an account file; it has the password.
  let account: String
  /// What follows `sotto phone`, but for the account.
  let options: [String]
}

/// Which of the box's own phones are to run, and when: decides, and does nothing itself.
struct PhoneRoster {
  enum Step: Equatable {
    case start(LocalPhone)
    /// It is to hang up and go.
    case end(String)
    /// It was told to, and did not.
    case kill(String)
  }

  /// A phone that is told to end takes its registration back, and waits for the answer.
  private static let farewell = Interval.seconds(5)
  /// Who lived so long did not die of what it met at its start.
  private static let longLife = Interval.seconds(60)
  private static let longestPause: Int64 = 30

  private struct Entry {
    var wanted: LocalPhone?
    var running: LocalPhone?
    var since = Instant.zero
    /// When one that was told to end is killed.
    var killAt: Instant?
    /// How often in a row it ended by itself.
    var failures: Int64 = 0
    var resumesAt = Instant.zero

    var nextDeadline: Instant? {
      if running == nil { return wanted == nil ? nil : resumesAt }
      return killAt ?? (running == wanted ? nil : .zero)
    }
  }

  private var entries: [String: Entry] = [:]

  /// These are to run from now on, and no others. One that is to be otherwise is ended and started anew, one that is as it
  /// was goes on, and one that waits to be started again is started at once: what made it fail may be mended.
  mutating func want(_ phones: [LocalPhone]) {
    entries = entries.filter { $0.value.running != nil }
    for number in entries.keys { entries[number]?.wanted = nil }
    for phone in phones { entries[phone.number, default: Entry()].wanted = phone }
  }

  /// What is to be done next; nil where all is as it should be for now.
  mutating func next(_ now: Instant) -> Step? {
    for number in entries.keys.sorted() {
      guard var entry = entries[number], let due = entry.nextDeadline, due <= now else { continue }
      defer { entries[number] = entry }
      if entry.running == nil, let wanted = entry.wanted {
        entry.running = wanted
        entry.since = now
        return .start(wanted)
      }
      let wasTold = entry.killAt != nil
      entry.killAt = now + Self.farewell
      return wasTold ? .kill(number) : .end(number)
    }
    return nil
  }

  /// It ended, or could not be started. The pause until it is started again; nil where it was told to end.
  mutating func ended(_ number: String, _ now: Instant) -> Interval? {
    guard var entry = entries[number], entry.running != nil else { return nil }
    defer { entries[number] = entry }
    entry.running = nil
    entry.resumesAt = now
    guard entry.killAt == nil else {
      entry.killAt = nil
      entry.failures = 0
      return nil
    }
    entry.failures = now - entry.since >= Self.longLife ? 1 : entry.failures + 1
    let pause = Interval.seconds(min(1 << min(entry.failures - 1, 5), Self.longestPause))
    entry.resumesAt = now + pause
    return pause
  }

  var nextDeadline: Instant? {
    entries.values.reduce(nil) { earliest($0, $1.nextDeadline) }
  }
}
