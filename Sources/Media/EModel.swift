import RTP
import Wire

/// The E-model of ITU-T G.107 with everything at its default but delay and loss.
enum EModel {
  /// The rating without any impairment (G.107 §7.7).
  private static let best = 93.2
  /// G.711 with concealment, which G.113 appendix I gives no impairment of its own and a robustness of 25.1 against random
  /// loss. It has no values for wideband codecs on this scale; they are taken to be no worse.
  private static let robustness = 25.1
  /// Milliseconds that packets are made in and that a phone's own buffer and codec take.
  private static let apparatus = 60.0

  /// A hundredfold mean opinion score for a loss of so many 10,000ths, and a round trip.
  static func score(loss: UInt32, jitter: Interval, roundTrip: Interval?) -> UInt32 {
    let percent = Double(loss) / 100
    let lossImpairment = 95 * percent / (percent + robustness)
    // A buffer holds about twice the jitter.
    let delay =
      Double(roundTrip?.microseconds ?? 0) / 2000 + 2 * Double(jitter.microseconds) / 1000 + apparatus
    let rating = best - delayImpairment(delay) - lossImpairment
    guard rating > 0 else { return 100 }
    // G.107 annex B.
    let score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    return UInt32(max(100, min(450, score * 100 + 0.5)))
  }

  /// Idd of G.107 §7.4 (equation 7-27) for a one-way delay in milliseconds, by straight lines between values of that
  /// equation, 50 ms apart.
  private static func delayImpairment(_ milliseconds: Double) -> Double {
    let values: InlineArray<11, Double> = [0, 0, 0, 0.16, 3.04, 8.92, 14.76, 19.81, 24.07, 27.64, 30.64]
    let place = min(max(0, milliseconds / 50), 9.999)
    let below = Int(place)
    return values[below] + (values[below + 1] - values[below]) * (place - Double(below))
  }
}
