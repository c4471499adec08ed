/// A tone of the network, as ITU-T E.180 describes them: frequencies with a cadence, from the start again and again.
public struct Tone: Hashable, Sendable {
  /// One or two frequencies for a time, or a pause.
  public struct Segment: Hashable, Sendable {
    /// In hertz; 0 for none.
    public var first: UInt16
    public var second: UInt16
    public var milliseconds: UInt16

    public init(_ first: UInt16, and second: UInt16 = 0, _ milliseconds: UInt16) {
      self.first = first
      self.second = second
      self.milliseconds = milliseconds
    }

    public init(pause milliseconds: UInt16) { self.init(0, milliseconds) }
  }

  /// Never empty, and of 10 ms at least in all.
  public let segments: [Segment]
  /// Of each frequency, in dBm0.
  public let level: Int8
  /// How long a segment takes to be at its full level, and to be gone at its end; at most half of it.
  public let fade: UInt16

  /// Two frequencies together are as loud as one of −10 dBm0 (E.180 has −10 ± 5), where no level is given.
  public init(_ segments: [Segment], level: Int8? = nil, fade: UInt16 = 5) {
    let length = segments.reduce(0) { $0 + Int($1.milliseconds) }
    self.segments = length < 10 ? [Segment(pause: 10)] : segments
    self.level = level ?? (segments.contains { $0.second > 0 } ? -13 : -10)
    self.fade = fade
  }
}

/// The samples of a tone.
public struct ToneGenerator: Sendable {
  private let tone: Tone
  private let rate: Int
  /// The segment at hand, how many samples of it there were, and how many it has.
  private var segment = -1
  private var done = 0
  private var count = 0
  private var first: Oscillator?
  private var second: Oscillator?

  /// `rate` in samples a second, at most 48000.
  public init(_ tone: Tone, rate: Int) {
    self.tone = tone
    self.rate = rate
  }

  /// The next samples.
  public mutating func fill(_ samples: UnsafeMutableBufferPointer<Int16>) {
    for i in samples.indices {
      while done == count { begin() }
      samples[i] = sample()
      done += 1
    }
  }

  private mutating func begin() {
    segment = (segment + 1) % tone.segments.count
    let next = tone.segments[segment]
    done = 0
    count = Int(next.milliseconds) * rate / 1000
    first = oscillator(next.first)
    second = oscillator(next.second)
  }

  private func oscillator(_ frequency: UInt16) -> Oscillator? {
    guard frequency > 0, Int(frequency) < rate / 2 else { return nil }
    return Oscillator(frequency: Double(frequency), level: Double(tone.level), rate: rate)
  }

  private mutating func sample() -> Int16 {
    guard first != nil || second != nil else { return 0 }
    let value = (first?.next() ?? 0) + (second?.next() ?? 0)
    let rise = min(Int(tone.fade) * rate / 1000, count / 2)
    let edge = min(done + 1, count - done)
    return clamped(edge < rise ? value * Double(edge) / Double(rise) : value)
  }
}
