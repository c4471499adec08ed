import Codecs
import Crypto
import Foundation
import Testing

@testable import VoiceReport

/// Octets that are independent and equally frequent, the same in each run.
func noise(_ seed: Int, _ count: Int) -> [UInt8] {
  var random = RandomSource(seed: Array("noise \(seed)".utf8))
  return random.bytes(count)
}

@Suite struct FourierTransformTests {
  @Test func anImpulseAndAToneHaveTheSpectraOfTheBooks() {
    let transform = FourierTransform(count: 8)
    #expect(transform.power([1, 0, 0, 0, 0, 0, 0, 0]) == [1, 1, 1, 1, 1])
    #expect(transform.power([1, 1, 1, 1, 1, 1, 1, 1]) == [64, 0, 0, 0, 0])
    let tone = transform.power((0..<8).map { cos(2 * Double.pi * 2 * Double($0) / 8) })
    for (place, power) in tone.enumerated() { #expect(abs(power - (place == 2 ? 16 : 0)) < 1e-12) }
  }

  /// Against the sum that defines it (DFT), of a sequence without symmetries.
  @Test(arguments: [2, 4, 32, 256])
  func itIsTheSumThatDefinesIt(count: Int) {
    var real = (0..<count).map { Double($0 * $0 % 17) - 3 }
    var imaginary = (0..<count).map { Double($0 * 5 % 11) }
    let (a, b) = (real, imaginary)
    FourierTransform(count: count).forward(&real, &imaginary)
    for k in 0..<count {
      var sum = (0.0, 0.0)
      for i in 0..<count {
        let angle = -2 * Double.pi * Double(k * i % count) / Double(count)
        sum.0 += a[i] * cos(angle) - b[i] * sin(angle)
        sum.1 += a[i] * sin(angle) + b[i] * cos(angle)
      }
      #expect(abs(sum.0 - real[k]) < 1e-8 && abs(sum.1 - imaginary[k]) < 1e-8)
    }
  }
}

@Suite struct OctetTests {
  @Test func chiSquareAndEntropyOfCountsThatCanBeReckonedByHand() {
    let even = OctetStatistics((0..<2560).map { UInt8($0 & 255) })
    #expect(even.chiSquare == 0 && abs(even.entropy - 8) < 1e-12)
    // One value alone: 255 cells lack 10 each, one has 2550 too many.
    let single = OctetStatistics([UInt8](repeating: 7, count: 2560))
    #expect(single.chiSquare == 255 * 2560 && single.entropy == 0)
    let four = OctetStatistics((0..<4000).map { UInt8($0 & 3) })
    #expect(abs(four.entropy - 2) < 1e-12)
    #expect(shannonEntropy([1, 1, 2]) == 1.5)
  }

  /// The table of chi-square (NIST handbook 1.3.6.7.4) and of the normal distribution.
  @Test func boundsAreThoseOfTheTables() {
    #expect(abs(Tolerance.normalBound(0.05) - 1.959964) < 1e-5)
    #expect(abs(Tolerance.normalBound(1e-6) - 4.891638) < 1e-5)
    // 255 degrees of freedom, one in a million on both sides together: 159.37 and 381.13 by the incomplete gamma function.
    let bounds = Tolerance.chiSquare(255)
    #expect(bounds.expected == 255 && abs(bounds.low - 159.37) < 1 && abs(bounds.high - 381.13) < 1)
  }

  /// Two noises differ by (256² - 1) / (3 · 256 · 255) on average.
  @Test func differencesOfNoiseAreKnown() {
    let (a, b) = (noise(1, 100_000), noise(2, 100_000))
    let both = OctetDifference(zip(a, b).map { ($0, $1) })
    #expect(abs(both.idealIntensity.expected - 0.334635) < 1e-3)
    #expect(both.idealIntensity.holds(both.intensity) && both.idealChanged.holds(both.changed))
    let same = OctetDifference(a.map { ($0, $0) })
    #expect(same.changed == 0 && same.intensity == 0)
    let opposite = OctetDifference([(0, 255), (255, 0)])
    #expect(opposite.changed == 1 && opposite.intensity == 1 && opposite.idealIntensity.expected == 0.5)
  }
}

@Suite struct SignalTests {
  private let tone = Signal((0..<16000).map { sin(2 * Double.pi * 440 * Double($0) / 8000) })

  @Test func aToneIsNeitherFlatNorWithoutLikenessToItself() {
    let (flatness, ideal) = tone.flatness()
    #expect(flatness < 0.01 && !ideal.holds(flatness))
    #expect(tone.largestAutocorrelation(reach: 8000) > 0.9)
  }

  @Test func anEchoIsFoundWhereverItIs() {
    let sound = VoiceReport.signal(noise(3, 16000))
    for shift in [-7999, -1, 0, 5, 8000] {
      let other = Signal(
        (0..<16000).map { i in
          let place = i - shift
          return (sound.samples.indices.contains(place) ? sound.samples[place] : 0) * -0.3
        })
      let least = 1 - Double(abs(shift)) / 16000
      #expect(sound.largestCorrelation(with: other, reach: 8000) > 0.9 * least.squareRoot())
      if abs(shift) > 100 {
        let bound = Tolerance(largestOf: 201, deviation: 1 / 16000.0.squareRoot())
        #expect(bound.holds(sound.largestCorrelation(with: other, reach: 100)))
      }
    }
  }

  @Test func correlationsAreNormalised() {
    #expect(abs(tone.largestCorrelation(with: tone, reach: 0) - 1) < 1e-9)
    #expect(Signal([0, 0, 0, 0]).largestCorrelation(with: tone, reach: 2) == 0)
    #expect(Signal([5, 5, 5, 5]).largestAutocorrelation(reach: 2) == 0)
  }

  @Test func meanAndDeviationAreOfEachSegment() {
    let moments = Signal([1, 3, -2, -2, 9]).moments(every: 2)
    #expect(moments.count == 2 && moments[0] == (2, 1) && moments[1] == (-2, 0))
  }

  /// The value that a noise strays about, and how far, by trying: a hundred of them.
  @Test func whatIsExpectedOfNoiseIsItsMean() {
    let all = (0..<100).map { VoiceReport.signal(noise($0, 16000)) }
    let flatness = all.map { $0.flatness() }
    let mean = flatness.reduce(0.0) { $0 + $1.value } / 100
    let ideal = flatness[0].ideal
    #expect(abs(mean - ideal.expected) < 0.05 * (ideal.high - ideal.low))
    let loudness = all.map { $0.moments(every: 160)[0].deviation }
    let (deviation, spread) = VoiceReport.idealSegment
    #expect(abs(loudness.reduce(0, +) / 100 - deviation) < 0.5 * spread)
  }
}

@Suite struct NumberTests {
  @Test func numbersAreWrittenWithTheirDigits() {
    let written = [(0.0, 2), (1.005, 1), (-0.04, 1), (-0.05, 1), (12.345, 0), (0.0999, 3), (99.9996, 3), (7, 3)]
      .map { fixed($0, $1) }
    #expect(written == ["0.00", "1.0", "0.0", "-0.1", "12", "0.100", "100.000", "7.000"])
    #expect(fixed(.infinity, 1) == "very large" && fixed(.nan, 1) == "very large")
    #expect(escaped("<a&b>\"\n") == "&lt;a&amp;b&gt;&quot; ")
  }
}
