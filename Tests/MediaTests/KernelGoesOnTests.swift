import KernelRelay
import Testing
import Wire

@testable import Media

/// Streams that the kernel relayed on while no process had them.
@Suite struct KernelGoesOnTests {
  /// What the process before had asked for, and the scene of its heir.
  private func heir(_ change: (inout KernelLeg, inout KernelLeg) -> Void = { _, _ in }) -> (KernelScene, KernelLeg) {
    let before = KernelScene()
    before.talk()
    var legs: [KernelLeg] = []
    for case .take(_, let leg) in before.asked() { legs.append(leg) }
    var (a, b) = (legs[0], legs[1])
    change(&a, &b)
    let scene = KernelScene()
    for leg in [a, b] {
      scene.board.hear(.reply(.found(leg, KernelCount(packets: 1000, octets: 16000))), now: scene.now)
    }
    #expect(scene.board.desk.takeRequests().isEmpty)
    scene.board.hear(.reply(.foundAll), now: scene.now)
    return (scene, a)
  }

  @Test func theyAreLeftToTheKernelAsTheyAre() {
    let (scene, leg) = heir()
    let requests = scene.asked()
    #expect(requests.count == 3 && requests[0] == .take(1, leg) && requests[2] == .settled)
    // What was counted for the process before is not counted again.
    scene.count(1, 1010)
    scene.board.perform(.report(scene.id), nil, &scene.engine, now: scene.now)
    for case .statistics(_, let statistics) in scene.board.takeEvents() {
      #expect(statistics.a.packetsIn == 10 && statistics.a.inKernel && statistics.b?.packetsOut == 10)
    }
    #expect(scene.asked().isEmpty)
    // One packet is looked at before long, and what it says counts.
    scene.count(1, 1500)
    #expect(scene.asked() == [.leave(1)])
    scene.send(.a)
    #expect(scene.asked() == [.take(5, leg)])
  }

  @Test func aPhoneThatMovesMeanwhileIsFollowed() {
    let (scene, leg) = heir()
    _ = scene.asked()
    let moved = SocketAddress(leg.source.ip, port: leg.source.port + 2)
    scene.now += .seconds(1)
    #expect(scene.send(.a, from: moved) == nil)
    scene.now += .seconds(2)
    #expect(scene.send(.a, from: scene.elsewhere, ssrc: 12345) == nil, "a stranger does not know the source")
    #expect(scene.send(.a, from: moved) == Scene.phoneB)
    #expect(scene.asked().contains(.leave(1)))
  }

  @Test func whatIsDoneOtherwiseByNowIsTakenBack() {
    for change: (inout KernelLeg, inout KernelLeg) -> Void in [
      { a, _ in a.source.port += 2 }, { a, _ in a.target.port += 2 }, { a, _ in a.exit += 2 },
      { a, _ in a.types.insert(9) }, { _, b in b.source.port += 2 }, { _, b in b.port += 2 },
    ] {
      let (scene, _) = heir(change)
      #expect(scene.asked() == [.settled])
      // It is handed over as ever.
      scene.talk()
      #expect(scene.asked().count == 2)
    }
  }

  @Test func whereNothingGoesOnAllIsSettledAtOnce() {
    let scene = KernelScene()
    scene.board.hear(.reply(.foundAll), now: scene.now)
    #expect(scene.asked() == [.settled])
  }
}
