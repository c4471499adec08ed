import Testing
import Wire

@testable import RTP

@Suite struct JitterBufferTests {
  /// Feeds sequence numbers at times and notes what comes out, lost ones as negative counts.
  struct Feed {
    var buffer = JitterBuffer()
    var now = Instant.zero
    var out: [Int] = []

    mutating func take(_ sequence: UInt16, ssrc: UInt32 = 1) {
      let header = RTPHeader(payloadType: 0, sequence: sequence, timestamp: UInt32(sequence) * 160, ssrc: ssrc)
      let payload = [UInt8(truncatingIfNeeded: sequence), 1, 2]
      let verdict = payload.withUnsafeBytes { buffer.take(header, $0, now: now) }
      switch verdict {
      case .next(let lost): note(lost, sequence)
      case .restarted: out.append(Int(sequence))
      case .full:
        while let held = buffer.flush(now: now) { note(held) }
        take(sequence, ssrc: ssrc)
      case .kept, .dropped: break
      }
      drain()
    }

    mutating func drain() { while let held = buffer.next(now: now) { note(held) } }

    mutating func wait(_ milliseconds: Int64) {
      now += .milliseconds(milliseconds)
      drain()
    }

    private mutating func note(_ held: JitterBuffer.Held) {
      buffer.withPayload(of: held) { #expect(Array($0) == [UInt8(truncatingIfNeeded: held.sequence), 1, 2]) }
      #expect(held.timestamp == UInt32(held.sequence) * 160)
      note(held.lost, held.sequence)
    }

    private mutating func note(_ lost: Int, _ sequence: UInt16) {
      if lost > 0 { out.append(-lost) }
      out.append(Int(sequence))
    }
  }

  @Test func whatComesInOrderPassesAtOnceAcrossTheEndOfTheNumbers() {
    var feed = Feed()
    for sequence: UInt16 in [65534, 65535, 0, 1] { feed.take(sequence) }
    #expect(feed.out == [65534, 65535, 0, 1] && feed.buffer.deadline == nil)
  }

  @Test func aGapIsWaitedForAndFilled() {
    var feed = Feed()
    for sequence: UInt16 in [10, 12, 13] { feed.take(sequence) }
    #expect(feed.out == [10] && feed.buffer.deadline != nil)
    feed.wait(5)
    feed.take(11)
    #expect(feed.out == [10, 11, 12, 13] && feed.buffer.missing == 0 && feed.buffer.deadline == nil)
  }

  @Test func aGapIsGivenUpWhenItsTimeHasComeAndEachGapHasItsOwn() {
    var feed = Feed()
    feed.take(10)
    feed.take(12)
    feed.wait(20)
    feed.take(15)
    feed.wait(10)
    #expect(feed.out == [10, -1, 12])
    feed.wait(15)
    #expect(feed.out == [10, -1, 12])
    feed.wait(10)
    #expect(feed.out == [10, -1, 12, -2, 15] && feed.buffer.missing == 3)
    feed.take(13)
    #expect(feed.out.count == 5 && feed.buffer.late == 1)
  }

  @Test func patienceGrowsWithLatenessAndShrinksWithLoss() {
    var feed = Feed()
    feed.take(0)
    let first = feed.buffer.patience.wait
    feed.take(2)
    feed.wait(50)
    feed.take(1)
    #expect(feed.buffer.patience.wait > first)
    var sequence: UInt16 = 2
    for _ in 0..<40 {
      sequence += 2
      feed.take(sequence)
      feed.wait(100)
    }
    #expect(feed.buffer.patience.wait == GapPatience.least)
  }

  @Test func duplicatesAreDropped() {
    var feed = Feed()
    for sequence: UInt16 in [1, 1, 2, 4, 4, 3, 4] { feed.take(sequence) }
    #expect(feed.out == [1, 2, 3, 4])
  }

  @Test func aWideGapIsGivenUpAtOnce() {
    var feed = Feed()
    for sequence: UInt16 in [1, 3, 100] { feed.take(sequence) }
    #expect(feed.out == [1, -1, 3, -96, 100])
  }

  @Test func aSourceThatCountsAnewIsBelievedTheSecondTime() {
    var feed = Feed()
    for sequence: UInt16 in [1, 2, 40000, 3] { feed.take(sequence) }
    #expect(feed.out == [1, 2, 3])
    for sequence: UInt16 in [50000, 50001, 50002] { feed.take(sequence) }
    #expect(feed.out == [1, 2, 3, 50001, 50002])
    feed.take(7, ssrc: 2)
    #expect(feed.out.last == 7)
  }

  @Test func everyPacketComesOutOnceAndInOrderWhateverTheNetworkDoes() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var feed = Feed()
      var order = Array(UInt16(65400)...65535) + Array(0...200)
      let first = order.removeFirst()
      feed.take(first)
      // Each may be put off by up to five places, and some never come.
      for i in order.indices where Int.random(in: 0..<5, using: &generator) == 0 {
        order.swapAt(i, min(order.count - 1, i + Int.random(in: 0...5, using: &generator)))
      }
      let lost = Set(order.filter { _ in Int.random(in: 0..<30, using: &generator) == 0 })
      for sequence in order where !lost.contains(sequence) {
        feed.take(sequence)
        feed.wait(4)
      }
      feed.wait(1000)
      let heard = feed.out.filter { $0 >= 0 }
      // What came too late is the only thing that may be missing, and time never goes back.
      let places = heard.map { Int(Int16(bitPattern: UInt16($0) &- first)) }
      #expect(places == places.sorted() && Set(heard).count == heard.count)
      #expect(heard.count + Int(feed.buffer.late) == order.count - lost.count + 1)
    }
  }
}
