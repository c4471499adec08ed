import Codecs
import RTP
import Wire

/// Keys on their way through a decoded stream, in another form than they came in.
extension Transcoder {
  /// Speech is not passed on: a key is, or was found in it.
  var hasKey: Bool { keys.isPressing || found != nil }

  func press(_ key: Keypress, now: Instant, _ out: Outbox) {
    keys.add(key, now: now)
    sendKeys(now, out)
  }

  func keep(_ milliseconds: Int?, now: Instant) { keys.keep(milliseconds, now: now) }

  /// Sends what is due of the keys.
  func sendKeys(_ now: Instant, _ out: Outbox) {
    while let due = keys.deadline, due <= now {
      if !keys.isPressing {
        sendRest(out)
        guard keys.begin(at: stream.timestamp, rate: encoder.rate) else { return }
      }
      if keys.byTones { sendTone(now, out) } else { sendEvent(now, out) }
    }
  }

  private func sendTone(_ now: Instant, _ out: Outbox) {
    let samples = UnsafeMutableBufferPointer(rebasing: waiting[..<frame])
    keys.tone?.fill(samples)
    send(UnsafeBufferPointer(samples), out)
    advance(frameTime)
    if keys.isOver(now: now) { endKey() }
  }

  private func sendEvent(_ now: Instant, _ out: Outbox) {
    guard let key = keys.current, let number = sends.first(where: { $0.format == .telephoneEvent })?.number else {
      return endKey()
    }
    let begins = keys.elapsed == 0
    advance(KeySender.eventStep)
    let event = TelephoneEvent(
      key.digit, milliseconds: keys.elapsed, begins: begins, ends: keys.isOver(now: now))
    for _ in 0..<event.copies {
      write(number, marker: event.begins, timestamp: keys.began, out) { event.write(to: $0) }
    }
    guard event.ends else { return }
    stream.timestamp = keys.began &+ UInt32(keys.elapsed) &* encoder.coding.ticks
    endKey()
  }

  private func advance(_ milliseconds: Int) {
    keys.elapsed += milliseconds
    keys.next = keys.next + .milliseconds(Int64(milliseconds))
  }

  /// Speech goes on where the key ended, whatever its timestamps say.
  private func endKey() {
    keys.end()
    expected = nil
    stream.isMarked = true
  }

  /// Looks for keys in what was decoded.
  func listen(_ samples: UnsafeBufferPointer<Int16>, _ rate: Int, _ out: Outbox) {
    let detector = self.detector ?? DigitDetector(rate: rate)
    self.detector = detector
    let now = lastUsed ?? .zero
    var changes: [DigitDetector.Change] = []
    detector.take(samples) { changes.append($0) }
    for change in changes {
      switch (change, digits) {
      case (.pressed(let digit), .tonesToEvents): press(Keypress(digit: digit), now: now, out)
      case (.released(let milliseconds), .tonesToEvents): keep(milliseconds, now: now)
      case (.pressed(let digit), _): found = digit
      case (.released(let milliseconds), _):
        if let found { out.digits.append((target.other, found, milliseconds)) }
        found = nil
      }
    }
    if changes.isEmpty, detector.isPressed { keep(nil, now: now) }
  }

  /// Speech that is not sent on, because there is a key in it.
  func silence(_ count: Int, _ rate: Int) {
    waitingCount = 0
    // A key that is being sent has the time.
    if !keys.isPressing { stream.timestamp &+= UInt32(count * 1000 / rate) &* encoder.coding.ticks }
    stream.isMarked = true
  }
}
