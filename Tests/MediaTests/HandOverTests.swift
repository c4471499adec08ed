import KernelRelay
import Platform
import RTP
import Testing
import Wire

@testable import Media

/// Sockets that are nowhere.
struct NoEngine: PacketEngine {
  var slots = 0

  mutating func attach(_ descriptor: Int32) -> Int? {
    slots += 1
    return slots - 1
  }
  mutating func detach(_ slot: Int) {}
  mutating func run(least: Int, timeout: Interval?, _ handler: inout some PacketHandler) -> Int { 0 }
  mutating func close() {}
}

/// A call in virtual time whose kernel is this test.
final class KernelScene {
  let id = StreamID(3)
  let addresses = [Scene.phoneA, Scene.phoneB]
  let elsewhere = address("192.0.2.99", 7000)
  var board = Switchboard(patience: .seconds(60), desk: KernelDesk(first: 1, step: 2))
  var engine = NoEngine()
  var now = Instant.zero
  var sequence: [UInt16] = [100, 200]

  init(opened: Bool = true) {
    if opened { board.hear(.opened, now: now) }
    set(.a)
    set(.b)
  }

  func leg(_ side: Side, _ payloads: [Payload], takes: Bool = true) -> Leg {
    Leg(
      port: side == .a ? 16384 : 16386, remote: addresses[Int(side.rawValue)], accepts: payloads, sends: payloads,
      takesMedia: takes)
  }

  func set(
    _ side: Side, _ payloads: [Payload] = [Payload(0, .pcmu), Payload(101, .telephoneEvent)], takes: Bool = true
  ) {
    let leg = leg(side, payloads, takes: takes)
    let isNew = engine.slots < 2 * Int(side.rawValue) + 2
    let pair = isNew ? PortPair(port: leg.port, rtp: -1, control: -1) : nil
    board.perform(.setLeg(id, side, leg), pair, &engine, now: now)
  }

  func close() { board.perform(.close(id), nil, &engine, now: now) }

  /// One packet; where it goes.
  @discardableResult
  func send(_ side: Side, from: SocketAddress? = nil, payload: UInt8 = 0, ssrc: UInt32? = nil) -> SocketAddress? {
    let i = Int(side.rawValue)
    sequence[i] &+= 1
    let header = RTPHeader(payloadType: payload, sequence: sequence[i], timestamp: 0, ssrc: ssrc ?? UInt32(i) + 7)
    var packet = header.packet([1, 2, 3, 4])
    board.begin(now: now)
    return packet.withUnsafeMutableBytes { board.receive($0, slot: 2 * i, from: from ?? addresses[i])?.address }
  }

  func talk(_ packets: Int = 10) {
    for _ in 0..<packets {
      send(.a)
      send(.b)
      now += .milliseconds(20)
    }
  }

  /// What is asked of the helper.
  func asked() -> [RelayRequest] {
    board.handOver()
    return board.desk.takeRequests()
  }

  func count(_ number: UInt32, _ packets: UInt64, isLast: Bool = false) {
    board.hear(.reply(.count(number, KernelCount(packets: packets, octets: packets * 16), isLast: isLast)), now: now)
  }

  var closed: StreamStatistics? {
    for case .closed(id, let statistics) in board.takeEvents() { return statistics }
    return nil
  }
}

@Suite struct HandOverTests {
  private func taken(_ requests: [RelayRequest]) -> [UInt32: KernelLeg] {
    var legs: [UInt32: KernelLeg] = [:]
    for case .take(let number, let leg) in requests { legs[number] = leg }
    return legs
  }

