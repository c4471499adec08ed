import RTP
import Testing
import Wire

@testable import Media

@Suite struct QualityTests {
  private let controlA = address("192.0.2.10", 4001)
  private let controlB = address("192.0.2.20", 5001)

  private func report(_ block: ReportBlock, from ssrc: UInt32, sending: Bool = false, now: Instant) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 200)
    let stream = OutgoingStream(ssrc: ssrc, sequence: 0, timestamp: 0)
    let count = bytes.withUnsafeMutableBytes {
      Reports.write(stream, sending: sending, on: block, now: now, to: $0).count
    }
    return Array(bytes[..<count])
  }

  private func control(_ scene: Scene, _ side: Side, _ bytes: [UInt8]) -> RelayStream.Outcome {
    bytes.withUnsafeBytes {
      scene.stream.receiveControl($0, side: side, from: side == .a ? controlA : controlB, now: scene.now)
    }
  }

  /// The controls written to the outbox, with their sides.
  private func reports(_ scene: Scene) -> [(side: Side, octets: [UInt8])] {
    let found = scene.studio.outbox.packets.filter { $0.letter.isControl }.map { ($0.letter.side, $0.octets) }
    scene.studio.outbox.address { letter, _ in
      _ = scene.stream.send(letter.count, to: letter.side, isControl: letter.isControl)
      return nil
    }
    var room = [UInt8](repeating: 0, count: 2048)
    while room.withUnsafeMutableBytes({ scene.studio.outbox.next(into: $0) }) != nil {}
    return found
  }

  @Test func whereTheExchangeTerminatesItReportsToEachPhoneAboutEveryFiveSeconds() throws {
    let scene = Scene(
      a: Scene.leg(Scene.phoneA, [TranscoderTests.mu]), b: Scene.leg(Scene.phoneB, [TranscoderTests.g722]))
    let talker = try Talker(TranscoderTests.mu)
    var found: [(side: Side, octets: [UInt8])] = []
    for i in 0..<1500 {
      if i % 20 != 7 { scene.send(.a, talker.speak()) } else { _ = talker.speak() }
      scene.now += .milliseconds(20)
      if let deadline = scene.stream.deadline, deadline <= scene.now { scene.stream.wake(now: scene.now) }
      found += reports(scene)
    }
    // 30 s.
    for side in [Side.a, .b] { #expect((4...12).contains(found.count { $0.side == side })) }
    let toA = try #require(found.last { $0.side == .a })
    let toB = try #require(found.last { $0.side == .b })
    toA.octets.withUnsafeBytes { compound in
      #expect(compound[1] == RTCPCompound.receiverReport, "a hears nothing of b, so nothing was sent to it")
      var blocks: [ReportBlock] = []
      Reports.blocks(in: compound) { blocks.append($0) }
      #expect(blocks.count == 1 && blocks[0].ssrc == 7 && (10...16).contains(blocks[0].fraction))
    }
    toB.octets.withUnsafeBytes { compound in
      #expect(compound[1] == RTCPCompound.senderReport)
      #expect(RTCPCompound(compound)?.sender != 7)
    }
    // A phone's report about that stream is not passed on, and says how far away it is.
    let source = try #require(toB.octets.withUnsafeBytes { RTCPCompound($0)?.sender })
    var block = ReportBlock(ssrc: source)
    block.lost = 30
    block.jitter = 40
    block.lastReport = try #require(toB.octets.withUnsafeBytes { Reports.senderReport(in: $0)?.ntp })
    scene.send(.b, try Talker(TranscoderTests.g722).speak())
    let before = scene.stream.statistics.b
    #expect(before?.roundTrip == nil && before?.outgoing == nil)
    #expect(control(scene, .b, report(block, from: 7, now: scene.now)) == .drop)
    let b = scene.stream.statistics.b
    #expect(b?.roundTrip != nil)
    #expect(b?.outgoing?.jitter == .milliseconds(5))
    let incoming = try #require(scene.stream.statistics.a.incoming)
    #expect((450...550).contains(incoming.loss) && incoming.score < 410)
  }

  @Test func reportsThatAreRelayedTellAboutBothPhones() throws {
    let scene = Scene()
    for sequence in UInt16(1)...100 {
      scene.now += .milliseconds(20)
      scene.send(.a, from: Scene.phoneA, sequence: sequence, ssrc: 7)
      scene.send(.b, from: Scene.phoneB, sequence: sequence, ssrc: 8)
    }
    #expect(scene.stream.deadline == nil, "nothing of our own is due")
    let sent = report(ReportBlock(ssrc: 99), from: 7, sending: true, now: scene.now)
    #expect(control(scene, .a, sent) == .send(.b, controlB))
    var block = ReportBlock(ssrc: 7)
    block.lost = 5
    block.jitter = 16
    block.lastReport = try #require(sent.withUnsafeBytes { Reports.senderReport(in: $0)?.ntp })
    block.delay = 65536
    scene.now += .milliseconds(1030)
    #expect(control(scene, .b, report(block, from: 8, now: scene.now)) == .send(.a, controlA))
    let statistics = scene.stream.statistics
    #expect(statistics.b?.roundTrip == .milliseconds(30))
    #expect(statistics.b?.outgoing?.loss == 500 && statistics.b?.outgoing?.jitter == .milliseconds(2))
    #expect(statistics.a.incoming?.loss == 0 && statistics.a.incoming?.score == 441)
    // A block about a source that the phone does not hear tells nothing.
    #expect(scene.stream.statistics.a.outgoing == nil)
  }

  @Test func theScoreFallsWithLossDelayAndJitter() {
    // G.107's default rating of 93.2 is a score of 4.41.
    #expect(EModel.score(loss: 0, jitter: .zero, roundTrip: nil) == 441)
    let scores = [0, 100, 300, 1000, 3000, 10000].map { EModel.score(loss: $0, jitter: .zero, roundTrip: nil) }
    #expect(scores == scores.sorted(by: >) && scores.last! < 200)
    let delays = [50, 300, 600, 1200].map { EModel.score(loss: 0, jitter: .zero, roundTrip: .milliseconds($0)) }
    #expect(delays == delays.sorted(by: >) && delays[0] == 441 && delays[3] < 350)
    #expect(EModel.score(loss: 0, jitter: .milliseconds(80), roundTrip: nil) < 441)
    #expect(EModel.score(loss: 10000, jitter: .seconds(9), roundTrip: .seconds(9)) == 100)
  }
}
