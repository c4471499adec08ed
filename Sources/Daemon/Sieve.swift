import Wire

/// How much of what strangers send the kernel lets in, while more comes than can even be looked at: what is dropped at once
/// cannot push those who are known out of the socket's buffer. A value without socket or clock.
struct Sieve {
  /// Behind on emptying a socket for so long: a burst is over before.
  static let patience = Interval.milliseconds(50)
  /// Between two steps of opening again.
  static let caution = Interval.milliseconds(150)
  static let least: UInt32 = 1 << 22

  /// Of 2³²; nil lets all in.
  private(set) var share: UInt32?
  private var changedAt = Instant.zero
  private var behindSince: Instant?

  /// A socket was read: to its end, or for as long as there was time. Whether the share has changed, or is to be set anew.
  mutating func read(toTheEnd: Bool, now: Instant) -> Bool {
    guard !toTheEnd else {
      behindSince = nil
      guard let share, now - changedAt >= Self.caution else { return false }
      changedAt = now
      let more = share.addingReportingOverflow(share / 2)
      self.share = more.overflow ? nil : more.partialValue
      return true
    }
    let since = behindSince ?? now
    behindSince = since
    guard now - max(since, changedAt) >= Self.patience else { return false }
    changedAt = now
    share = max((share ?? .max) / 2, Self.least)
    return true
  }

  /// When to look whether it can be opened, where nothing comes any more.
  var nextDeadline: Instant? { share == nil ? nil : changedAt + Self.caution }
}
