import RTP
import Wire

/// What the streams of one media thread share that the exchange itself speaks on: where their packets go, random numbers
/// for new sources, and the hold music.
final class Studio {
  let outbox = Outbox()
  var music: Music? { didSet { samples = (music?.narrow, music?.wide) } }
  /// Of `music`, which other threads hold too: a packet is not to touch its reference count.
  private var samples: (narrow: UnsafeBufferPointer<Int16>?, wide: UnsafeBufferPointer<Int16>?)
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The hold music at 8000 or 16000 samples a second; empty where there is no recording.
  func recording(rate: Int) -> UnsafeBufferPointer<Int16> {
    (rate == 8000 ? samples.narrow : samples.wide) ?? UnsafeBufferPointer(start: nil, count: 0)
  }

  /// A source as RFC 3550 §5.1 wants it: each of its numbers random, but for the first sequence number where that must
  /// follow what the phone heard before.
  func newStream(from sequence: UInt16?) -> OutgoingStream {
    let first = next()
    let second = next()
    return OutgoingStream(
      ssrc: UInt32(truncatingIfNeeded: first >> 32), sequence: sequence ?? UInt16(truncatingIfNeeded: first),
      timestamp: UInt32(truncatingIfNeeded: second))
  }

  /// A source that is encrypted: of its first packets none must be taken for one behind the beginning (RFC 3711 §3.3.1).
  func newSource() -> OutgoingStream { newStream(from: UInt16(truncatingIfNeeded: next()) & 0x7fff) }

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
