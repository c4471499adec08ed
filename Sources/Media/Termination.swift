import Codecs
import RTP
import Wire

/// A stream that ends at the exchange on both sides, because what one phone sends has to be decoded for the other: each
/// phone hears one continuous source of the exchange's own.
final class Termination {
  private let studio: Studio
  private var fromA: Transcoder?
  private var fromB: Transcoder?
  private var agreed: (a: Leg, b: Leg)?
  /// Sources that another process had, by whom they go to.
  private let resumed: (a: OutgoingStream?, b: OutgoingStream?)

  init(_ studio: Studio, resumed: (a: OutgoingStream?, b: OutgoingStream?) = (nil, nil)) {
    self.studio = studio
    self.resumed = resumed
  }

  /// Takes what was agreed with both phones. Each goes on hearing the source that it heard; a new one for it begins with
  /// the sequence number of `first`.
  func set(a: Leg, b: Leg, first: (a: UInt16?, b: UInt16?), now: Instant) {
    let last = agreed
    agreed = (a, b)
    if last.map({ !$0.a.codes(as: a, toward: $0.b, b) }) ?? true {
      fromA = Transcoder(from: a, to: b, .b, fromA?.stream ?? resumed.b ?? studio.newStream(from: first.b))
    }
    if last.map({ !$0.b.codes(as: b, toward: $0.a, a) }) ?? true {
      fromB = Transcoder(from: b, to: a, .a, fromB?.stream ?? resumed.a ?? studio.newStream(from: first.a))
    }
    fromA?.play(b.sound, now: now)
    fromB?.play(a.sound, now: now)
  }

  /// Takes a packet of the phone on this side that was admitted; what comes of it is written to the outbox.
  func receive(_ packet: UnsafeRawBufferPointer, _ header: RTPHeader, side: Side, now: Instant) {
    transcoder(toward: side.other)?.receive(packet, header, now: now, studio.outbox)
  }

  func transcoder(toward side: Side) -> Transcoder? { side == .a ? fromB : fromA }
  /// What the phone on this side is sent.
  func stream(toward side: Side) -> OutgoingStream? { transcoder(toward: side)?.stream }
  /// Its ticks a millisecond.
  func ticks(toward side: Side) -> UInt32 { UInt32(transcoder(toward: side)?.encoder.coding.ticks ?? 8) }
  func source(toward side: Side) -> UInt32? { stream(toward: side)?.ssrc }

  var deadline: Instant? { earliest(fromA?.deadline, fromB?.deadline) }

  func wake(now: Instant) {
    fromA?.wake(now: now, studio.outbox)
    fromB?.wake(now: now, studio.outbox)
    fromA?.sendSound(now, studio)
    fromB?.sendSound(now, studio)
  }
}

extension Leg {
  /// Whether what comes from this leg to `other` is coded the same way as from `leg` to `another`.
  fileprivate func codes(as leg: Leg, toward other: Leg, _ another: Leg) -> Bool {
    accepts == leg.accepts && other.sends == another.sends && other.packetTime == another.packetTime
      && other.opusBitrate == another.opusBitrate && digits == leg.digits && other.digits == another.digits
  }
}
