/// Fills in for lost packets of a codec that has no way of its own, G.711 and G.722: goes on with the last pitch period
/// of what was heard, as Appendix I of G.711 does, but without its delay of 3.75 ms.
public struct Concealment: Sendable {
  /// Milliseconds of repetition before it fades, and after which nothing is left of it (Appendix I §2.7).
  private static let full = 10
  private static let silent = 60

  /// Samples a millisecond.
  private let rate: Int
  /// What was heard last, or made up, the newest last: two of the longest pitch periods and a template.
  private var history: [Int16]
  /// One pitch period that can be repeated without a step.
  private var cycle: [Int16]
  private var period = 0
  /// Samples made up since the last that were heard.
  public private(set) var madeUp = 0
  /// The step from the last sample to the cycle's first, which is spread over a quarter of the period.
  private var step = 0

  /// `rate` in hertz: a multiple of 1000.
  public init(rate: Int) {
    self.rate = rate / 1000
    history = [Int16](repeating: 0, count: 50 * self.rate)
    cycle = [Int16](repeating: 0, count: 15 * self.rate)
  }

  /// Notes what was heard; the first of it after a loss is faded in over what had been made up.
  @export(interface)
  public mutating func heard(_ samples: UnsafeMutableBufferPointer<Int16>) {
    if madeUp > 0 {
      // The longer the loss, the less the two fit (Appendix I §2.8).
      let fade = min(samples.count, rate * min(10, 4 + 4 * (madeUp / (10 * rate))))
      for i in 0..<fade {
        let made = Int(next())
        samples[i] = Int16((Int(samples[i]) * i + made * (fade - i)) / fade)
      }
      madeUp = 0
    }
    remember(samples)
  }

  /// Makes up `samples` in the place of lost ones.
  @export(interface)
  public mutating func conceal(_ samples: UnsafeMutableBufferPointer<Int16>) {
    if madeUp == 0 { findCycle() }
    for i in 0..<samples.count { samples[i] = next() }
    remember(samples)
  }

  private mutating func next() -> Int16 {
    let quarter = period / 4
    var sample = Int(cycle[madeUp % period])
    if madeUp < quarter { sample += step * (quarter - madeUp) / quarter }
    let (full, silent) = (Self.full * rate, Self.silent * rate)
    if madeUp >= silent {
      sample = 0
    } else if madeUp > full {
      sample = sample * (silent - madeUp) / (silent - full)
    }
    madeUp += 1
    return Int16(clamping: sample)
  }

  private mutating func remember(_ samples: UnsafeMutableBufferPointer<Int16>) {
    let kept = max(0, history.count - samples.count)
    history.withUnsafeMutableBufferPointer { history in
      guard let start = history.baseAddress else { return }
      let shift = history.count - kept
      for i in 0..<kept { start[i] = start[i + shift] }
      for i in 0..<shift { start[kept + i] = samples[samples.count - shift + i] }
    }
  }

  /// The lag from 5 to 15 ms at which the last 20 ms look most like what came before (Appendix I §2.3).
  private mutating func findCycle() {
    let (least, most, template) = (5 * rate, 15 * rate, 20 * rate)
    // Every second millisecond's eighth would do; at 16 kHz every second sample is skipped.
    let stride = rate / 8
    var best = (lag: least, score: Int64.min)
    history.withUnsafeBufferPointer { history in
      let end = history.count
      func judge(_ lag: Int) {
        var product: Int64 = 0
        var energy: Int64 = 1
        var i = end - template
        while i < end {
          let earlier = Int64(history[i - lag])
          product += Int64(history[i]) * earlier
          energy += earlier * earlier
          i += stride
        }
        // The likeness squared, with its sign, in units that neither overflow nor vanish.
        let root = Int64(Double(energy).squareRoot()) + 1
        let score = product / root
        if score > best.score { best = (lag, score) }
      }
      for lag in Swift.stride(from: least, through: most, by: stride) { judge(lag) }
      if stride > 1 {
        let coarse = best.lag
        for lag in max(least, coarse - stride + 1)...min(most, coarse + stride - 1) where lag != coarse { judge(lag) }
      }
      period = best.lag
      let quarter = period / 4
      for i in 0..<period {
        let sample = Int(history[end - period + i])
        let fade = i - (period - quarter)
        // Towards its end the period turns into what came before its beginning.
        cycle[i] =
          fade <= 0
          ? Int16(sample)
          : Int16((sample * (quarter - fade) + Int(history[end - 2 * period + i]) * fade) / quarter)
      }
      step = Int(history[end - 1]) - Int(history[end - period - 1])
    }
  }
}
