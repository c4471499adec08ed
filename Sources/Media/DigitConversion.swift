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

  /// What a packet changes, and what it tells of the press before where the end of that never came.
  mutating func take(_ timestamp: UInt32, _ payload: UnsafeRawBufferPointer) -> (lost: Change?, change: Change?) {
    guard payload.count >= 4, payload[0] < 16 else { return (nil, nil) }
    var lost: Change?
    var change = Change(
      digit: payload[0], milliseconds: (Int(payload[2]) << 8 | Int(payload[3])) / 8, ends: payload[1] & 0x80 != 0)
    if timestamp != self.timestamp {
      lost = open
      lost?.begins = false
      lost?.ends = true
      self.timestamp = timestamp
      change.begins = true
    } else if open == nil {
      // The end again.
      return (nil, nil)
    }
    open = change.ends ? nil : change
    return (lost, change)
  }
}
