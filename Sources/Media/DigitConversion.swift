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
