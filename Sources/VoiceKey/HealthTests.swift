import CMath

/// Watches a source for a symbol that comes again and again (SP 800-90B §4.4.1).
public struct RepetitionCountTest: Sendable {
  /// How often in a row a symbol may not come.
  public let cutoff: Int
  private var count = 1

  public init(cutoff: Int) { self.cutoff = cutoff }

  /// For a source of at least `entropy` bits a symbol, with a false alarm once in 2^`alarms` symbols.
  public init(entropy: Double, alarms: Int) {
    cutoff = 1 + Int((Double(alarms) / entropy).rounded(.up))
  }

  /// Takes the next symbol: whether it is the one before it again. False where that has been so too often.
  public mutating func passes(repeated: Bool) -> Bool {
    count = repeated ? count + 1 : 1
    return count < cutoff
  }
}

/// Watches a source for a symbol that comes too often in a window (SP 800-90B §4.4.2).
public struct AdaptiveProportionTest: Sendable {
  /// Of symbols that have more than two values.
  public static let window = 512
  /// How often the first symbol of a window may not come in it.
  public let cutoff: Int
  private var first: UInt64 = 0
  private var seen = 0
  private var count = 0

  public init(cutoff: Int) { self.cutoff = cutoff }

  /// For a source of at least `entropy` bits a symbol, with a false alarm once in 2^`alarms` windows.
  public init(entropy: Double, alarms: Int) {
    cutoff = Self.cutoff(entropy: entropy, alarms: alarms)
  }

  /// False where the symbol has come too often.
  public mutating func passes(_ symbol: UInt64) -> Bool {
    if seen == 0 || seen == Self.window {
      first = symbol
      seen = 1
      count = 1
      return true
    }
    seen += 1
    if symbol == first { count += 1 }
    return count < cutoff
  }

  /// The least number of times that a symbol of the likelihood 2^-entropy comes in a window less often than once in
  /// 2^alarms windows: the upper tail of the binomial distribution, summed from its thin end.
  static func cutoff(entropy: Double, alarms: Int) -> Int {
    let p = exp2(-entropy)
    let limit = exp2(-Double(alarms))
    var chance = exp2(-entropy * Double(window))  // all of them
    var tail = 0.0
    for times in stride(from: window, to: 0, by: -1) {
      tail += chance
      if tail > limit { return min(times + 1, window) }
      chance *= Double(times) / Double(window - times + 1) * (1 - p) / p
    }
    return 1
  }
}

/// What both tests say of a recording whose samples are taken to have an eighth of a bit each: less than any microphone
/// that works.
public struct Health: Sendable, Equatable {
  public static let entropy = 0.125
  static let alarms = 30

  /// The first sample at which a value had stayed too long, or come too often; nil where that never was.
  public let repetition: Int?
  public let proportion: Int?

  public var isGood: Bool { repetition == nil && proportion == nil }

  @export(interface)
  public init(_ samples: [Int16]) {
    var repetition = RepetitionCountTest(entropy: Self.entropy, alarms: Self.alarms)
    var proportion = AdaptiveProportionTest(entropy: Self.entropy, alarms: Self.alarms)
    var stuck: Int?
    var common: Int?
    for (place, sample) in samples.enumerated() {
      if !repetition.passes(repeated: place > 0 && samples[place - 1] == sample), stuck == nil { stuck = place }
      if !proportion.passes(UInt64(UInt16(bitPattern: sample))), common == nil { common = place }
    }
    self.repetition = stuck
    self.proportion = common
  }
}
