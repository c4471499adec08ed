import CMath

/// The sound by which delay is measured: a tone that rises from 500 to 3000 Hz, which every telephone codec carries and
/// which resembles itself at one place alone.
public struct Marker: Sendable {
  /// Samples a second.
  public let rate: Int
  public let samples: [Int16]

  private static let seconds = 0.08
  /// At its beginning and its end, where it becomes loud and silent.
  private static let ramp = 0.01
  private static let lowest = 500.0
  private static let highest = 3000.0
  private static let amplitude = 10000.0

  /// `rate` is 8000 or more.
  @export(interface)
  public init(rate: Int) {
    self.rate = rate
    let count = Int(Self.seconds * Double(rate))
    let rise = (Self.highest - Self.lowest) / Self.seconds
    samples = (0..<count).map { place in
      let time = Double(place) / Double(rate)
      let edge = min(1, min(time, Self.seconds - time) / Self.ramp)
      let loudness = 0.5 - 0.5 * cos(Double.pi * edge)
      let phase = 2 * Double.pi * (Self.lowest * time + rise * time * time / 2)
      return Int16(Self.amplitude * loudness * sin(phase))
    }
  }
}
