import CMath

/// What ideal noise gives: the value that is expected of it, and the bounds that it keeps to but once in a million pages.
public struct Tolerance: Sendable {
  public let expected: Double
  public let low: Double
  public let high: Double

  /// How often noise is taken for something else, for each number.
  static let falseAlarm = 1e-6

  func holds(_ value: Double) -> Bool { low <= value && value <= high }

  init(expected: Double, low: Double, high: Double) {
    self.expected = expected
    self.low = low
    self.high = high
  }

  /// Of a sum of many small parts.
  init(expected: Double, deviation: Double) {
    let reach = Self.normalBound(Self.falseAlarm) * deviation
    self.init(expected: expected, low: expected - reach, high: expected + reach)
  }

  /// Of the largest of `number` correlations, each with that deviation around zero.
  init(largestOf number: Int, deviation: Double) {
    // What half of all noises stay below.
    let middle = Self.normalBound(1 - pow(0.5, 1 / Double(max(1, number)))) * deviation
    let high = Self.normalBound(Self.falseAlarm / Double(max(1, number))) * deviation
    self.init(expected: middle, low: 0, high: high)
  }

  /// The distance from its mean, in deviations, that a normal number keeps but for this probability, both sides together.
  static func normalBound(_ probability: Double) -> Double {
    var low = 0.0
    var high = 40.0
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if erfc(middle / 2.0.squareRoot()) > probability { low = middle } else { high = middle }
    }
    return high
  }

  /// The bounds of chi-square of so many degrees of freedom (Wilson and Hilferty 1931).
  static func chiSquare(_ degrees: Double) -> Tolerance {
    let spread = 2 / (9 * degrees)
    let reach = normalBound(falseAlarm) * spread.squareRoot()
    func bound(_ root: Double) -> Double { degrees * root * root * root }
    return Tolerance(
      expected: degrees, low: bound(max(0, 1 - spread - reach)), high: bound(1 - spread + reach))
  }
}
