import CMath

/// What can be said of octets as numbers, whatever they sound like.
struct OctetStatistics {
  let counts: [Int]
  let total: Int

  init(_ octets: some Sequence<UInt8>) {
    var counts = [Int](repeating: 0, count: 256)
    var total = 0
    for octet in octets {
      counts[Int(octet)] += 1
      total += 1
    }
    self.counts = counts
    self.total = total
  }

  /// Pearson's chi-square against all 256 values being equally frequent.
  var chiSquare: Double {
    let expected = Double(total) / 256
    return counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) } / max(expected, 1e-9)
  }

  static let idealChiSquare = Tolerance.chiSquare(255)

  /// Shannon's, in bits an octet.
  var entropy: Double { shannonEntropy(counts) }

  /// A count of so few octets has less entropy than eight bits: what is missing is distributed as chi-square.
  var idealEntropy: Tolerance {
    let unit = 2 * Double(max(1, total)) * log(2.0)
    let ideal = Self.idealChiSquare
    return Tolerance(expected: 8 - ideal.expected / unit, low: 8 - ideal.high / unit, high: 8 - ideal.low / unit)
  }
}

/// Of values that came so often, in bits.
func shannonEntropy(_ counts: [Int]) -> Double {
  let total = Double(max(1, counts.reduce(0, +)))
  return counts.reduce(0.0) { sum, count in
    let share = Double(count) / total
    return share > 0 ? sum - share * log2(share) : sum
  }
}

/// How different two sequences of octets are, place by place; the second is to look like noise.
struct OctetDifference {
  let count: Int
  /// NSCR, the number of samples change rate: the share of places whose octets differ.
  let changed: Double
  /// UACI, the unified average changing intensity: the mean difference as a share of the largest, 255.
  let intensity: Double
  /// What noise would give with these very octets of the original.
  let idealIntensity: Tolerance

  init(_ pairs: [(original: UInt8, secured: UInt8)]) {
    count = max(1, pairs.count)
    var differing = 0
    var sum = 0
    var expected = 0.0
    var variance = 0.0
    // Of the difference between each octet and noise, and of its square.
    var means = [Double](repeating: 0, count: 256)
    var squares = means
    for a in 0..<256 {
      for b in 0..<256 {
        let step = Double(abs(a - b))
        means[a] += step / 256
        squares[a] += step * step / 256
      }
    }
    for (a, b) in pairs {
      if a != b { differing += 1 }
      sum += abs(Int(a) - Int(b))
      expected += means[Int(a)]
      variance += squares[Int(a)] - means[Int(a)] * means[Int(a)]
    }
    let all = 255 * Double(count)
    changed = Double(differing) / Double(count)
    intensity = Double(sum) / all
    idealIntensity = Tolerance(expected: expected / all, deviation: variance.squareRoot() / all)
  }

  /// One octet in 256 is the same by chance.
  var idealChanged: Tolerance {
    let share = 255.0 / 256
    return Tolerance(expected: share, deviation: (share * (1 - share) / Double(count)).squareRoot())
  }
}
