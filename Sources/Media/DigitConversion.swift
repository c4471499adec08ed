/// What has to be done about the keys of one phone for the other.
enum DigitConversion: UInt8, Sendable {
  case none, eventsToTones, eventsToInfo, tonesToEvents, tonesToInfo

  init(from: DigitMethod?, to: DigitMethod?) {
    self =
      switch (from, to) {
      case (.events, .tones): .eventsToTones
      case (.events, .info): .eventsToInfo
      case (.tones, .events): .tonesToEvents
      case (.tones, .info): .tonesToInfo
      // What comes by signalling is told by a command.
      default: .none
      }
  }

  /// Whether tones have to be found in the speech.
  var listens: Bool { self == .tonesToEvents || self == .tonesToInfo }
  /// Whether the packets of events are used up here.
  var readsEvents: Bool { self == .eventsToTones || self == .eventsToInfo }
}

/// Makes key presses of the packets of RFC 4733: each comes many times, and its end thrice.
struct EventReader: Sendable {
  struct Change: Equatable, Sendable {
    var digit: UInt8
    /// Until now, by the phone's own word.
    var milliseconds: Int
    var begins = false
    var ends = false
  }

  private var timestamp: UInt32?
  private var open: Change?

  /// What a packet changes, after what it tells of the press before, whose end never came.
  mutating func take(_ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, _ body: (Change) -> Void) {
    guard payload.count >= 4, payload[0] < 16 else { return }
    var change = Change(
      digit: payload[0], milliseconds: (Int(payload[2]) << 8 | Int(payload[3])) / 8, ends: payload[1] & 0x80 != 0)
    if timestamp != self.timestamp {
      if var lost = open {
        lost.begins = false
        lost.ends = true
        body(lost)
      }
      self.timestamp = timestamp
      change.begins = true
    } else if open == nil {
      // The end again.
      return
    }
    open = change.ends ? nil : change
    body(change)
  }
}
