import Testing
import Wire

@testable import RTP

@Suite struct PlayoutBufferTests {
  /// A listener that needs a frame every 20 ms, and a network in virtual time.
  struct Listener {
    var buffer = PlayoutBuffer(packetTime: 20, ticks: 8)
    var onTheWay: [(at: Int64, sequence: UInt16)] = []
    var heard: [Int] = []
    var held: [Int64] = []
    var missing = 0
    var silent = 0

    /// Sends a packet at this many milliseconds, to arrive so much later.
    mutating func send(_ sequence: Int, at: Int64, delay: Int64) {
      onTheWay.append((at + delay, UInt16(truncatingIfNeeded: sequence)))
    }

    mutating func listen(from start: Int64, to end: Int64) {
      onTheWay.sort { $0.at < $1.at }
      for now in stride(from: start, to: end, by: 20) {
        while let next = onTheWay.first, next.at <= now {
          onTheWay.removeFirst()
          let header = RTPHeader(
            payloadType: 0, sequence: next.sequence, timestamp: 0xffff_0000 &+ UInt32(next.sequence) &* 160, ssrc: 3)
          [UInt8(truncatingIfNeeded: next.sequence)].withUnsafeBytes {
            buffer.put(header, $0, now: .zero + .milliseconds(next.at))
          }
        }
        switch buffer.take(now: .zero + .milliseconds(now)) {
        case .packet(let packet):
          buffer.withPayload(of: packet) { #expect($0[0] == UInt8(truncatingIfNeeded: packet.sequence)) }
          heard.append(Int(packet.sequence))
          held.append(now - Int64(packet.sequence) * 20)
        case .missing: missing += 1
        case .silent: silent += 1
        }
      }
    }
  }

  @Test func onAQuietNetworkPacketsAreHeldForHardlyMoreThanOne() {
    var listener = Listener()
    for i in 0..<500 { listener.send(i, at: Int64(i) * 20, delay: 5) }
    listener.listen(from: 0, to: 10000)
    #expect(listener.heard.count >= 497 && listener.missing == 0)
    #expect(listener.held.max()! <= 45)
    #expect(listener.heard == listener.heard.sorted())
  }

  @Test func unevenPacketsAreHeldForAsLongAsTheyNeed() {
    var generator = SystemRandomNumberGenerator()
    var listener = Listener()
    for i in 0..<3000 { listener.send(i, at: Int64(i) * 20, delay: 5 + Int64.random(in: 0...60, using: &generator)) }
    listener.listen(from: 0, to: 60000)
    // While it learns, a few are missed.
    #expect(listener.missing < 40 && listener.heard.count > 2940)
    #expect(listener.held.dropFirst(50).max()! <= 130)
    #expect(listener.heard == listener.heard.sorted() && Set(listener.heard).count == listener.heard.count)
  }

  @Test func itHoldsThemForLessWhenTheNetworkCalmsDown() {
    var generator = SystemRandomNumberGenerator()
    var listener = Listener()
    for i in 0..<500 { listener.send(i, at: Int64(i) * 20, delay: 5 + Int64.random(in: 0...100, using: &generator)) }
    for i in 500..<3000 { listener.send(i, at: Int64(i) * 20, delay: 5) }
    listener.listen(from: 0, to: 60000)
    #expect(listener.held.last! <= 45 && listener.held.max()! >= 80)
    #expect(listener.buffer.skipped > 0)
  }

  @Test func aPacketThatWasLateOnceDoesNotDelayTheRestForEver() {
    var listener = Listener()
    for i in 0..<3000 { listener.send(i, at: Int64(i) * 20, delay: i == 100 ? 35 : 5) }
    listener.listen(from: 0, to: 60000)
    #expect(listener.missing == 1 && listener.buffer.skipped == 1)
    #expect(listener.held[50] == 20 && listener.held[150] == 40 && listener.held.last == 20)
  }

  @Test func eachLostPacketIsMissedOnce() {
    var listener = Listener()
    for i in 0..<1000 where i % 50 != 25 { listener.send(i, at: Int64(i) * 20, delay: 5) }
    listener.listen(from: 0, to: 20000)
    #expect(listener.missing == 20 && listener.heard.count >= 978)
  }

  @Test func aSourceThatFallsSilentIsHeardAgain() {
    var listener = Listener()
    for i in 0..<100 { listener.send(i, at: Int64(i) * 20, delay: 5) }
    for i in 300..<400 { listener.send(i, at: Int64(i) * 20, delay: 5) }
    listener.listen(from: 0, to: 8100)
    #expect(listener.heard.count > 190 && listener.missing <= 6 && listener.silent > 150)
    #expect(listener.held.max()! <= 65)
  }

  /// A clock that runs 500 millionths slow sends 1 packet fewer in 40 s.
  @Test func clocksThatDifferNeitherFillNorEmptyIt() {
    var listener = Listener()
    for i in 0..<30000 { listener.send(i, at: Int64(i) * 20 + Int64(i) / 100, delay: 5) }
    listener.listen(from: 0, to: 600_000)
    #expect(listener.heard.count > 29500 && listener.silent < 10)
    #expect(listener.missing < 40)
    var fast = Listener()
    for i in 0..<30000 { fast.send(i, at: Int64(i) * 20 - Int64(i) / 100, delay: 505) }
    fast.listen(from: 0, to: 600_000)
    #expect(fast.heard.count > 29500 && fast.missing < 40 && fast.buffer.delay < .milliseconds(100))
  }

  @Test func anythingMayComeFromTheNetwork() {
    var generator = SystemRandomNumberGenerator()
    var buffer = PlayoutBuffer(packetTime: 20, ticks: 48)
    var now = Instant.zero
    for _ in 0..<20000 {
      let header = RTPHeader(
        payloadType: 0, sequence: UInt16.random(in: 0...(Bool.random() ? 60 : 65535), using: &generator),
        timestamp: UInt32.random(in: 0...UInt32.max, using: &generator),
        ssrc: UInt32.random(in: 1...3, using: &generator))
      [UInt8](repeating: 1, count: Int.random(in: 0...2000)).withUnsafeBytes { buffer.put(header, $0, now: now) }
      _ = buffer.take(now: now)
      now += .milliseconds(Int64.random(in: 0...30, using: &generator))
    }
  }
}
