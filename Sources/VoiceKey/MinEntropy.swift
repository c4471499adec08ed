import CMath

/// How much a source has of what nobody can guess, as four of the estimators of SP 800-90B §6.3 see it. Each is an upper
/// bound that someone with a better model of the source may go below: an estimate, and no proof.
public enum MinEntropy {
  /// The 99 % confidence bound that all of them use.
  private static let z = 2.5758293035489008

  /// Bits a symbol, from how often the commonest comes (§6.3.1).
  public static func mostCommonValue(_ symbols: [UInt8]) -> Double {
    guard symbols.count > 1 else { return 0 }
    var counts = [Int](repeating: 0, count: 256)
    for symbol in symbols { counts[Int(symbol)] += 1 }
    let share = Double(counts.max() ?? 0) / Double(symbols.count)
    let bound = share + z * (share * (1 - share) / Double(symbols.count - 1)).squareRoot()
    return -log2(min(1, bound))
  }

  /// Bits a bit, from how soon a value comes again (§6.3.2). `bits` are 0 and 1.
  public static func collision(_ bits: [UInt8]) -> Double {
    // Of two values one has come twice after three bits at the latest.
    var place = 0
    var twos = 0
    var threes = 0
    while place + 1 < bits.count {
      if bits[place] == bits[place + 1] {
        twos += 1
        place += 2
      } else if place + 2 < bits.count {
        threes += 1
        place += 3
      } else {
        break
      }
    }
    let number = Double(twos + threes)
    guard number > 1 else { return 0 }
    let mean = (2 * Double(twos) + 3 * Double(threes)) / number
    let deviation = ((4 * Double(twos) + 9 * Double(threes) - number * mean * mean) / (number - 1)).squareRoot()
    // The mean of a source whose likelier value has the likelihood p is 2 + 2p(1 - p).
    let bound = max(2, mean - z * deviation / number.squareRoot())
    guard bound < 2.5 else { return 1 }
    return -log2(0.5 + (1.25 - 0.5 * bound).squareRoot())
  }

  /// Bits a bit, from how each follows on the one before: the likeliest 128 in a row (§6.3.3).
  public static func markov(_ bits: [UInt8]) -> Double {
    guard bits.count > 1 else { return 0 }
    var after = [[0.0, 0.0], [0.0, 0.0]]
    for place in 1..<bits.count { after[Int(bits[place - 1])][Int(bits[place])] += 1 }
    let ones = Double(bits.reduce(0) { $0 + Int($1) }) / Double(bits.count)
    let first = [1 - ones, ones]
    /// How unlikely it is, in bits; endless where it never was.
    func cost(_ one: Int, _ two: Int) -> Double {
      let all = after[one][0] + after[one][1]
      return all > 0 && after[one][two] > 0 ? -log2(after[one][two] / all) : .infinity
    }
    var least = 128.0
    for start in 0...1 where first[start] > 0 {
      let other = 1 - start
      let begin = -log2(first[start])
      least = min(least, begin + 127 * cost(start, start))
      least = min(least, begin + 64 * cost(start, other) + 63 * cost(other, start))
      least = min(least, begin + cost(start, other) + 126 * cost(other, other))
    }
    return min(1, least / 128)
  }

  /// Bits a bit, from how far back a group of six bits came last (§6.3.4). Needs more than 6000 bits.
  @export(interface)
  public static func compression(_ bits: [UInt8]) -> Double { compression(bits, learning: 1000) }

  /// As many groups as `learning` only fill the dictionary.
  static func compression(_ bits: [UInt8], learning: Int) -> Double {
    let width = 6
    let values = 1 << width
    let groups = bits.count / width
    guard groups > learning + 1 else { return 0 }
    var last = [Int](repeating: 0, count: values)
    var sum = 0.0
    var squares = 0.0
    for group in 1...groups {
      var value = 0
      for bit in 0..<width { value = value << 1 | Int(bits[(group - 1) * width + bit]) }
      if group > learning {
        let distance = log2(Double(group - last[value]))
        sum += distance
        squares += distance * distance
      }
      last[value] = group
    }
    let number = Double(groups - learning)
    let mean = sum / number
    let deviation = 0.5907 * max(0, squares / (number - 1) - mean * mean).squareRoot()
    let bound = mean - z * deviation / number.squareRoot()
    let logarithms = (0...groups).map { $0 > 0 ? log2(Double($0)) : 0 }
    /// The mean that a source shows whose likeliest group has the likelihood p, all others being equal.
    func expected(_ p: Double) -> Double {
      let q = (1 - p) / Double(values - 1)
      return meanDistance(p, learning, groups, logarithms)
        + Double(values - 1) * meanDistance(q, learning, groups, logarithms)
    }
    var low = 1 / Double(values)
    var high = 1.0
    guard expected(low) > bound else { return 1 }
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if expected(middle) > bound { low = middle } else { high = middle }
    }
    return -log2(high) / Double(width)
  }

  /// G of §6.3.4: its double sum, in which the inner one grows by a term from one group to the next.
  private static func meanDistance(
    _ likelihood: Double, _ learning: Int, _ groups: Int, _ logarithms: [Double]
  ) -> Double {
    let z = likelihood
    var power = 1.0  // (1 - z)^(u - 1)
    var inner = 0.0
    var total = 0.0
    for group in 1...groups {
      if group > learning { total += z * z * inner + z * power * logarithms[group] }
      inner += logarithms[group] * power
      power *= 1 - z
      // From here on each group adds the same; and numbers this small cost a processor a hundred times as much.
      guard power * logarithms[groups] > inner * 1e-18 || group < learning || group < 2 else {
        total += z * z * inner * Double(groups - group)
        break
      }
    }
    return total / Double(groups - learning)
  }
}

/// What the estimators say of the lowest eight bits of samples, in bits a sample.
public struct EntropyEstimates: Sendable {
  public let mostCommonValue: Double
  public let collision: Double
  public let markov: Double
  public let compression: Double

  public var least: Double { min(min(mostCommonValue, collision), min(markov, compression)) }

  @export(interface)
  public init(_ samples: [Int16]) {
    let octets = samples.map { UInt8(truncatingIfNeeded: $0) }
    var bits: [UInt8] = []
    bits.reserveCapacity(8 * octets.count)
    for octet in octets {
      for bit in stride(from: 7, through: 0, by: -1) { bits.append(octet >> UInt8(bit) & 1) }
    }
    mostCommonValue = MinEntropy.mostCommonValue(octets)
    collision = 8 * MinEntropy.collision(bits)
    markov = 8 * MinEntropy.markov(bits)
    compression = 8 * MinEntropy.compression(bits)
  }
}
