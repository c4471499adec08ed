import Foundation
import Testing

@testable import VoiceKey

@Suite("A recording is a voice, or is refused by name")
struct SpeechCheckTests {
  static let rate = 16000

  /// Something like a voice: pulses whose pitch wanders, through resonances that move, in syllables, with breath.
  static func voice(seconds: Double = 6, loudness: Double = 4000, seed: UInt64 = 1) -> [Int16] {
    var random = Noise(seed: seed)
    var (pitch, phase, one, two) = (120.0, 0.0, 0.0, 0.0)
    return (0..<Int(seconds * Double(rate))).map { n in
      let time = Double(n) / Double(rate)
      pitch = min(220, max(80, pitch + random.next() * 0.3))
      phase += pitch / Double(rate)
      var pulse = random.next() * 0.02
      if phase >= 1 {
        phase -= 1
        pulse += 1
      }
      let formant = 500 + 300 * sin(2.1 * time) + 100 * sin(7.3 * time)
      let sample = pulse + 1.9 * cos(2 * .pi * formant / Double(rate)) * one - 0.9 * two
      (one, two) = (sample, one)
      let syllable = max(0, sin(9 * time + sin(1.7 * time)) + 0.4)
      return Int16(max(-32000, min(32000, loudness * sample * syllable / 4 + random.next() * 8)))
    }
  }

  /// Uniform, between -1 and 1.
  struct Noise {
    var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / Double(1 << 52) - 1
    }
  }

  private func refusal(_ samples: [Int16]) -> VoiceRefusal? {
    do {
      _ = try SpeechCheck.check(samples, rate: Self.rate)
      return nil
    } catch { return error }
  }

  @Test(arguments: 1...4) func aVoiceIsTaken(seed: UInt64) {
    #expect(refusal(Self.voice(seed: seed)) == nil)
  }

  @Test func fourSecondsAreTooShort() {
    #expect(refusal(Self.voice(seconds: 4)) == .short(4))
  }

  @Test func silenceIsRefused() {
    #expect(refusal(Self.voice(loudness: 5)) == .silence(0))
    let pause = [Int16](repeating: 0, count: 20 * Self.rate)
    guard case .silence(let share)? = refusal(Self.voice() + pause) else {
      Issue.record("taken")
      return
    }
    #expect(share < 0.3)
  }

  @Test func clippingIsRefused() {
    let loud = Self.voice().map { Int16(max(-32768, min(32767, Int($0) * 12))) }
    guard case .clipping(let number)? = refusal(loud) else {
      Issue.record("taken")
      return
    }
    #expect(number > 96)
  }

  @Test func aLoopIsRefusedThoughNoiseLiesOverIt() {
    var random = Noise(seed: 7)
    let part = Self.voice(seconds: 1.5)
    let loop = (0..<6 * Self.rate).map { Int16(Double(part[$0 % part.count]) * 0.9 + random.next() * 30) }
    guard case .loop(let period)? = refusal(loop) else {
      Issue.record("taken")
      return
    }
    #expect(abs(period - 1.5) < 0.01)
  }

  /// A tone, two of a telephone's key, a chord, and one that glides.
  @Test(arguments: [[440.0], [697, 1209], [262, 330, 392], [-300]])
  func tonesAreRefused(frequencies: [Double]) {
    let samples = (0..<6 * Self.rate).map { n in
      let time = Double(n) / Double(Self.rate)
      return Int16(
        frequencies.reduce(0.0) { sum, frequency in
          let hertz = frequency > 0 ? frequency : -frequency + 100 * time
          return sum + 4000 * sin(2 * .pi * hertz * time)
        })
    }
    guard case .tone(let share)? = refusal(samples) else {
      Issue.record("\(String(describing: refusal(samples)))")
      return
    }
    #expect(share > 0.9)
  }

  @Test func noiseIsTakenApartFromTheVoice() {
    var random = Noise(seed: 3)
    let quiet = Self.voice(loudness: 6000)
    let noisy = quiet.map { Int16(clamping: Int($0) + Int(random.next() * 300)) }
    let clean = NoiseSeparation(quiet, rate: Self.rate)
    let separated = NoiseSeparation(noisy, rate: Self.rate)
    #expect(clean.ratio > separated.ratio)
    // Voice and noise are the recording again.
    #expect((0..<noisy.count).allSatisfy { Int(separated.voice[$0]) + Int(separated.noise[$0]) == Int(noisy[$0]) })
    let hiss = (0..<6 * Self.rate).map { _ in Int16(random.next() * 3000) }
    #expect(NoiseSeparation(hiss, rate: Self.rate).ratio < SpeechCheck.leastAboveNoise)
  }
}
