import Wire

/// What RTCP tells of one stream and whoever it is spoken with (RFC 3550 §6.4): how the other end is heard, how it says
/// that it hears, and how far away it is.
public struct StreamReports: Sendable {
  /// What comes from the other end, by our own count.
  public var reception = Reception()
  /// What it says of what it hears.
  public private(set) var heard: ReportBlock?
  public private(set) var roundTrip: Interval?
  /// The last sender report that came, and the last that went to the other end.
  private var came: SenderNote?
  public var sent: SenderNote?
  /// When our next report is due, and what had been sent by the last.
  public var next: Instant?
  private var sentBefore: UInt32 = 0

  public init() {}

  /// Reads a compound of the other end's that `RTCPCompound` found well formed. `source` is the one that it hears.
  @export(interface)
  public mutating func read(_ compound: UnsafeRawBufferPointer, source: UInt32?, now: Instant) {
    if let (author, ntp) = Reports.senderReport(in: compound), author == reception.ssrc {
      came = SenderNote(ntp: ntp, at: now)
    }
    var block: ReportBlock?
    Reports.blocks(in: compound) { if $0.ssrc == source { block = $0 } }
    guard let block else { return }
    heard = block
    if let away = block.roundTrip(of: sent, now: now) { roundTrip = away }
  }

  /// Writes our report to the other end, on our stream and on what came from there; returns its octets.
  @export(interface)
  public mutating func write(
    _ stream: OutgoingStream, now: Instant, to packet: UnsafeMutableRawBufferPointer
  ) -> Int {
    let (count, note) = Reports.write(
      stream, sending: stream.packets != sentBefore, on: reception.block(came, now: now), now: now, to: packet)
    sentBefore = stream.packets
    if let note { sent = note }
    return count
  }
}
