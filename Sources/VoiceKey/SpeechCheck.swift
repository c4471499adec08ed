import CMath
import Wire

/// Why a recording is not taken for a person's voice.
public enum VoiceRefusal: Error, Sendable, Equatable {
  /// Seconds of it.
  case short(Double)
  /// The share of the time in which something is to be heard.
  case silence(Double)
  /// Samples at the end of the range.
  case clipping(Int)
  /// Seconds after which it comes again.
  case loop(Double)
  /// The share of the time in which it is tones.
  case tone(Double)
  /// Decibels of voice above noise.
  case noise(Double)
  case repetition(atSecond: Double)
  case proportion(atSecond: Double)

  public var description: String {
    switch self {
    case .short(let seconds):
      "too short: \(tenths(seconds)) s, and at least \(tenths(SpeechCheck.shortest)) s are needed; speak on until then"
    case .silence(let share):
      "silence: something is to be heard in \(percent(share)) of it, and should be in \(percent(SpeechCheck.leastActive)) "
        + "at least; speak louder, or nearer to the microphone"
    case .clipping(let number):
      "clipping: \(number) samples are at the end of the range; speak more quietly, or turn the microphone down"
    case .loop(let seconds): "a loop: it comes again after \(tenths(seconds)) s; speak yourself, and freely"
    case .tone(let share): "a synthetic tone: \(percent(share)) of it is tones that no voice makes; speak yourself"
    case .noise(let decibels):
      "noise: the voice is \(tenths(decibels)) dB above it, and should be \(tenths(SpeechCheck.leastAboveNoise)) dB; "
        + "is the microphone the one that is spoken to?"
    case .repetition(let second):
      "a value that stays: the repetition count test of SP 800-90B fails at \(tenths(second)) s; is the microphone muted?"
    case .proportion(let second):
      "a value too common: the adaptive proportion test of SP 800-90B fails at \(tenths(second)) s; is the microphone muted?"
    }
  }
}

func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

/// Tells a voice from what is put in its place, by properties that have names.
enum SpeechCheck {
  /// Seconds.
  static let shortest = 5.0
  /// How much of it must be louder than -50 dB of full scale, in frames of 20 ms.
  static let leastActive = 0.3
  static let leastAboveNoise = 3.0
  private static let active = 104.0
  /// One sample in a thousand.
  private static let mostClipped = 0.001
  /// A voice never repeats itself with all its waves in place, nor goes on in a tone that foretells itself.
  private static let alike = 0.9
  private static let mostTonal = 0.5
  private static let foretold = 1e-4

  /// Throws the first fault of samples at `rate` a second; without one, the frames of 20 ms in which something is to be
  /// heard.
  static func check(_ samples: [Int16], rate: Int) throws(VoiceRefusal) -> [Range<Int>] {
    let seconds = Double(samples.count) / Double(rate)
    guard seconds >= shortest else { throw .short(seconds) }
    let clipped = samples.reduce(0) { $0 + ($1 >= 32766 || $1 <= -32767 ? 1 : 0) }
    guard Double(clipped) <= mostClipped * Double(samples.count) else { throw .clipping(clipped) }
    let frames = loudFrames(samples, rate)
    let share = Double(frames.count) / Double(max(1, samples.count / (rate / 50)))
    guard share >= leastActive else { throw .silence(share) }
    let tonal = Double(frames.filter { isTone(samples[$0]) }.count) / Double(frames.count)
    guard tonal < mostTonal else { throw .tone(tonal) }
    if let period = period(samples, rate) { throw .loop(period) }
    return frames
  }

  private static func loudFrames(_ samples: [Int16], _ rate: Int) -> [Range<Int>] {
    let size = rate / 50
    return stride(from: 0, through: samples.count - size, by: size).map { $0..<$0 + size }.filter { frame in
      var energy = 0.0
      for sample in samples[frame] { energy += Double(sample) * Double(sample) }
      return (energy / Double(size)).squareRoot() > active
    }
  }

  /// Whether each sample follows from the eight before it, as those of four tones do: by the covariance method of linear
  /// prediction, which is exact for tones however short the frame.
  private static func isTone(_ frame: ArraySlice<Int16>) -> Bool {
    let order = 8
    let x = frame.map { Double($0) }
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: order + 1), count: order)
    var energy = 0.0
    for n in order..<x.count {
      energy += x[n] * x[n]
      for row in 0..<order {
        for column in 0..<order { matrix[row][column] += x[n - 1 - row] * x[n - 1 - column] }
        matrix[row][order] += x[n - 1 - row] * x[n]
      }
    }
    guard energy > 0 else { return false }
    // Rounding to 16 bits is the noise that even a tone has; without it fewer tones than four have no single solution.
    for row in 0..<order { matrix[row][row] += Double(x.count) / 12 }
    let weights = solve(matrix)
    var error = 0.0
    for n in order..<x.count {
      var guess = 0.0
      for back in 0..<order { guess += weights[back] * x[n - 1 - back] }
      error += (x[n] - guess) * (x[n] - guess)
    }
    return error < foretold * energy + Double(x.count)
  }

  /// Gauss's elimination; each row ends with its right-hand side.
  private static func solve(_ system: [[Double]]) -> [Double] {
    var rows = system
    let size = rows.count
    for pivot in 0..<size {
      let best = (pivot..<size).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) } ?? pivot
      rows.swapAt(pivot, best)
      guard abs(rows[pivot][pivot]) > 1e-12 else { continue }
      for row in pivot + 1..<size {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot...size { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    var solution = [Double](repeating: 0, count: size)
    for row in stride(from: size - 1, through: 0, by: -1) {
      var rest = rows[row][size]
      for column in rows.indices.suffix(from: row + 1) { rest -= rows[row][column] * solution[column] }
      solution[row] = abs(rows[row][row]) > 1e-12 ? rest / rows[row][row] : 0
    }
    return solution
  }

  /// Seconds from 0.2 on after which the recording is like itself over at least a second, by correlation of its lower
  /// frequencies; nil where it is not.
  private static func period(_ samples: [Int16], _ rate: Int) -> Double? {
    let step = rate / 2000
    let x = stride(from: 0, through: samples.count - step, by: step).map { start in
      var sum = 0.0
      for sample in samples[start..<start + step] { sum += Double(sample) }
      return sum / Double(step)
    }
    // The energy of any part is a difference of two sums.
    var sums = [0.0]
    sums.reserveCapacity(x.count + 1)
    for value in x { sums.append(sums[sums.count - 1] + value * value) }
    for lag in 400...max(400, x.count - 2000) where lag + 2000 <= x.count {
      let count = x.count - lag
      var product = 0.0
      for n in 0..<count { product += x[n] * x[n + lag] }
      let energies = sums[count] * (sums[x.count] - sums[lag])
      if energies > 0, product > alike * energies.squareRoot() { return Double(lag) / 2000 }
    }
    return nil
  }
}
