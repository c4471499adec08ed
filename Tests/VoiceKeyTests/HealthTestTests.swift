import Foundation
import TestSupport
import Testing

@testable import VoiceKey

@Suite("Health tests of SP 800-90B §4.4")
struct HealthTestTests {
  /// What both tests say of time stamps: symbols are the differences, and one is repeated where the first, second or third
  /// difference is zero.
  private func verdict(_ stamps: [Int64], repetitions: Int, proportion: Int) -> (Bool, Bool) {
    var repetition = RepetitionCountTest(cutoff: repetitions)
    var adaptive = AdaptiveProportionTest(cutoff: proportion)
    var last: (first: Int64, second: Int64) = (0, 0)
    var passed = (true, true)
    for n in 1..<stamps.count {
      let first = stamps[n] - stamps[n - 1]
      let second = first - last.first
      let third = second - last.second
      last = (first, second)
      if !repetition.passes(repeated: first == 0 || second == 0 || third == 0) { passed.0 = false }
      if !adaptive.passes(UInt64(bitPattern: first)) { passed.1 = false }
    }
    return passed
  }

  /// The recordings of the Jitter RNG: a third of a bit a measurement, cutoffs of 2^-30 and, for good, 2^-60. That one
  /// opens its first window of the proportion test late, and so calls `apt-intermittent` no fault for good.
  @Test(arguments: [
    ("no-failure", (true, true), (true, true)), ("lag-intermittent", (true, true), (true, true)),
    ("lag-permanent", (true, true), (true, true)), ("rct-intermittent", (false, true), (true, true)),
    ("rct-permanent", (false, true), (false, true)), ("apt-intermittent", (false, false), (false, false)),
    ("apt-permanent", (false, false), (false, false)),
  ])
  func jitterRecordings(name: String, often: (Bool, Bool), forGood: (Bool, Bool)) throws {
    let text = String(decoding: try vector("jitterentropy/\(name).txt"), as: UTF8.self)
    let stamps = text.split(separator: "\n").compactMap { Int64($0) }
    try #require(stamps.count > 100)
    for (alarms, expected) in [(30, often), (60, forGood)] {
      let found = verdict(
        stamps, repetitions: RepetitionCountTest(entropy: 1.0 / 3, alarms: alarms).cutoff,
        proportion: AdaptiveProportionTest(entropy: 1.0 / 3, alarms: alarms).cutoff)
      #expect(found == expected, "2^-\(alarms)")
    }
  }

  /// Those of the Jitter RNG at an oversampling of three, which its recordings name, but for a 459 there.
  @Test func cutoffs() {
    #expect(RepetitionCountTest(entropy: 1.0 / 3, alarms: 30).cutoff == 91)
    #expect(RepetitionCountTest(entropy: 1.0 / 3, alarms: 60).cutoff == 181)
    #expect(AdaptiveProportionTest(entropy: 1.0 / 3, alarms: 30).cutoff == 458)
    #expect(AdaptiveProportionTest(entropy: 1.0 / 3, alarms: 60).cutoff == 479)
    #expect(AdaptiveProportionTest(entropy: 1, alarms: 20).cutoff == 311)
  }

  @Test func aStuckSampleFailsWhereItStartsToBeTooMuch() {
    let good = (0..<2000).map { Int16($0 * 7919 % 1000) }
    #expect(Health(good).isGood)
    let stuck = Health(good + [Int16](repeating: 3, count: 400) + good)
    #expect(stuck.repetition == 2000 + 240)
  }
}
