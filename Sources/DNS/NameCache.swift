import Wire

/// Answers that are still good, absences included (RFC 2308), as plain values.
public struct NameCache: Sendable {
  private struct Entry: Sendable {
    let answer: NameAnswer
    let until: Instant
  }

  /// A longer time to live is cut to this, so that a mistake of years ends some day.
  static let longest: UInt32 = 86400
  /// Seconds for which a failed question is not asked again (RFC 2308 §7 allows five minutes): a provider whose name
  /// server is back should not wait.
  static let failure: UInt32 = 5

  private let limit: Int
  private var entries: [NameQuestion: Entry] = [:]

  public init(limit: Int = 512) { self.limit = limit }

  public var count: Int { entries.count }

  public func answer(to question: NameQuestion, now: Instant) -> NameAnswer? {
    guard let entry = entries[question], entry.until > now else { return nil }
    return entry.answer
  }

  /// When the answer to the question is no longer good.
  public func expiry(of question: NameQuestion) -> Instant? { entries[question]?.until }

  public mutating func store(_ answer: NameAnswer, to question: NameQuestion, now: Instant) {
    let seconds =
      switch answer {
      case .found(_, let seconds), .absent(let seconds): min(seconds, NameCache.longest)
      case .failed: NameCache.failure
      }
    // A record of no time to live serves the one search that asked for it (RFC 1035 §3.2.1).
    guard seconds > 0 else {
      entries[question] = nil
      return
    }
    if entries[question] == nil && entries.count >= limit { makeRoom(now) }
    entries[question] = Entry(answer: answer, until: now + .seconds(Int64(seconds)))
  }

  public mutating func removeAll() { entries = [:] }

  /// Drops what is out of date, else what would be first.
  private mutating func makeRoom(_ now: Instant) {
    entries = entries.filter { $0.value.until > now }
    guard entries.count >= limit, let first = entries.min(by: { $0.value.until < $1.value.until }) else { return }
    entries[first.key] = nil
  }
}
