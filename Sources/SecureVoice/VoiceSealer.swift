import Wire

/// Seals one end's voice. Not to be copied: who seals twice with the same counter gives voice away.
struct VoiceSealer: Sendable {
  /// With a key identifier below 8 these counters make every header four octets long.
  static let firstCounter: UInt64 = 0x1_0000
  static let lastCounter: UInt64 = 0xff_ffff
  /// How far on a sealer goes that was read back, for it can't know what was sealed since it was written: ten minutes of
  /// packets of 10 ms, and some more.
  static let gapAfterReading: UInt64 = 0x1_0000

  private(set) var ratchet: Ratchet
  private(set) var counter: UInt64
  private var key: SFrameKey

  init(_ ratchet: Ratchet, counter: UInt64 = firstCounter) {
    self.ratchet = ratchet
    self.counter = counter
    key = ratchet.key
  }

  /// Writes the frame of a payload, and returns its octets; 0 where all counters are used up, after 46 hours at least, or
  /// where `frame` is too small.
  mutating func seal(
    _ payload: UnsafeRawBufferPointer, into frame: UnsafeMutableRawBufferPointer, now: Instant
  ) -> Int {
    guard counter <= Self.lastCounter else { return 0 }
    renew(now)
    let count = key.seal(payload, counter: counter, into: frame)
    if count > 0 { counter += 1 }
    return count
  }

  mutating func renew(_ now: Instant) {
    guard ratchet.current(now) > ratchet.step else { return }
    ratchet.advance(to: ratchet.current(now))
    key = ratchet.key
  }
}

/// Opens the other end's voice.
struct VoiceOpener: Sendable {
  enum Result: Hashable, Sendable {
    case voice(count: Int, counter: UInt64)
    /// Came before, or too late.
    case repeated
    /// Not sealed by the other end, or changed on the way.
    case foreign
  }

  /// At the step before the one that the clock says: its frames may be under way, and the other end's clock behind.
  private(set) var ratchet: Ratchet
  private(set) var window: ReplayWindow
  /// Of the ratchet's step and the two after it.
  private var keys: [SFrameKey]

  init(_ ratchet: Ratchet, window: ReplayWindow = ReplayWindow()) {
    self.ratchet = ratchet
    self.window = window
    keys = Self.keys(ratchet)
  }

  private static func keys(_ ratchet: Ratchet) -> [SFrameKey] {
    (0..<3 as Range<UInt64>).map { ahead in
      var later = ratchet
      later.advance(to: ratchet.step + ahead)
      return later.key
    }
  }

  mutating func open(
    _ frame: UnsafeRawBufferPointer, into payload: UnsafeMutableRawBufferPointer, now: Instant
  ) -> Result {
    renew(now)
    var start = 0
    guard let header = SFrameHeader(frame, count: &start), start == 4, header.keyID < 8 else { return .foreign }
    // The three steps that are looked for have identifiers of their own.
    let ahead = Int((header.keyID &- ratchet.step) & 7)
    guard ahead < keys.count, let count = keys[ahead].open(frame, into: payload) else { return .foreign }
    guard window.isFresh(header.counter) else { return .repeated }
    window.insert(header.counter)
    return .voice(count: count, counter: header.counter)
  }

  /// Forgets keys whose time is over, heard or not.
  mutating func renew(_ now: Instant) {
    let wanted = max(1, ratchet.current(now)) - 1
    guard wanted > ratchet.step else { return }
    ratchet.advance(to: wanted)
    keys = Self.keys(ratchet)
  }

  /// When `renew` has something to forget.
  var nextDeadline: Instant { ratchet.nextDeadline + Ratchet.period }
}
