import RTP

/// Pressed keys as telephone events (RFC 4733 §2.5), sent in the place of voice, one packet each packet time.
struct KeyEvents: Sendable {
  /// How long a key is said to be pressed, and the pause after it, in milliseconds (ITU-T Q.24 has 40 each as the least).
  static let length = 100
  static let pause = 80
  static let mostWaiting = 32

  private var waiting: [UInt8] = []
  private var digit: UInt8?
  private var began: UInt32 = 0
  private var elapsed = 0
  private var rest = 0

  /// `digit` is 0…15 (RFC 4733 §3.2).
  mutating func press(_ digit: UInt8) {
    if waiting.count < Self.mostWaiting { waiting.append(digit) }
  }

  /// What goes out now in the place of `milliseconds` of voice, and the timestamp of the whole event; nil for voice itself.
  mutating func next(_ milliseconds: Int, at timestamp: UInt32) -> (event: TelephoneEvent, timestamp: UInt32)? {
    if digit == nil {
      rest = max(0, rest - milliseconds)
      guard rest == 0, !waiting.isEmpty else { return nil }
      digit = waiting.removeFirst()
      began = timestamp
      elapsed = 0
    }
    guard let digit else { return nil }
    let begins = elapsed == 0
    elapsed += milliseconds
    let event = TelephoneEvent(digit, milliseconds: elapsed, begins: begins, ends: elapsed >= Self.length)
    if event.ends {
      self.digit = nil
      rest = Self.pause
    }
    return (event, began)
  }
}
