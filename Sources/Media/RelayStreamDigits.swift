import RTP
import Wire

/// Keys that one phone tells of in another way than the other can be told.
extension RelayStream {
  /// Settles what becomes of each phone's keys.
  mutating func settleDigits() {
    let a = legs[0].negotiated?.digits
    let b = legs[1].negotiated?.digits
    legs[0].digits = isEcho ? .none : DigitConversion(from: a, to: b)
    legs[1].digits = isEcho ? .none : DigitConversion(from: b, to: a)
    if a == b || a == nil || b == nil { wasPressed = false }
  }

  /// Whether what one phone sends has to pass through our hands for its keys' sake: to find tones, or, from the first on
  /// that was pressed, to make events or tones in its place.
  var convertsDigits: Bool {
    (wasPressed || legs[0].digits.listens || legs[1].digits.listens) && canEncode
  }

  /// Takes a packet of RFC 4733 that the other phone does not take.
  mutating func hearEvent(_ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, _ side: Side, now: Instant) {
    let i = Int(side.rawValue)
    let goesByInfo = legs[i].digits == .eventsToInfo
    let told = legs[i].events.take(timestamp, payload)
    for change in [told.lost, told.change] {
      guard let change else { continue }
      if goesByInfo {
        if change.ends { studio?.outbox.digits.append((side, change.digit, change.milliseconds)) }
        continue
      }
      if change.begins { press(side.other, change.digit, milliseconds: nil, now: now) }
      termination?.transcoder(toward: side.other)?.keep(change.ends ? change.milliseconds : nil, now: now)
    }
  }

  /// Has the phone on this side told of a key: for so long, or until `keep` ends it.
  mutating func press(_ side: Side, _ digit: UInt8, milliseconds: Int?, now: Instant) {
    guard let studio else { return }
    if termination == nil {
      wasPressed = true
      settleTermination(now)
    }
    let key = Keypress(digit: digit, milliseconds: milliseconds)
    termination?.transcoder(toward: side)?.press(key, now: now, studio.outbox)
  }
}
