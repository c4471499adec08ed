import KernelRelay
import RTP
import Testing
import Wire

@testable import Media

/// What a phone hears when another one begins to speak to it (RFC 3550 §8.2).
@Suite struct SuccessionTests {
  private static let phoneC = address("192.0.2.30", 6000)

  private func sequence(_ packet: [UInt8]) -> UInt16 { UInt16(packet[2]) << 8 | UInt16(packet[3]) }

  /// B speaks up to `last`, is succeeded by C, whose first numbers are given; what A gets of them.
  private func heard(after last: UInt16, _ next: [UInt16]) -> (scene: Scene, packets: [[UInt8]]) {
    let scene = Scene()
    for number in last &- 2...last { scene.send(.b, from: Scene.phoneB, sequence: number, ssrc: 7) }
    scene.stream.set(.b, Scene.leg(Self.phoneC), now: scene.now)
    return (scene, next.map { scene.send(.b, from: Self.phoneC, sequence: $0, ssrc: 8).packet })
  }

  @Test(arguments: [100, 20000, 60000] as [UInt16], [3, 99, 150, 30000, 65000] as [UInt16])
  func aNewSourceBeginsAheadOfTheLastOneWithAMarker(last: UInt16, first: UInt16) {
    let (_, packets) = heard(after: last, [first, first &+ 1, first &+ 2])
    let ahead = sequence(packets[0]) &- last
    #expect(ahead >= Succession.lead && ahead < 0x8000)
    #expect(sequence(packets[1]) == sequence(packets[0]) &+ 1 && sequence(packets[2]) == sequence(packets[0]) &+ 2)
    #expect(packets.map { $0[1] & 0x80 } == [0x80, 0, 0])
    #expect(packets.allSatisfy { Array($0[8..<12]) == [0, 0, 0, 8] }, "it says that it is another")
  }

  /// Killed while A hears C, whose numbers were shifted.
  @Test func inAnotherProcessTheNumbersOfASourceStayShifted() throws {
    let (scene, packets) = heard(after: 20000, [100, 101])
    let told = try #require(scene.stream.legs[0].succession.shifted)
    var watch = SourceWatch()
    #expect(watch.due(.a, scene.stream.legs[0].succession) == told)
    #expect(watch.due(.a, scene.stream.legs[0].succession) == nil)

    let heir = Scene(a: Scene.leg(nil), b: nil)
    heir.stream = RelayStream(now: heir.now, studio: heir.studio)
    heir.stream.resume(.a, Continuation(heard: nil, source: told), now: heir.now)
    heir.stream.set(.a, Scene.leg(Scene.phoneA), now: heir.now)
    heir.stream.set(.b, Scene.leg(Self.phoneC), now: heir.now)
    let next = heir.send(.b, from: Self.phoneC, sequence: 102, ssrc: 8).packet
    #expect(sequence(next) == sequence(packets[1]) &+ 1 && next[1] & 0x80 == 0)
  }

  @Test func whatIsAheadAlreadyIsLeftAsItIsForTheKernel() {
    let (scene, packets) = heard(after: 100, Array(5000...5010))
    #expect(packets.map(sequence) == Array(5000...5010))
    scene.send(.a, from: Scene.phoneA)
    #expect(scene.stream.kernelLeg(.b) != nil)
  }

  @Test func whatIsShiftedIsNothingForTheKernel() {
    let (scene, _) = heard(after: 5000, Array(100...120))
    scene.send(.a, from: Scene.phoneA)
    #expect(scene.stream.kernelLeg(.b) == nil)
  }

  @Test func packetsThatCameOutOfOrderStaySo() {
    let (_, packets) = heard(after: 5000, [100, 102, 101, 103])
    let first = sequence(packets[0])
    #expect(packets.map { sequence($0) &- first } == [0, 2, 1, 3])
  }

  @Test func whatTheKernelSentCounts() {
    let scene = Scene()
    scene.send(.b, from: Scene.phoneB, sequence: 100)
    scene.stream.relayedByKernel(.b, .init(packets: 3000, octets: 516_000), now: scene.now)
    scene.stream.set(.b, Scene.leg(Self.phoneC), now: scene.now)
    let first = sequence(scene.send(.b, from: Self.phoneC, sequence: 1000, ssrc: 8).packet)
    #expect(first &- 3100 >= Succession.lead && first &- 3100 < 0x8000)
  }

  /// A key that is made for a phone ends the stream here in mid-call, and a change of codecs passes it through again.
  @Test(arguments: [100, 20000, 60000] as [UInt16])
  func theExchangesOwnSourceBeginsAheadAndIsSucceeded(last: UInt16) throws {
    func leg(_ remote: SocketAddress, _ digits: DigitMethod) -> Leg {
      var leg = Scene.leg(remote)
      leg.digits = digits
      return leg
    }
    let scene = Scene(a: leg(Scene.phoneA, .events), b: leg(Scene.phoneB, .info))
    for number in last &- 2...last { scene.send(.b, from: Scene.phoneB, sequence: number) }
    scene.stream.press(.a, 5, milliseconds: 100, now: scene.now)
    func made() -> [RTPHeader] {
      scene.studio.outbox.packets.compactMap { $0.octets.withUnsafeBytes { RTPHeader($0) } }
    }
    let first = try #require(made().first)
    #expect(first.sequence &- last >= Succession.lead && first.sequence &- last < 0x8000 && first.marker)
    scene.stream.set(.b, leg(Scene.phoneB, .events), now: scene.now)
    let sent = try #require(made().last)
    let after = scene.send(.b, from: Scene.phoneB, sequence: last &+ 1).packet
    let ahead = sequence(after) &- sent.sequence
    #expect(ahead >= Succession.lead && ahead < 0x8000 && after[1] & 0x80 != 0)
  }

  @Test func onePhoneAloneIsNeverChanged() {
    let scene = Scene()
    for number in [5000, 5001, 80, 81] as [UInt16] {
      #expect(sequence(scene.send(.b, from: Scene.phoneB, sequence: number).packet) == number)
    }
  }
}
