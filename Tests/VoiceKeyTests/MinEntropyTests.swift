import Testing

@testable import VoiceKey

@Suite("Estimators of SP 800-90B §6.3")
struct MinEntropyTests {
  /// Forty bits.
  private let short: [UInt8] = [
    1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0,
    1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0,
  ]

  /// Of a source with memory of nothing, whose ones are as likely as that.
  private func coins(_ likelihood: Double, _ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / Double(1 << 53) < likelihood ? 1 : 0
    }
  }

  private func isNear(_ one: Double, _ other: Double, _ distance: Double) -> Bool { abs(one - other) <= distance }

  @Test func theCommonestValueWithItsConfidence() {
    let symbols: [UInt8] = [0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1]
    #expect(isNear(MinEntropy.mostCommonValue(symbols), 0.5363, 0.0001))
  }

  @Test func shortSequences() {
    #expect(isNear(MinEntropy.collision(short), 0.4483, 0.0005), "\(MinEntropy.collision(short))")
    #expect(isNear(MinEntropy.markov(short), 0.761, 0.0005), "\(MinEntropy.markov(short))")
  }

  /// Where each is independent of the last, no estimator is more than a little above what is true.
  @Test(arguments: [0.5, 0.6, 0.75, 0.9])
  func biasedCoins(likelihood: Double) {
    let bits = coins(likelihood, 200_000)
    let truth = MinEntropy.mostCommonValue(bits)
    for (name, found, loss) in [
      ("collision", MinEntropy.collision(bits), 0.12), ("markov", MinEntropy.markov(bits), 0.02),
      ("compression", MinEntropy.compression(bits), 0.3),
    ] {
      #expect(found <= truth + 0.02 && found >= truth - loss, "\(name) \(found), truth \(truth)")
    }
  }

  @Test func orderIsNoEntropy() {
    let alternating = (0..<100_000).map { UInt8($0 & 1) }
    #expect(MinEntropy.mostCommonValue(alternating) > 0.98)
    #expect(MinEntropy.markov(alternating) < 0.01)
    #expect(MinEntropy.compression(alternating) < 0.01)
    #expect(MinEntropy.collision([UInt8](repeating: 1, count: 1000)) == 0)
  }

  @Test func tooLittleIsNothing() {
    for bits in [[], [1], [1, 0]] as [[UInt8]] {
      #expect(MinEntropy.compression(bits) == 0 && MinEntropy.collision(bits) == 0)
    }
  }
}
