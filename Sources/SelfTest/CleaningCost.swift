import Codecs

extension SelfTest {
  /// Samples a second of most sound cards.
  public static let cleanedRate = 48000

  /// Takes echo and noise out of so many seconds as a phone on a sound card does, for whoever wants to know what that costs
  /// on this processor. Returns whether the echo is gone once there was time to learn it: half of it after three seconds.
  @export(interface)
  public static func cleanVoice(seconds: Int) -> Bool {
    guard let cleaner = VoiceCleaner(rate: cleanedRate, echo: true, noise: true) else { return false }
    var played = [Int16](repeating: 0, count: cleaner.count)
    var heard = played
    // The echo comes a step later.
    var echo = played
    var state: UInt32 = 1
    var before: UInt64 = 0
    var after: UInt64 = 0
    for step in 0..<seconds * cleanedRate / cleaner.count {
      for i in played.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        heard[i] = echo[i] / 2
        played[i] = Int16(truncatingIfNeeded: Int32(bitPattern: state) >> 19)
        echo[i] = played[i]
      }
      let isLearnt = step * cleaner.count >= 3 * cleanedRate
      if isLearnt { before &+= energy(heard) }
      heard.withUnsafeMutableBufferPointer { heard in
        played.withUnsafeBufferPointer { cleaner.clean(heard, played: $0) }
      }
      if isLearnt { after &+= energy(heard) }
    }
    return after <= before / 2
  }

  private static func energy(_ samples: [Int16]) -> UInt64 {
    samples.reduce(0) { $0 &+ UInt64(Int32($1) &* Int32($1)) }
  }
}
