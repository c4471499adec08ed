import Codecs
import Foundation
import Testing

/// Signals for the detector: tones in speech, noise and silence.
private struct Signal {
  var samples: [Double] = []
  let rate: Double
  private var random: UInt64 = 42

  init(rate: Int = 8000) { self.rate = Double(rate) }

  /// The peak of a sine of that level (ITU-T G.711: 3.14 dBm0 is full scale).
  static func peak(_ level: Double) -> Double { 32767 * pow(10, (level - 3.14) / 20) }

  mutating func silence(_ milliseconds: Double) {
    samples += Array(repeating: 0, count: Int(milliseconds * rate / 1000))
  }

  mutating func tones(_ milliseconds: Double, _ tones: [(frequency: Double, level: Double)]) {
    for i in 0..<Int(milliseconds * rate / 1000) {
      samples.append(
        tones.reduce(0) { $0 + Signal.peak($1.level) * sin(2 * .pi * $1.frequency * Double(i) / rate + 1) })
    }
  }

  mutating func key(_ digit: UInt8, _ milliseconds: Double, low: Double = -10, high: Double = -10, off: Double = 1) {
    let (first, second) = keys[Int(digit)]
    tones(milliseconds, [(first * off, low), (second * off, high)])
  }

  /// White noise of that level over everything so far.
  mutating func noise(_ level: Double) {
    let deviation = Signal.peak(level) / 2.squareRoot()
    for i in samples.indices {
      var sum = 0.0
      for _ in 0..<12 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Double(random >> 40) / Double(1 << 24)
      }
      samples[i] += (sum - 6) * deviation
    }
  }

  /// What the detector finds, handed over in packets of 20 ms.
  func found() -> [DigitDetector.Change] {
    let detector = DigitDetector(rate: Int(rate))
    var changes: [DigitDetector.Change] = []
    let samples = samples.map { Int16(max(-32768, min(32767, $0))) } + Array(repeating: 0, count: Int(rate) / 10)
    for start in stride(from: 0, to: samples.count, by: Int(rate) / 50) {
      samples[start..<min(samples.count, start + Int(rate) / 50)].withUnsafeBufferPointer { packet in
        detector.take(packet) { changes.append($0) }
      }
    }
    return changes
  }

  var digits: [UInt8] {
    found().compactMap { change in
      guard case .pressed(let digit) = change else { return nil }
      return digit
    }
  }
}

/// ITU-T Q.23, by the numbers of RFC 4733.
private let keys: [(Double, Double)] = [
  (941, 1336), (697, 1209), (697, 1336), (697, 1477), (770, 1209), (770, 1336), (770, 1477), (852, 1209), (852, 1336),
  (852, 1477), (941, 1209), (941, 1477), (697, 1633), (770, 1633), (852, 1633), (941, 1633),
]

/// The detector against the limits of ITU-T Q.24, where they differ the strictest.
struct DigitTests {
  @Test(arguments: [8000, 16000])
  func everyKeyOfTheGeneratorIsFound(rate: Int) {
    for digit in 0..<DigitFrequencies.count {
      var tone = DigitTone(digit, rate: rate)
      var samples = [Int16](repeating: 0, count: rate / 10)
      samples.withUnsafeMutableBufferPointer { tone.fill($0) }
      #expect(samples.contains { $0 > 15000 } && !samples.contains { abs($0) > 25000 })
      var signal = Signal(rate: rate)
      signal.silence(33)
      signal.samples += samples.map { Double($0) }
      let found = signal.found()
      #expect(found.count == 2 && found.first == .pressed(digit), "\(digit)")
      guard case .released(let milliseconds)? = found.last else { continue }
      #expect((85...110).contains(milliseconds))
    }
  }

  @Test func fortyMillisecondsCountAndTwentyTwoDoNotWhereverTheyBegin() {
    for start in stride(from: 0.0, to: 13, by: 0.75) {
      for digit: UInt8 in [1, 5, 9, 13] {
        var long = Signal()
        long.silence(start)
        long.key(digit, 40)
        long.silence(40)
        long.key(digit, 40)
        #expect(long.digits == [digit, digit], "from \(start) ms")
        var short = Signal()
        short.silence(start)
        short.key(digit, 22)
        #expect(short.digits.isEmpty, "from \(start) ms")
        var broken = Signal()
        broken.silence(start)
        broken.key(digit, 50)
        broken.silence(10)
        broken.key(digit, 50)
        #expect(broken.digits == [digit], "from \(start) ms")
      }
    }
  }

