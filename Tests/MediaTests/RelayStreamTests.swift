import Codecs
import RTP
import Testing
import Wire

@testable import Media

@Suite struct RelayStreamTests {
  @Test func theHeaderPassesUntouched() {
    let scene = Scene()
    let sent = RTPHeader(marker: true, payloadType: 0, sequence: 77, timestamp: 77 * 160, ssrc: 7).packet([
      0, 127, 128, 255,
    ])
    #expect(scene.send(.a, from: Scene.phoneA, sequence: 77, marker: true).packet == sent)
  }

  @Test func lawsAreConvertedAndNumbersChangedWhereTheSidesDiffer() {
    let mu = [Payload(0, .pcmu), Payload(101, .telephoneEvent), Payload(110, .other(3))]
    let a = [Payload(8, .pcma), Payload(96, .telephoneEvent)]
    let scene = Scene(a: Scene.leg(Scene.phoneA, mu), b: Scene.leg(Scene.phoneB, a))
    let octets = (0...255).map { UInt8($0) }
    let toA = scene.send(.a, from: Scene.phoneA, marker: true, octets).packet
    #expect(toA[1] == 0x88)
    #expect(Array(toA[12...]) == octets.map { scene.laws.toALaw[Int($0)] })
    let toMu = scene.send(.b, from: Scene.phoneB, payload: 8, octets).packet
    #expect(toMu[1] == 0)
    #expect(Array(toMu[12...]) == octets.map { scene.laws.toMuLaw[Int($0)] })
    let event = scene.send(.a, from: Scene.phoneA, payload: 101, marker: true, [1, 2, 3, 4]).packet
    #expect(event[1] == 0x80 | 96 && Array(event[12...]) == [1, 2, 3, 4])
    #expect(scene.send(.a, from: Scene.phoneA, payload: 110).outcome == .drop, "the other side has nothing for it")
    #expect(scene.counts(.a).dropped.payloadType == 1)
  }

  @Test func paddingAndExtensionAreNotConverted() {
    let b = Scene.leg(Scene.phoneB, [Payload(8, .pcma)])
    let scene = Scene(b: b)
    var packet = RTPHeader(payloadType: 0, sequence: 1, timestamp: 0, ssrc: 7).packet([])
    packet[0] |= 0x30
    packet += [0xbe, 0xde, 0, 1, 9, 9, 9, 9, 0x55, 0x55, 0, 2]
    var moved = false
    _ = packet.withUnsafeMutableBytes {
      scene.stream.receive($0, side: .a, from: Scene.phoneA, now: .zero, laws: scene.laws, moved: &moved)
    }
    let converted = scene.laws.toALaw[0x55]
    #expect(Array(packet[12...]) == [0xbe, 0xde, 0, 1, 9, 9, 9, 9, converted, converted, 0, 2])
  }

  @Test func directionsAreHonoured() {
    let scene = Scene(a: Scene.leg(Scene.phoneA, gives: false), b: Scene.leg(Scene.phoneB, takes: false))
    #expect(scene.send(.a, from: Scene.phoneA).outcome == .send(.b, Scene.phoneB))
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .drop)
    #expect(scene.counts(.b).dropped.direction == 1 && scene.counts(.b).packetsIn == 1)
    // RTCP goes on while a call is held.
    #expect(scene.sendControl(.b, from: address("192.0.2.20", 5001), ssrc: 7) == .send(.a, address("192.0.2.10", 4001)))
  }

  @Test func silenceOfAMinuteIsSaidOnceAndNeverOfAHeldCall() {
    let minute = Interval.seconds(60)
    let scene = Scene()
    scene.now += minute - .milliseconds(1)
    #expect(!scene.fellSilent())
    scene.send(.b, from: Scene.phoneB)
    scene.now += .seconds(59)
    _ = scene.sendControl(.a, from: address("192.0.2.10", 4001), ssrc: 7)
    scene.now += minute - .milliseconds(1)
    #expect(!scene.fellSilent(), "RTCP is a sign of life")
    scene.now += .milliseconds(1)
    #expect(scene.fellSilent())
    #expect(!scene.fellSilent())
    scene.stream.set(.b, Scene.leg(Scene.phoneB, takes: true, gives: false), now: scene.now)
    scene.now += .seconds(3600)
    #expect(!scene.fellSilent(), "held")
    scene.stream.set(.b, Scene.leg(Scene.phoneB), now: scene.now)
    #expect(!scene.fellSilent(), "a minute begins with the resumption")
    scene.now += minute
    #expect(scene.fellSilent())
    let strangers = scene.stream.statistics
    #expect(strangers.a.packetsIn == 0 && strangers.a.controlIn == 1)
  }

  @Test func aStrangersPacketsAreNoSignOfLife() {
    let scene = Scene()
    scene.now += .seconds(60)
    scene.send(.a, from: address("203.0.113.66", 1))
    #expect(scene.fellSilent())
  }

  @Test func anEchoComesBackUnderAnotherSSRC() {
    let scene = Scene()
    scene.stream.setEcho(Scene.leg(Scene.phoneA), now: .zero)
    let (outcome, packet) = scene.send(.a, from: Scene.phoneA, ssrc: 0x0102_0304, [5, 6])
    #expect(outcome == .send(.a, Scene.phoneA))
    #expect(Array(packet[8...]) == [0xfe, 0xfd, 0xfc, 0xfb, 5, 6])
    #expect(scene.stream.statistics.b == nil)
    scene.now += .seconds(60)
    #expect(scene.fellSilent())
  }

  @Test func aSideThatIsNotThereYetGetsNothingAndStopsNothing() {
    let scene = Scene(b: nil)
    #expect(scene.send(.a, from: Scene.phoneA).outcome == .drop)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .drop)
    scene.stream.set(.b, Scene.leg(nil), now: .zero)
    #expect(scene.send(.a, from: Scene.phoneA, sequence: 2).outcome == .drop)
    #expect(scene.counts(.a).dropped.noDestination == 1)
    #expect(!scene.fellSilent())
  }

  @Test func whatIsNoRTPIsCounted() {
    let scene = Scene()
    var moved = false
    for count in 0..<12 {
      var junk = [UInt8](repeating: 0x80, count: count)
      let outcome = junk.withUnsafeMutableBytes {
        scene.stream.receive($0, side: .a, from: Scene.phoneA, now: .zero, laws: scene.laws, moved: &moved)
      }
      #expect(outcome == .drop)
    }
    #expect(scene.counts(.a).dropped.malformed == 12)
  }
}
