/// A sine wave, sample by sample.
public struct Oscillator: Sendable {
  private let step: Double
  private var last: Double
  private var before: Double

  /// `level` is in dBm0: at 3.14 dBm0 a sine reaches the largest sample of G.711 A-law (ITU-T G.711 §5).
  public init(frequency: Double, level: Double, rate: Int) {
    self.init(frequency: frequency, amplitude: 32767 * powerOfTen((level - 3.14) / 20), rate: rate)
  }

  init(frequency: Double, amplitude: Double, rate: Int) {
    let angle = 2 * Double.pi * frequency / Double(rate)
    step = 2 * cosine(angle)
    // The two samples before the first: sin(−ω) and sin(−2ω).
    last = -amplitude * cosine(angle - Double.pi / 2)
    before = step * last
  }

  /// The next sample.
  public mutating func next() -> Double {
    let value = step * last - before
    before = last
    last = value
    return value
  }
}

/// The cosine of an angle between −π and π, to nine digits: there is no mathematical library below.
func cosine(_ angle: Double) -> Double {
  // Halved twice, so that few terms of the series do; then doubled again.
  let square = angle * angle / 16
  var term = 1.0
  var sum = 1.0
  for k in stride(from: 1.0, through: 13, by: 2) {
    term *= -square / (k * (k + 1))
    sum += term
  }
  let half = 2 * sum * sum - 1
  return 2 * half * half - 1
}

/// Ten to that power, from −6 to 6.
func powerOfTen(_ exponent: Double) -> Double {
  let exponent = exponent * 2.302585092994046 / 64
  var term = 1.0
  var sum = 1.0
  for k in 1...10 {
    term *= exponent / Double(k)
    sum += term
  }
  for _ in 0..<6 { sum *= sum }
  return sum
}

/// A sample as it is coded.
func clamped(_ value: Double) -> Int16 { Int16(max(-32768, min(32767, value.rounded()))) }
