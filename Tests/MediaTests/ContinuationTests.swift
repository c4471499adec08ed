import RTP
import Testing
import Wire

@testable import Media

/// What another process goes on with.
@Suite struct ContinuationTests {
  @Test func aSourceGoesOnBeyondWhatWasSentAndByTheClock() throws {
    var stream = OutgoingStream(ssrc: 5, sequence: 65400, timestamp: 0xffff_ff00)
    let start = Instant.zero + .seconds(9)
    let point = SourcePoint(stream, ticks: 8, at: start)
    for _ in 0..<200 { stream.sent(160) }
    let heir = point.stream(now: start + .seconds(4))
    #expect(heir.ssrc == 5 && heir.sequence == 65400 &+ 500)
    // 200 packets of 20 ms are four seconds; what was a packet early has its place too.
    let lead = heir.timestamp &- (0xffff_ff00 &+ 32000)
    #expect((0...960).contains(lead))
  }

  @Test func aPointIsToldBeforeHalfOfItsNumbersAreUsedAndForEachNewSource() throws {
    var watch = SourceWatch()
    var stream = OutgoingStream(ssrc: 5, sequence: 1, timestamp: 0)
    let first = watch.due(.a, stream, ticks: 8, now: .zero)
    var ceiling = try sequence(first)
    #expect(watch.due(.a, stream, ticks: 8, now: .zero) == nil)
    #expect(watch.due(.b, stream, ticks: 8, now: .zero) != nil)
    for _ in 0..<70000 {
      stream.sent(160)
      if let point = watch.due(.a, stream, ticks: 8, now: .zero) { ceiling = try sequence(point) }
      #expect((240...500).contains(ceiling &- stream.sequence))
    }
    let other = OutgoingStream(ssrc: 6, sequence: stream.sequence, timestamp: 0)
    #expect(watch.due(.a, other, ticks: 8, now: .zero) != nil)
  }

  private func sequence(_ source: HeardSource?) throws -> UInt16 {
    guard case .own(let point) = source else {
      throw TestFault.notOwn
    }
    return point.sequence
  }

  private enum TestFault: Error { case notOwn }

  @Test func aDecodedStreamIsTheSameSourceInTheNextProcess() throws {
    let mu = Payload(0, .pcmu), wide = Payload(9, .g722)
    let studio = Studio(seed: 3)
    var stream = RelayStream(now: .zero, studio: studio)
    let point = SourcePoint(OutgoingStream(ssrc: 77, sequence: 10, timestamp: 0), ticks: 8, at: .zero)
    stream.resume(.b, Continuation(heard: nil, source: .own(point)), now: .zero)
    stream.set(.a, Scene.leg(Scene.phoneA, [wide]), now: .zero)
    stream.set(.b, Scene.leg(Scene.phoneB, [mu]), now: .zero)
    #expect(stream.termination?.stream(toward: .b)?.ssrc == 77)
    #expect(stream.termination?.stream(toward: .b)?.sequence == 510)
    #expect(stream.termination?.stream(toward: .a)?.ssrc != 77)
  }

  @Test func mediaGoesToWhereItWentUntilThePhoneIsHeardAndNobodyElseGainsByThat() {
    let translator = address("198.51.100.1", 7777)
    let scene = Scene(a: Scene.leg(nil), b: nil)
    scene.stream = RelayStream(now: .zero, studio: scene.studio)
    scene.stream.resume(.a, Continuation(heard: translator, source: nil), now: .zero)
    scene.stream.set(.a, Scene.leg(Scene.phoneA), now: .zero)
    scene.stream.set(.b, Scene.leg(Scene.phoneB), now: .zero)
    #expect(scene.send(.b, from: Scene.phoneB).outcome == .send(.a, translator))
    #expect(scene.send(.a, from: address("203.0.113.66", 6666)).outcome == .drop)
    #expect(scene.send(.a, from: translator).outcome == .send(.b, Scene.phoneB))
    #expect(scene.send(.b, from: Scene.phoneB, sequence: 2).outcome == .send(.a, translator))
    // Another address in SDP is a new beginning.
    scene.stream.set(.a, Scene.leg(address("192.0.2.11", 4002)), now: .zero)
    #expect(scene.send(.b, from: Scene.phoneB, sequence: 3).outcome == .send(.a, address("192.0.2.11", 4002)))
  }
}
