import Testing
import Wire

@testable import RTP

@Suite struct ReportTests {
  private func header(_ sequence: UInt16, _ timestamp: UInt32, ssrc: UInt32 = 5) -> RTPHeader {
    RTPHeader(payloadType: 0, sequence: sequence, timestamp: timestamp, ssrc: ssrc)
  }

  @Test func lossIsCountedAcrossTheEndOfTheNumbers() throws {
    var reception = Reception()
    for i in 0..<200 where i % 10 != 5 {
      let sequence = UInt16(truncatingIfNeeded: 65500 + i)
      reception.take(header(sequence, UInt32(i) * 160), ticks: 8, now: .zero + .milliseconds(Int64(i) * 20))
    }
    #expect(reception.expected == 200 && reception.received == 180 && reception.lost == 20)
    #expect(reception.jitter == 0)
    let made = reception.block(nil, now: .zero)
    let block = try #require(made)
    #expect(block.fraction == 25 && block.lost == 20 && block.ssrc == 5)
    #expect(block.highest == 0x1_0000 + (65500 + 199) & 0xffff, "went round once")
    for i in 200..<300 {
      reception.take(header(UInt16(truncatingIfNeeded: 65500 + i), 0), ticks: 0, now: .zero)
    }
    #expect(reception.block(nil, now: .zero)?.fraction == 0, "none lost since the last report")
  }

  @Test func whatComesTwiceOrLateIsNoLoss() {
    var reception = Reception()
    for sequence: UInt16 in [10, 12, 11, 12, 13] {
      reception.take(header(sequence, UInt32(sequence) * 160), ticks: 8, now: .zero)
    }
    #expect(reception.expected == 4 && reception.lost == -1)
    #expect(reception.block(nil, now: .zero)?.fraction == 0)
  }

  /// Every other packet 10 ms late: the mean deviation tends to 80 ticks.
  @Test func jitterIsTheMeanDeviationOfTransit() {
    var reception = Reception()
    for i in 0..<500 {
      let late: Int64 = i % 2 == 0 ? 0 : 10
      reception.take(
        header(UInt16(i), UInt32(i) * 160), ticks: 8, now: .zero + .milliseconds(Int64(i) * 20 + late))
    }
    #expect((75...80).contains(reception.jitter))
    var other = reception
    other.take(header(501, 900_000), ticks: 8, now: .zero + .seconds(10))
    #expect(other.jitter == reception.jitter, "a silence is no jitter")
  }

  @Test func whatPassesUnseenIsNeitherLossNorJitter() {
    var reception = Reception()
    for i in 0..<50 {
      reception.take(header(UInt16(i), UInt32(i) * 160), ticks: 8, now: .zero + .milliseconds(Int64(i) * 20))
    }
    reception.pause()
    for i in 40000..<40050 {
      reception.take(header(UInt16(i), UInt32(i) * 160), ticks: 8, now: .zero + .milliseconds(Int64(i) * 20))
    }
    #expect(reception.lost == 0 && reception.expected == 100 && reception.jitter == 0)
  }

  @Test func anotherSourceIsCountedAnew() {
    var reception = Reception()
    reception.take(header(1, 0), ticks: 8, now: .zero)
    reception.take(header(9000, 0, ssrc: 6), ticks: 8, now: .zero)
    #expect(reception.expected == 1 && reception.ssrc == 6 && reception.lost == 0)
  }

  @Test(arguments: [true, false], [true, false])
  func whatIsWrittenIsReadAgain(sending: Bool, hasBlock: Bool) throws {
    var stream = OutgoingStream(ssrc: 0xdead_beef, sequence: 1, timestamp: 77)
    stream.sent(160)
    var block = ReportBlock(ssrc: 9)
    block.fraction = 128
    block.lost = -3
    block.highest = 0x2_0001
    block.jitter = 44
    block.lastReport = 0x1234_5678
    block.delay = 65536
    let now = Instant.zero + .microseconds(3_500_000)
    var bytes = [UInt8](repeating: 0xaa, count: 200)
    let (count, sent) = bytes.withUnsafeMutableBytes {
      Reports.write(stream, sending: sending, on: hasBlock ? block : nil, now: now, to: $0)
    }
    try bytes[..<count].withUnsafeBytes { compound in
      let read = try #require(RTCPCompound(compound))
      #expect(read.sender == 0xdead_beef && read.count == 2 && !read.hasBye)
      var blocks: [ReportBlock] = []
      Reports.blocks(in: compound) { blocks.append($0) }
      #expect(blocks == (hasBlock ? [block] : []))
      let report = Reports.senderReport(in: compound)
      #expect(report?.ssrc == (sending ? 0xdead_beef : nil) && report?.ntp == (sending ? 0x0003_8000 : nil))
      #expect(sent == (sending ? SenderNote(ntp: 0x0003_8000, at: now) : nil))
    }
  }

  @Test func theWayThereAndBackIsWhatIsLeftOfTheTimeTheReportWasHeld() {
    var block = ReportBlock(ssrc: 1)
    block.lastReport = 42
    block.delay = 65536 / 2
    let sent = SenderNote(ntp: 42, at: .zero)
    #expect(block.roundTrip(of: sent, now: .zero + .milliseconds(540)) == .milliseconds(40))
    #expect(block.roundTrip(of: sent, now: .zero + .milliseconds(400)) == nil, "held for longer than it was away")
    #expect(block.roundTrip(of: SenderNote(ntp: 43, at: .zero), now: .zero + .seconds(1)) == nil)
    #expect(block.roundTrip(of: nil, now: .zero) == nil)
  }

  @Test func anyOctetsMayBeReadAsReports() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20000 {
      var bytes = (0..<Int.random(in: 0...120)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if bytes.count > 2 { (bytes[0], bytes[1]) = (0x80 | bytes[0] & 31, 200 + bytes[1] % 2) }
      bytes.withUnsafeBytes { all in
        Reports.blocks(in: all) { _ in }
        _ = Reports.senderReport(in: all)
      }
    }
  }
}
