import VoiceReport

/// Finds a marker in what was heard, by normalised correlation.
public struct MarkerFinder {
  /// How much of what is heard must be the marker: noise reaches a quarter.
  public static let threshold = 0.6
  /// The root mean square of a sample below which nothing is heard: −60 dB of full scale.
  private static let silence = 32.0

  public struct Place: Equatable, Sendable {
    /// Its first sample.
    public var sample: Int
    /// 0…1.
    public var likeness: Double
  }

  private let transform: FourierTransform
  private let count: Int
  private let energy: Double
  /// The marker's transform.
  private let real: [Double]
  private let imaginary: [Double]

  /// Looks in up to `most` samples at a time.
  @export(interface)
  public init(_ marker: Marker, most: Int) {
    count = marker.samples.count
    var size = 2
    while size < most + count { size *= 2 }
    transform = FourierTransform(count: size)
    let samples = marker.samples.map { Double($0) }
    energy = samples.reduce(0) { $0 + $1 * $1 }
    var real = samples + [Double](repeating: 0, count: size - count)
    var imaginary = [Double](repeating: 0, count: size)
    transform.forward(&real, &imaginary)
    (self.real, self.imaginary) = (real, imaginary)
  }

  /// Where the marker is, whole; nil where it is not. What is more than `most` is not looked at.
  @export(interface)
  public func find(in heard: ArraySlice<Int16>) -> Place? {
    let samples = heard.prefix(transform.count - count).map { Double($0) }
    guard samples.count >= count else { return nil }
    let likeness = correlation(samples)
    // The energy of what lies under the marker, as it moves along.
    var under = samples[..<count].reduce(0) { $0 + $1 * $1 }
    let least = Self.silence * Self.silence * Double(count)
    var best: Place?
    for place in 0...samples.count - count {
      if under >= least {
        let found = likeness[place] / (under * energy).squareRoot()
        if found >= Self.threshold, found > best?.likeness ?? 0 { best = Place(sample: place, likeness: min(1, found)) }
      }
      guard place + count < samples.count else { break }
      under += samples[place + count] * samples[place + count] - samples[place] * samples[place]
    }
    return best
  }

  /// The products of marker and samples for each place of the marker.
  private func correlation(_ samples: [Double]) -> [Double] {
    var (r, i) = (samples, [Double](repeating: 0, count: transform.count))
    r += [Double](repeating: 0, count: transform.count - samples.count)
    transform.forward(&r, &i)
    for k in 0..<transform.count {
      // The conjugate of the product: transformed forward it comes back, but for its size and its sign.
      (r[k], i[k]) = (r[k] * real[k] + i[k] * imaginary[k], r[k] * imaginary[k] - i[k] * real[k])
    }
    transform.forward(&r, &i)
    return r.map { $0 / Double(transform.count) }
  }
}