  @Test func levelsFromZeroToMinus25CountAndMinus55DoesNot() {
    for (level, counts) in [(0.0, true), (-10, true), (-25, true), (-55, false)] {
      for digit: UInt8 in 0..<16 {
        var signal = Signal()
        signal.key(digit, 60, low: level, high: level)
        #expect(signal.digits == (counts ? [digit] : []), "\(level) dBm0")
      }
    }
  }

  @Test func theTonesMayDifferAsTheNetworkMakesThem() {
    for digit: UInt8 in 0..<16 {
      for (low, high, counts) in [(-12.0, -8.0, true), (-8, -16, true), (-20, -5, false), (-5, -20, false)] {
        var signal = Signal()
        signal.key(digit, 60, low: low, high: high)
        #expect(signal.digits == (counts ? [digit] : []), "low \(low), high \(high)")
      }
    }
  }

  @Test func frequenciesMayBeOffByOneAndAHalfPercent() {
    for digit: UInt8 in 0..<16 {
      for off in [0.985, 1.015] {
        var signal = Signal()
        signal.key(digit, 60, off: off)
        #expect(signal.digits == [digit])
      }
    }
  }

  @Test func noiseHidesNothingAndIsNoKey() {
    for digit: UInt8 in 0..<16 {
      var signal = Signal()
      signal.silence(20)
      signal.key(digit, 60)
      signal.silence(20)
      // Both tones together are 3 dB louder than each.
      signal.noise(-10 - 12)
      #expect(signal.digits == [digit])
    }
    var hiss = Signal()
    hiss.silence(60_000)
    hiss.noise(-10)
    #expect(hiss.found().isEmpty)
  }

  /// Voices are harmonics of a pitch that moves: here of every pitch that a voice has, with formants where keys' tones are.
  @Test func voicesAndTonesOfTheNetworkAreNoKeys() {
    var voice = Signal()
    for pitch in stride(from: 80.0, through: 400, by: 3) {
      for formant in [(700.0, 1210.0), (770, 1336), (850, 1477), (941, 1633), (500, 1500)] {
        let tones = (1...9).map { n -> (frequency: Double, level: Double) in
          let frequency = pitch * Double(n)
          let away = min(abs(frequency - formant.0), abs(frequency - formant.1))
          return (frequency, -12 - away / 25)
        }
        voice.tones(40, tones)
      }
    }
    #expect(voice.digits.count < 12, "of \(Int(voice.samples.count / 8000)) s that were made to be mistaken")
    let others = [
      [425.0], [350, 440], [480, 620], [400, 450], [697], [1336], [1100], [2100], [697, 770], [1209, 1336],
    ]
    for tones in others {
      var signal = Signal()
      signal.tones(1000, tones.map { ($0, -10) })
      #expect(signal.found().isEmpty, "\(tones)")
    }
  }

  @Test func speechIsNoKey() throws {
    var signal = Signal()
    signal.samples = Speech.made(seconds: 30)
    #expect(signal.found().isEmpty)
  }
}

/// Something like speech: glottal pulses of a moving pitch through three moving resonances.
private enum Speech {
  static func made(seconds: Int) -> [Double] {
    var state = [(Double, Double)](repeating: (0, 0), count: 3)
    var phase = 0.0
    return (0..<seconds * 8000).map { i in
      let time = Double(i) / 8000
      phase += (140 + 60 * sin(2 * .pi * 0.7 * time) + 20 * sin(2 * .pi * 5 * time)) / 8000
      var value = 0.0
      if phase >= 1 {
        phase -= 1
        value = 4000 * (0.6 + 0.4 * sin(2 * .pi * 3 * time))
      }
      let formants = [
        500 + 300 * sin(2 * .pi * 1.3 * time), 1500 + 500 * sin(2 * .pi * 0.9 * time),
        2500 + 200 * sin(2 * .pi * 2 * time),
      ]
      return zip(formants.indices, formants).reduce(0.0) { sum, formant in
        let (k, frequency) = formant
        let radius = 0.97
        let next = value + 2 * radius * cos(2 * .pi * frequency / 8000) * state[k].0 - radius * radius * state[k].1
        state[k] = (next, state[k].0)
        return sum + next / 3
      }
    }
  }
}
