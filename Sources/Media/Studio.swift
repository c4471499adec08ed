import RTP
import Wire

/// What the streams of one media thread share that the exchange itself speaks on: where their packets go, and random
/// numbers for new sources.
final class Studio {
  let outbox = Outbox()
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A source as RFC 3550 §5.1 wants it: each of its numbers random, but for the first sequence number where that must
  /// follow what the phone heard before.
  func newStream(from sequence: UInt16?) -> OutgoingStream {
    let first = next()
    let second = next()
    return OutgoingStream(
      ssrc: UInt32(truncatingIfNeeded: first >> 32), sequence: sequence ?? UInt16(truncatingIfNeeded: first),
      timestamp: UInt32(truncatingIfNeeded: second))
  }

  /// Until the next report of a leg: five seconds, varied so that streams that began together do not stay together
  /// (RFC 3550 §6.3.1).
  func reportInterval() -> Interval { .microseconds(2_500_000 + Int64(next() % 5_000_000)) }

  /// SplitMix64: spreads the seed, which is what must be random.
  private func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
