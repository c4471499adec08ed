import Wire

/// Reads and writes the reports of RTCP (RFC 3550 §6.4). Only what `RTCPCompound` has found to be well formed is read.
public enum Reports {
  /// The source and time of the sender report in a compound, if there is one.
  public static func senderReport(in compound: UnsafeRawBufferPointer) -> (ssrc: UInt32, ntp: UInt32)? {
    guard compound.count >= 28, compound[1] == RTCPCompound.senderReport else { return nil }
    return (word(compound, 4), word(compound, 8) << 16 | word(compound, 12) >> 16)
  }

  /// Hands over each report block of the compound's reports.
  @export(interface)
  public static func blocks(in compound: UnsafeRawBufferPointer, _ body: (ReportBlock) -> Void) {
    var offset = 0
    while offset + 8 <= compound.count {
      let length = ((Int(compound[offset + 2]) << 8 | Int(compound[offset + 3])) + 1) * 4
      let type = compound[offset + 1]
      let isReport = type == RTCPCompound.senderReport || type == RTCPCompound.receiverReport
      var block = offset + (type == RTCPCompound.senderReport ? 28 : 8)
      for _ in 0..<(isReport ? Int(compound[offset] & 31) : 0) {
        guard block + ReportBlock.size <= min(offset + length, compound.count) else { break }
        body(read(compound, block))
        block += ReportBlock.size
      }
      offset += length
    }
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> ReportBlock {
    var block = ReportBlock(ssrc: word(bytes, at))
    let loss = word(bytes, at + 4)
    block.fraction = UInt8(loss >> 24)
    block.lost = Int32(bitPattern: loss << 8) >> 8
    block.highest = word(bytes, at + 8)
    block.jitter = word(bytes, at + 12)
    block.lastReport = word(bytes, at + 16)
    block.delay = word(bytes, at + 20)
    return block
  }

  /// Octets that a compound of `write` takes at most.
  public static let longest = 28 + ReportBlock.size + 24 + 8

  /// Writes a report of `stream` with a block on what is received, and the name of the source (§6.5.1). A sender report
  /// where the stream has sent since the last, else a receiver report. The time of its NTP stamp runs from an arbitrary
  /// start, as §4 allows, and nobody learns the box's clock. Returns its octets and what to remember of a sender report.
  @export(interface)
  public static func write(
    _ stream: OutgoingStream, sending: Bool, on block: ReportBlock?, now: Instant,
    to packet: UnsafeMutableRawBufferPointer
  ) -> (count: Int, sent: SenderNote?) {
    guard packet.count >= longest else { return (0, nil) }
    var at = 0
    func put(_ value: UInt32) {
      packet.storeBytes(of: value.bigEndian, toByteOffset: at, as: UInt32.self)
      at += 4
    }
    let size = (sending ? 28 : 8) + (block == nil ? 0 : ReportBlock.size)
    let type = sending ? RTCPCompound.senderReport : RTCPCompound.receiverReport
    put(0x8000_0000 | (block == nil ? 0 : 1) << 24 | UInt32(type) << 16 | UInt32(size / 4 - 1))
    put(stream.ssrc)
    var note: SenderNote?
    if sending {
      let seconds = UInt32(truncatingIfNeeded: now.microseconds / 1_000_000)
      let fraction = UInt32(truncatingIfNeeded: (now.microseconds % 1_000_000) << 32 / 1_000_000)
      note = SenderNote(ntp: seconds << 16 | fraction >> 16, at: now)
      put(seconds)
      put(fraction)
      put(stream.timestamp)
      put(stream.packets)
      put(stream.octets)
    }
    if let block {
      put(block.ssrc)
      put(UInt32(block.fraction) << 24 | UInt32(bitPattern: block.lost) & 0xff_ffff)
      put(block.highest)
      put(block.jitter)
      put(block.lastReport)
      put(block.delay)
    }
    // CNAME: the SSRC in hexadecimal, for a name says too much (RFC 7022).
    put(0x81ca_0004)
    put(stream.ssrc)
    let digits: StaticString = "0123456789abcdef"
    packet[at] = 1
    packet[at + 1] = 8
    for i in 0..<8 { packet[at + 2 + i] = digits.utf8Start[Int(stream.ssrc >> UInt32(28 - 4 * i) & 15)] }
    // The list ends with zeros up to the next word.
    packet[at + 10] = 0
    packet[at + 11] = 0
    return (at + 12, note)
  }
}
