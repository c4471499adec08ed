import Wire

extension SoundCard {
  /// What a card gives first is of its switching on: a click, or zeros.
  private static let settling = Interval.milliseconds(500)
  private static let patience = Interval.seconds(2)

  /// Records for so long, and waits for it. `tell` is called with each whole second that is left.
  @export(interface)
  public func record(_ time: Interval, _ tell: (_ secondsLeft: Int64) -> Void) throws(SoundCardError) -> [Int16] {
    guard captures, let poller = try? Poller() else { throw .silent(name) }
    defer { poller.close() }
    func count(_ time: Interval) -> Int { Int(time.microseconds) * (rate / 1000) / 1000 }
    let skipped = count(Self.settling)
    let wanted = skipped + count(time)
    let period = Interval.milliseconds(5)
    var samples: [Int16] = []
    var told = time.seconds + 1
    try start(poller, token: 0)
    defer { stop() }
    var moved = Clock.monotonic()
    while samples.count < wanted {
      let left = (Int64(wanted - samples.count) + Int64(rate) - 1) / Int64(rate)
      if left < told { tell(left) }
      told = min(told, left)
      poller.wait(until: Clock.monotonic() + (keepsTime ? Self.patience : period)) { _, _ in }
      let had = samples.count
      try capture(into: &samples, most: min(wanted - had, keepsTime ? rate : count(period)))
      let now = Clock.monotonic()
      if samples.count > had { moved = now }
      if now - moved > Self.patience { throw .gone(name) }
    }
    return Array(samples[skipped...])
  }
}
