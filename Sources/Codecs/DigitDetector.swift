/// Finds the tones of keys in speech (ITU-T Q.24), by Goertzel's algorithm over blocks of 12.75 ms.
///
/// A key counts from two blocks on that tell the same from end to end, so 40 ms suffice wherever the blocks lie and 22 ms
/// do not; it is released after two that tell otherwise, so that a gap of 10 ms splits nothing and one of 40 ms does.
public final class DigitDetector {
  public enum Change: Equatable, Sendable {
    /// The digit by its number of RFC 4733 §3.2.
    case pressed(UInt8)
    case released(milliseconds: Int)
  }

  /// The limits of Q.24 with a margin: each tone is heard from −30 dBm0 on (−25 has to be), the high one up to 6 dB above
  /// the low (4) and 10 dB below it (8).
  private static let leastAmplitude: Float = 721
  private static let mostHigh: Float = 2
  private static let mostLow: Float = 3.17
  /// How far the strongest tone of a group is above the others, in amplitude: 6 dB.
  private static let clearance: Float = 2
  /// The part of the energy that is the two tones': what speech does not reach for long. A block with a gap in it has
  /// less, and still does not end a key.
  private static let purity: Float = 0.78
  private static let purityWithGap: Float = 0.35
  /// The least energy of the first and the last quarter of a block, as a part of the mean: tones begin or end there.
  private static let fullness: Float = 0.7

  private let rate: Int
  private let block: UnsafeMutableBufferPointer<Float>
  private let steps: UnsafeMutableBufferPointer<Float>
  private var filled = 0
  private var before: UInt8?
  private var pressed: UInt8?
  private var blocks = 0
  private var misses = 0

  /// `rate` is 8000 or 16000.
  public init(rate: Int) {
    self.rate = rate
    block = .allocate(capacity: rate * 102 / 8000)
    block.initialize(repeating: 0)
    steps = .allocate(capacity: 8)
    for i in 0..<8 {
      let frequency = i < 4 ? DigitFrequencies.low(i) : DigitFrequencies.high(i - 4)
      steps.initializeElement(at: i, to: Float(2 * cosine(2 * Double.pi * frequency / Double(rate))))
    }
  }

  deinit {
    block.deallocate()
    steps.deallocate()
  }

  /// Whether a key is being pressed.
  public var isPressed: Bool { pressed != nil }

  /// Takes the next samples, and says what they change.
  public func take(_ samples: UnsafeBufferPointer<Int16>, _ body: (Change) -> Void) {
    for sample in samples {
      block[filled] = Float(sample)
      filled += 1
      if filled == block.count {
        filled = 0
        judge(hear(), body)
      }
    }
  }

  private func judge(_ heard: UInt8?, _ body: (Change) -> Void) {
    defer { before = heard }
    if let digit = pressed {
      blocks += 1
      misses = heard == digit ? 0 : misses + 1
      guard misses == 2 else { return }
      body(.released(milliseconds: (blocks - misses) * 51 / 4))
      pressed = nil
    }
    guard let heard, heard == before else { return }
    pressed = heard
    blocks = 2
    misses = 0
    body(.pressed(heard))
  }

  /// What the block tells.
  private func hear() -> UInt8? {
    let energy = energy(0..<block.count)
    let count = Float(block.count)
    // Too little for any two tones that count.
    guard energy > Self.leastAmplitude * Self.leastAmplitude * count / 2 else { return nil }
    if pressed == nil {
      let quarter = block.count / 4
      let least = min(self.energy(0..<quarter), self.energy(block.count - quarter..<block.count))
      guard least > energy / 4 * Self.fullness else { return nil }
    }
    guard let low = strongest(0), let high = strongest(4), low.amplitude >= Self.leastAmplitude,
      high.amplitude >= Self.leastAmplitude, high.amplitude <= low.amplitude * Self.mostHigh,
      low.amplitude <= high.amplitude * Self.mostLow
    else { return nil }
    let tones = (low.amplitude * low.amplitude + high.amplitude * high.amplitude) * count / 2
    guard tones >= energy * (pressed == nil ? Self.purity : Self.purityWithGap) else { return nil }
    return DigitFrequencies.digit(row: low.place, column: high.place)
  }

  private func energy(_ part: Range<Int>) -> Float {
    var sum: Float = 0
    for i in part { sum += block[i] * block[i] }
    return sum
  }

  /// The one tone of a group of four that stands out; nil where none does.
  private func strongest(_ first: Int) -> (place: Int, amplitude: Float)? {
    var best = (place: 0, power: Float(0))
    var second: Float = 0
    for i in 0..<4 {
      let power = power(steps[first + i])
      if power > best.power {
        second = best.power
        best = (i, power)
      } else if power > second {
        second = power
      }
    }
    guard best.power > second * (pressed == nil ? Self.clearance * Self.clearance : 1) else { return nil }
    return (best.place, 2 * best.power.squareRoot() / Float(block.count))
  }

  private func power(_ step: Float) -> Float {
    var last: Float = 0
    var before: Float = 0
    for sample in block {
      let value = sample + step * last - before
      before = last
      last = value
    }
    return last * last + before * before - step * last * before
  }
}