  @Test func aCallIsHandedOverOnceBothPhonesWereHeard() {
    let scene = KernelScene()
    for _ in 0..<20 { scene.send(.a) }
    #expect(scene.asked().isEmpty, "the other phone was not heard")
    for _ in 0..<7 { scene.send(.b) }
    #expect(taken(scene.asked()).count == 1)
    scene.send(.b)
    let later = taken(scene.asked())
    #expect(
      later[3]
        == KernelLeg(
          source: Scene.phoneB, port: 16386, ssrc: 8, types: PayloadTypes(low: 1, high: 1 << 37), target: Scene.phoneA,
          exit: 16384))
    #expect(scene.asked().isEmpty)
  }

  @Test func withoutAHelperNothingIsAsked() {
    let scene = KernelScene(opened: false)
    scene.talk()
    #expect(scene.asked().isEmpty)
    scene.board.hear(.opened, now: scene.now)
    #expect(scene.asked().count == 2)
  }

  @Test func whatMustBeConvertedOrRenumberedStays() {
    let scene = KernelScene()
    scene.set(.b, [Payload(8, .pcma), Payload(96, .telephoneEvent)])
    scene.talk()
    #expect(scene.asked().isEmpty)
    scene.set(.b, [Payload(0, .pcmu), Payload(96, .telephoneEvent)])
    scene.talk()
    #expect(taken(scene.asked()).values.allSatisfy { $0.types == PayloadTypes(low: 1) })
  }

  @Test func everyChangeTakesTheLegsBackFirst() {
    let scene = KernelScene()
    scene.talk()
    #expect(scene.asked().count == 2)
    scene.set(.a, takes: false)
    #expect(scene.board.desk.takeRequests().contains(.leave(1)))
    scene.talk()
    #expect(
      taken(scene.asked()).values.allSatisfy { $0.source == Scene.phoneB }, "what the held phone sends goes nowhere")
    scene.set(.a)
    scene.talk()
    #expect(taken(scene.asked()).values.contains { $0.source == Scene.phoneA })
  }

  @Test func anotherSourceOfThePhoneIsAnotherLeg() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    // Of one that begins lower the numbers are changed, which the kernel can't.
    scene.sequence[0] &+= Succession.lead
    scene.send(.a, ssrc: 99)
    let requests = scene.asked()
    #expect(requests.contains(.leave(1)))
    scene.board.handOver()
    #expect(taken(scene.asked() + requests).values.contains { $0.ssrc == 99 })
  }

  @Test func whatTheKernelCountedIsCountedAndASignOfLife() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    for second in 1...120 {
      scene.now += .seconds(1)
      scene.count(1, UInt64(second) * 5)
      scene.board.checkSilence(now: scene.now)
    }
    scene.count(1, 600)
    let events = scene.board.takeEvents()
    #expect(!events.contains { if case .noMedia = $0 { true } else { false } })
    scene.now += .seconds(60)
    scene.board.checkSilence(now: scene.now)
    #expect(scene.board.takeEvents().contains { if case .noMedia = $0 { true } else { false } })
    scene.board.perform(.report(scene.id), nil, &scene.engine, now: scene.now)
    guard case .statistics(_, let statistics) = scene.board.takeEvents().last else {
      Issue.record("no statistics")
      return
    }
    #expect(statistics.a.packetsIn == 610 && statistics.a.octetsIn == 610 * 16 && statistics.b?.packetsOut == 610)
    #expect(statistics.a.inKernel && statistics.b?.inKernel == true)
  }

  @Test func aStrangerGainsNothingWhileTheKernelRelays() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    for second in 1...20 {
      scene.now += .seconds(1)
      scene.count(1, UInt64(second) * 50)
      #expect(scene.send(.a, from: scene.elsewhere, ssrc: 7) == nil)
    }
    #expect(scene.asked().isEmpty)
  }

  @Test func aPhoneThatMovedIsFollowedAfterItsSilenceAsFarAsTheKernelSawIt() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    scene.now += .seconds(25)
    scene.count(1, 1250)
    scene.sequence[0] &+= 1300
    scene.now += .milliseconds(1999)
    #expect(scene.send(.a, from: scene.elsewhere) == nil, "too soon")
    scene.now += .milliseconds(1)
    #expect(scene.send(.a, from: scene.elsewhere) == Scene.phoneB)
    let requests = scene.board.desk.takeRequests()
    #expect(requests.contains(.leave(1)) && requests.contains(.leave(3)), "the other's packets go to the new place")
  }

  @Test func longUnseenSequencesAreLookedAtNowAndThen() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    scene.count(1, KernelDesk.unseen - 1)
    #expect(scene.asked().isEmpty)
    scene.count(1, KernelDesk.unseen)
    #expect(scene.asked() == [.leave(1)], "not again before a packet was seen")
    // Losses that the kernel did not see.
    scene.sequence[0] &+= UInt16(KernelDesk.unseen) + 900
    #expect(scene.send(.a) == Scene.phoneB)
    #expect(taken(scene.asked()).count == 1)
    scene.now += .seconds(2)
    #expect(scene.send(.a, from: scene.elsewhere) == Scene.phoneB, "plausible by what was seen")
  }

  @Test func aLegWhosePacketsKeepComingIsGivenUp() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    for _ in 0...KernelDesk.mostSlipped { scene.send(.a) }
    #expect(scene.asked() == [.leave(1)])
    scene.talk()
    #expect(scene.asked().isEmpty, "not tried again")
    scene.set(.a)
    scene.talk()
    #expect(scene.asked().isEmpty, "nor while nothing else is wanted")
  }

  @Test func theKernelsRefusalIsTaken() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    scene.board.hear(.reply(.refused(1, errno: 1)), now: scene.now)
    #expect(scene.asked().isEmpty)
    scene.close()
    #expect(scene.board.desk.takeRequests() == [.leave(3)])
    scene.count(3, 0, isLast: true)
    #expect(scene.closed != nil)
  }

  @Test func aClosedStreamsLastCountersAreComplete() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    scene.close()
    #expect(scene.closed == nil, "the kernel has its counters")
    #expect(Set(scene.board.desk.takeRequests()) == [.leave(1), .leave(3)])
    scene.count(1, 40, isLast: true)
    #expect(scene.closed == nil)
    scene.count(3, 50, isLast: true)
    let statistics = scene.closed
    #expect(statistics?.a.packetsIn == 50 && statistics?.b?.packetsIn == 60)
    #expect(scene.board.desk.isEmpty && scene.board.farewells.isEmpty)
  }

  @Test func whenTheHelperEndsAllIsAtTheSocketsAgain() {
    let scene = KernelScene()
    scene.talk()
    _ = scene.asked()
    scene.board.hear(.closed, now: scene.now)
    #expect(scene.asked().isEmpty)
    scene.board.hear(.opened, now: scene.now)
    #expect(taken(scene.asked()).count == 2)
    scene.close()
    scene.board.hear(.closed, now: scene.now)
    #expect(scene.closed != nil)
  }

  @Test func anEchoStaysHere() {
    let scene = KernelScene()
    scene.board.perform(.setEcho(scene.id, scene.leg(.a, [Payload(0, .pcmu)])), nil, &scene.engine, now: scene.now)
    for _ in 0..<20 { scene.send(.a) }
    #expect(scene.asked().isEmpty)
  }
}
