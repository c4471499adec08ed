import Codecs
import Foundation
import Testing

/// What a tone is made of, measured in its samples.
enum Measured {
  /// Lengths in milliseconds of sound (positive) and silence (negative), by turns.
  static func cadence(_ samples: [Int16], rate: Int) -> [Int] {
    let step = rate / 1000
    var found: [Int] = []
    for start in stride(from: 0, to: samples.count - step + 1, by: step) {
      // A millisecond near a zero of a tone is still loud beside its neighbours.
      let near = samples[max(0, start - step)..<min(samples.count, start + 2 * step)]
      let sounds = near.contains { abs(Int($0)) > 100 }
      if let last = found.last, (last > 0) == sounds {
        found[found.count - 1] += sounds ? 1 : -1
      } else {
        found.append(sounds ? 1 : -1)
      }
    }
    return found
  }

  /// The part of the energy that is at those frequencies.
  static func purity(_ samples: ArraySlice<Int16>, _ frequencies: [Double], rate: Int) -> Double {
    let total = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
    let count = Double(samples.count)
    return frequencies.reduce(0.0) { sum, frequency in
      var (real, imaginary) = (0.0, 0.0)
      for (i, sample) in samples.enumerated() {
        let angle = 2 * .pi * frequency * Double(i) / Double(rate)
        real += Double(sample) * cos(angle)
        imaginary += Double(sample) * sin(angle)
      }
      return sum + 2 * (real * real + imaginary * imaginary) / count
    } / total
  }

  static func samples(_ tone: Tone, seconds: Double, rate: Int, packet: Int = 160) -> [Int16] {
    var generator = ToneGenerator(tone, rate: rate)
    var samples: [Int16] = []
    while samples.count < Int(seconds * Double(rate)) {
      var part = [Int16](repeating: 0, count: packet)
      part.withUnsafeMutableBufferPointer { generator.fill($0) }
      samples += part
    }
    return samples
  }
}

struct ToneTests {
  @Test(arguments: [8000, 16000])
  func aToneHasItsFrequenciesItsCadenceAndItsLevel(rate: Int) {
    let tone = Tone([
      Tone.Segment(400, and: 450, 400), Tone.Segment(pause: 200), Tone.Segment(400, and: 450, 400),
      Tone.Segment(pause: 2000),
    ])
    let samples = Measured.samples(tone, seconds: 6, rate: rate)
    let cadence = Measured.cadence(samples, rate: rate)
    for (found, wanted) in zip(cadence, [400, -200, 400, -2000, 400, -200, 400]) {
      #expect(abs(found - wanted) <= 4, "\(cadence)")
    }
    let middle = samples[rate / 20..<rate * 7 / 20]
    #expect(Measured.purity(middle, [400, 450], rate: rate) > 0.97)
    // Two of -13 dBm0, where 3.14 is a full sine.
    let power = middle.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(middle.count)
    let level = 10 * log10(power / (32767.0 * 32767 / 2)) + 3.14
    #expect(abs(level + 10) < 0.3, "\(level) dBm0")
  }

  @Test func aToneRisesAndFallsWithoutAClick() {
    let tone = Tone([Tone.Segment(1000, 100), Tone.Segment(pause: 50)], level: -10, fade: 20)
    let samples = Measured.samples(tone, seconds: 0.15, rate: 8000)
    let peak = { (range: Range<Int>) in samples[range].map { abs(Int($0)) }.max()! }
    #expect(peak(0..<16) < peak(300..<500) / 5 && peak(784..<800) < peak(300..<500) / 5)
  }

  @Test func whatIsNoToneIsSilence() {
    #expect(Measured.samples(Tone([]), seconds: 0.1, rate: 8000).allSatisfy { $0 == 0 })
    #expect(Measured.samples(Tone([Tone.Segment(425, 0)]), seconds: 0.1, rate: 8000).allSatisfy { $0 == 0 })
    #expect(Measured.samples(Tone([Tone.Segment(5000, 100)]), seconds: 0.1, rate: 8000).allSatisfy { $0 == 0 })
  }
}
