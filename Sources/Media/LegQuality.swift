import RTP
import Wire

/// What the reports of a leg say of its quality.
extension StreamReports {
  /// How the phone is heard; nil before it was. `ticks` is what its timestamps count in a millisecond.
  func incoming(ticks: UInt32) -> Quality? {
    guard reception.received > 0, reception.expected > 0 else { return nil }
    let lost = UInt64(max(0, reception.lost))
    return quality(UInt32(clamping: lost * 10000 / UInt64(reception.expected)), reception.jitter, ticks)
  }

  /// How the phone hears, by its own word, of so many packets that it was sent; nil before it has said so.
  func outgoing(ticks: UInt32, of packets: UInt64) -> Quality? {
    guard let heard, packets > 0 else { return nil }
    return quality(UInt32(clamping: min(10000, UInt64(max(0, heard.lost)) * 10000 / packets)), heard.jitter, ticks)
  }

  private func quality(_ loss: UInt32, _ jitter: UInt32, _ ticks: UInt32) -> Quality {
    let jitter = Interval.microseconds(Int64(jitter) * 1000 / Int64(max(1, ticks)))
    return Quality(loss: loss, jitter: jitter, score: EModel.score(loss: loss, jitter: jitter, roundTrip: roundTrip))
  }
}
