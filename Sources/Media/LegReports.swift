import RTP
import Wire

/// What RTCP tells of one leg: how the phone is heard, how it says that it hears, and how far away it is.
struct LegReports: Sendable {
  /// What comes from the phone, by our own count.
  var reception = Reception()
  /// What the phone says of what it hears.
  private var heard: ReportBlock?
  private(set) var roundTrip: Interval?
  /// The last sender report that came from the phone, and the last that went to it.
  private(set) var fromPhone: SenderNote?
  var toPhone: SenderNote?
  /// When the exchange's own next report is due on this leg, and what it had sent by the last.
  var next: Instant?
  private var sentBefore: UInt32 = 0

  /// Reads a compound of the phone's that was admitted. `source` is the one that the phone hears.
  mutating func read(_ compound: UnsafeRawBufferPointer, source: UInt32?, now: Instant) {
    if let report = Reports.senderReport(in: compound) { fromPhone = SenderNote(ntp: report.ntp, at: now) }
    var block: ReportBlock?
    Reports.blocks(in: compound) { if $0.ssrc == source { block = $0 } }
    guard let block else { return }
    heard = block
    if let away = block.roundTrip(of: toPhone, now: now) { roundTrip = away }
  }

  /// Writes the exchange's own report to the phone, on its stream and on what came from it; returns its octets.
  mutating func write(_ stream: OutgoingStream, now: Instant, to packet: UnsafeMutableRawBufferPointer) -> Int {
    let (count, sent) = Reports.write(
      stream, sending: stream.packets != sentBefore, on: reception.block(fromPhone, now: now), now: now, to: packet)
    sentBefore = stream.packets
    if let sent { toPhone = sent }
    return count
  }

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
