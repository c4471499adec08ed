/// A recording that is taken for a person's voice, with what can be said of it.
public struct VoiceRecording: Sendable {
  public let samples: [Int16]
  /// Samples a second.
  public let rate: Int
  public let separation: NoiseSeparation
  public let voice: EntropyEstimates
  public let noise: EntropyEstimates

  /// Seconds that are used; what is longer is not.
  public static let longest = 10

  public var seconds: Double { Double(samples.count) / Double(rate) }

  /// Throws the first reason not to take it: 16-bit samples, one channel, 8000, 16000 or 48000 a second.
  @export(interface)
  public init(_ recording: [Int16], rate: Int) throws(VoiceRefusal) {
    let samples = Array(recording.prefix(Self.longest * rate))
    let loud = try SpeechCheck.check(samples, rate: rate)
    let separation = NoiseSeparation(samples, rate: rate)
    guard separation.ratio >= SpeechCheck.leastAboveNoise else { throw .noise(separation.ratio) }
    try Self.demandHealth(separation.noise, rate)
    // Between words there is no voice left that could be well.
    try Self.demandHealth(loud.flatMap { separation.voice[$0] }, rate)
    self.samples = samples
    self.rate = rate
    self.separation = separation
    voice = EntropyEstimates(separation.voice)
    noise = EntropyEstimates(separation.noise)
  }

  private static func demandHealth(_ samples: [Int16], _ rate: Int) throws(VoiceRefusal) {
    let health = Health(samples)
    if let place = health.repetition { throw .repetition(atSecond: Double(place) / Double(rate)) }
    if let place = health.proportion { throw .proportion(atSecond: Double(place) / Double(rate)) }
  }
}
