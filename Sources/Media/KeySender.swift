import Codecs
import Wire

/// A key that a phone is to be told of.
struct Keypress: Sendable {
  /// 0…15 (RFC 4733 §3.2).
  var digit: UInt8
  /// Nil until it is released.
  var milliseconds: Int?
}

/// The keys that one phone is told of, one after the other, and how far the present one is.
struct KeySender: Sendable {
  /// No administration has to take less than 40 ms, nor a shorter pause (ITU-T Q.24).
  static let shortest = 50
  static let pause = Interval.milliseconds(60)
  /// Who still presses says so more often.
  static let patience = Interval.milliseconds(300)
  static let mostWaiting = 32
  /// Between two packets of an event (RFC 4733 §2.5.1.2 has 50 ms at most).
  static let eventStep = 20

  let byTones: Bool
  private(set) var waiting: [Keypress] = []
  private(set) var current: Keypress?
  /// Milliseconds of the present key that were sent, and the timestamp that it began at.
  var elapsed = 0
  var began: UInt32 = 0
  var tone: DigitTone?
  /// When the next packet is due, or the next key may begin.
  var next = Instant.zero
  private var heard = Instant.zero

  init(byTones: Bool) { self.byTones = byTones }

  var isPressing: Bool { current != nil }
  var deadline: Instant? { current == nil && waiting.isEmpty ? nil : next }

  mutating func add(_ key: Keypress, now: Instant) {
    guard waiting.count < Self.mostWaiting else { return }
    waiting.append(key)
    heard = now
    if current == nil { next = max(next, now) }
  }

  /// The last key is still held, or was released after so long.
  mutating func keep(_ milliseconds: Int?, now: Instant) {
    heard = now
    guard let milliseconds else { return }
    if let last = waiting.indices.last {
      waiting[last].milliseconds = waiting[last].milliseconds ?? milliseconds
    } else if current?.milliseconds == nil {
      current?.milliseconds = milliseconds
    }
  }

  /// Begins with the next key, where there is one.
  mutating func begin(at timestamp: UInt32, rate: Int) -> Bool {
    guard !waiting.isEmpty else { return false }
    let key = waiting.removeFirst()
    current = key
    elapsed = 0
    began = timestamp
    tone = byTones ? DigitTone(key.digit, rate: rate) : nil
    return true
  }

  /// Whether the present key has lasted for long enough.
  func isOver(now: Instant) -> Bool {
    guard let current else { return true }
    // One after it tells that it was released.
    guard let wanted = current.milliseconds ?? (waiting.isEmpty && now - heard < Self.patience ? nil : 0) else {
      return false
    }
    return elapsed >= max(wanted, Self.shortest)
  }

  mutating func end() {
    current = nil
    tone = nil
    next = next + Self.pause
  }
}
