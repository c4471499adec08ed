import CMath

/// A sound as numbers from -1 to 1, and what can be said of it.
struct Signal {
  let samples: [Double]

  init(_ samples: [Double]) { self.samples = samples }

  var mean: Double { samples.reduce(0, +) / Double(max(1, samples.count)) }

  /// The sound without what is constant in it.
  var centred: Signal {
    let mean = mean
    return Signal(samples.map { $0 - mean })
  }

  /// Samples of a segment whose spectrum is taken.
  static let segment = 512

  /// The mean power of each frequency, of segments one after the other; smoothed at their ends where `windowed`, for
  /// pictures, and not where it is to be compared with noise, whose frequencies are then independent.
  func spectrum(windowed: Bool) -> (power: [Double], segments: Int) {
    let transform = FourierTransform(count: Self.segment)
    let window = (0..<Self.segment).map { i in
      windowed ? 0.5 - 0.5 * cos(2 * Double.pi * Double(i) / Double(Self.segment)) : 1
    }
    var sum = [Double](repeating: 0, count: Self.segment / 2 + 1)
    let segments = samples.count / Self.segment
    for segment in 0..<segments {
      let part = (0..<Self.segment).map { samples[segment * Self.segment + $0] * window[$0] }
      for (place, power) in transform.power(part).enumerated() { sum[place] += power }
    }
    return (sum.map { $0 / Double(max(1, segments)) }, segments)
  }

  /// The geometric mean of the spectrum by its arithmetic one: 1 of a flat spectrum, 0 of a tone.
  func flatness() -> (value: Double, ideal: Tolerance) {
    let (power, segments) = spectrum(windowed: false)
    // Zero and half the rate have one part where the others have two.
    let inner = power[1..<power.count - 1]
    let mean = inner.reduce(0, +) / Double(inner.count)
    let logarithms = inner.reduce(0.0) { $0 + log(max($1, 1e-30)) } / Double(inner.count)
    return (mean > 0 ? exp(logarithms) / mean : 0, Self.idealFlatness(segments: segments, frequencies: inner.count))
  }

  /// Each power of noise is the mean of as many exponentially distributed numbers as there are segments; how far their
  /// logarithms fall below that of their mean is Bartlett's statistic (1937), distributed as chi-square.
  static func idealFlatness(segments: Int, frequencies: Int) -> Tolerance {
    guard segments > 0 else { return Tolerance(expected: 0, low: 0, high: 1) }
    var digamma = -0.57721566490153286
    for k in 1..<segments { digamma += 1 / Double(k) }
    let degrees = Double(frequencies - 1)
    let missing = (log(Double(segments)) - digamma) * degrees / Double(frequencies)
    let ideal = Tolerance.chiSquare(degrees)
    return Tolerance(
      expected: exp(-missing), low: exp(-missing * ideal.high / degrees), high: exp(-missing * ideal.low / degrees))
  }

  /// The largest correlation, of either sign, of this sound with another that begins up to `reach` samples earlier or
  /// later.
  func largestCorrelation(with other: Signal, reach: Int) -> Double {
    let (a, b) = (centred, other.centred)
    let norm = (a.energy * b.energy).squareRoot()
    guard norm > 0 else { return 0 }
    return Self.correlations(a.samples, b.samples, -reach...reach).reduce(0.0) { max($0, abs($1)) } / norm
  }

  /// The largest correlation with itself, from one sample later to `reach` later.
  func largestAutocorrelation(reach: Int) -> Double {
    let (a, energy) = (centred, centred.energy)
    guard energy > 0 else { return 0 }
    return Self.correlations(a.samples, a.samples, 1...reach).reduce(0.0) { max($0, abs($1)) } / energy
  }

  private var energy: Double { samples.reduce(0.0) { $0 + $1 * $1 } }

  /// Sum over i of a[i] b[i + shift], for each shift.
  private static func correlations(_ a: [Double], _ b: [Double], _ shifts: ClosedRange<Int>) -> [Double] {
    let needed = max(a.count, b.count) + max(abs(shifts.lowerBound), abs(shifts.upperBound))
    var count = 2
    while count < needed { count *= 2 }
    let transform = FourierTransform(count: count)
    // Two real sequences in one transform: what is even and odd about it belongs to one and the other.
    var real = a + [Double](repeating: 0, count: count - a.count)
    var imaginary = b + [Double](repeating: 0, count: count - b.count)
    transform.forward(&real, &imaginary)
    var productReal = [Double](repeating: 0, count: count)
    var productImaginary = productReal
    for k in 0..<count {
      let m = (count - k) & (count - 1)
      let (ar, ai) = ((real[k] + real[m]) / 2, (imaginary[k] - imaginary[m]) / 2)
      let (br, bi) = ((imaginary[k] + imaginary[m]) / 2, (real[m] - real[k]) / 2)
      // Conjugate of a's times b's, and conjugated once more: the transform then runs backwards.
      productReal[k] = ar * br + ai * bi
      productImaginary[k] = -(ar * bi - ai * br)
    }
    transform.forward(&productReal, &productImaginary)
    return shifts.map { productReal[($0 + count) & (count - 1)] / Double(count) }
  }

  /// Root mean square of each part of so many samples.
  func loudness(every count: Int) -> Signal {
    Signal(segments(count).map { $0.deviationFromZero })
  }

  /// Mean and standard deviation of each part of so many samples.
  func moments(every count: Int) -> [(mean: Double, deviation: Double)] {
    segments(count).map { ($0.mean, $0.centred.deviationFromZero) }
  }

  private var deviationFromZero: Double { (energy / Double(max(1, samples.count))).squareRoot() }

  private func segments(_ count: Int) -> [Signal] {
    stride(from: 0, to: samples.count - count + 1, by: count).map { Signal(Array(samples[$0..<$0 + count])) }
  }
}
