import Testing
import Wire

@testable import Media

@Suite struct LatchTests {
  let stranger = address("203.0.113.66", 6666)
  /// On the phone's own host, which is the most that a stranger can be.
  let neighbour = address("192.0.2.10", 6666)

  @Test func packetsPassBothWaysBetweenTheNamedAddresses() {
    let scene = Scene()
    #expect(scene.send(.a, from: Scene.phoneA).outcome == .send(.b, Scene.phoneB))
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, Scene.phoneA))
    #expect(scene.counts(.a).packetsIn == 1 && scene.counts(.a).packetsOut == 1 && scene.counts(.a).octetsIn == 16)
  }

  @Test func aStrangerWhoSendsFirstIsNotHeardAndGetsNothing() {
    let scene = Scene()
    #expect(scene.send(.a, from: stranger).outcome == .drop)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, Scene.phoneA))
    #expect(scene.counts(.a).dropped.foreign == 1)
  }

  @Test func aStrangerOnThePhonesHostWhoSendsFirstLosesTheStreamForGoodWhenThePhoneTalks() {
    let scene = Scene()
    #expect(scene.send(.a, from: neighbour, ssrc: 9).outcome == .send(.b, Scene.phoneB))
    #expect(scene.send(.a, from: Scene.phoneA, ssrc: 7).outcome == .send(.b, Scene.phoneB))
    #expect(scene.moved)
    for i in 2..<200 {
      scene.now += .milliseconds(20)
      #expect(scene.send(.a, from: neighbour, sequence: UInt16(i), ssrc: 9).outcome == .drop)
      scene.send(.a, from: Scene.phoneA, sequence: UInt16(i))
    }
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, Scene.phoneA))
    #expect(scene.counts(.a).dropped.foreign == 198)
  }

  @Test func aStrangerWhoSendsLaterIsNotHeardEvenWithTheSameSSRC() {
    let scene = Scene()
    for i in 1..<500 {
      scene.now += .milliseconds(20)
      scene.send(.a, from: Scene.phoneA, sequence: UInt16(i))
      #expect(scene.send(.a, from: neighbour, sequence: UInt16(i)).outcome == .drop)
      #expect(scene.send(.a, from: stranger, sequence: UInt16(i), ssrc: 7).outcome == .drop)
    }
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, Scene.phoneA))
  }

  @Test func afterTwoSecondsOfSilenceOnlyTheSameStreamMayGoOnElsewhere() {
    let scene = Scene()
    scene.send(.a, from: Scene.phoneA, sequence: 100)
    let elsewhere = address("192.0.2.99", 4444)
    scene.now += .milliseconds(1999)
    #expect(scene.send(.a, from: elsewhere, sequence: 101).outcome == .drop, "too soon")
    scene.now += .milliseconds(1)
    #expect(scene.send(.a, from: elsewhere, sequence: 101, ssrc: 8).outcome == .drop, "another SSRC")
    #expect(scene.send(.a, from: elsewhere, sequence: 30000).outcome == .drop, "no plausible sequence number")
    #expect(scene.send(.a, from: elsewhere, sequence: 201).outcome == .send(.b, Scene.phoneB))
    #expect(scene.moved && scene.counts(.a).moves == 1)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, elsewhere))
    // The named address has no way back but the same rule.
    #expect(scene.send(.a, from: Scene.phoneA, sequence: 202).outcome == .drop)
  }

  @Test func aPhoneBehindANATIsAnsweredWhereItsSignallingComesFrom() {
    let inside = address("10.0.0.5", 4000)
    let outside = address("198.51.100.7", 61234)
    let scene = Scene(a: Scene.leg(inside, signalling: outside.ip))
    #expect(scene.send(.a, from: stranger).outcome == .drop)
    #expect(scene.send(.a, from: outside).outcome == .send(.b, Scene.phoneB))
    #expect(scene.moved && scene.counts(.a).moves == 0)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, outside))
    // RTCP follows, until it is heard from elsewhere on that host.
    #expect(
      scene.sendControl(.b, from: address("192.0.2.20", 5001), ssrc: 7) == .send(.a, address("198.51.100.7", 61235)))
    #expect(
      scene.sendControl(.a, from: address("198.51.100.7", 62000), ssrc: 7) == .send(.b, address("192.0.2.20", 5001)))
    #expect(
      scene.sendControl(.b, from: address("192.0.2.20", 5001), ssrc: 7) == .send(.a, address("198.51.100.7", 62000)))
    #expect(scene.sendControl(.a, from: stranger, ssrc: 7) == .drop)
    #expect(scene.sendControl(.a, from: address("198.51.100.7", 62001), ssrc: 9) == .drop, "not the phone's SSRC")
  }

  @Test func aReInviteMovesTheLegAtOnceAndOneThatNamesTheSameAddressKeepsWhatWasLearned() {
    let scene = Scene()
    scene.send(.a, from: neighbour)
    scene.stream.set(.a, Scene.leg(Scene.phoneA), now: scene.now)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, neighbour))
    let elsewhere = address("192.0.2.77", 7000)
    scene.stream.set(.a, Scene.leg(elsewhere), now: scene.now)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, elsewhere))
    #expect(scene.send(.a, from: Scene.phoneA).outcome == .drop)
    #expect(scene.send(.a, from: elsewhere, ssrc: 1).outcome == .send(.b, Scene.phoneB))
  }

  @Test func whatWasNotNegotiatedDoesNotDecideWhomToFollow() {
    let scene = Scene()
    #expect(scene.send(.a, from: neighbour, payload: 99).outcome == .drop)
    #expect(scene.counts(.a).dropped.payloadType == 1)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, Scene.phoneA))
  }
}
