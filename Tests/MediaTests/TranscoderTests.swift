import Codecs
import Foundation
import RTP
import Testing
import Wire

@testable import Media

@Suite struct TranscoderTests {
  static let mu = Payload(0, .pcmu)
  static let a = Payload(8, .pcma)
  static let g722 = Payload(9, .g722)
  static let opus = Payload(96, .opus)
  static let events = Payload(101, .telephoneEvent)

  /// Two phones of one codec each, the second with a wish for its packets.
  struct Pair {
    let scene: Scene
    let talker: Talker
    var heard = Heard()
    let decoder: VoiceDecoder
    let to: Payload

    init(_ from: Payload, _ to: Payload, milliseconds: Int = 20, wish: UInt8 = 20) throws {
      scene = Scene(
        a: Scene.leg(Scene.phoneA, [from, events]), b: Scene.leg(Scene.phoneB, [to, events], packetTime: wish))
      talker = try Talker(from, milliseconds: milliseconds)
      self.to = to
      let coding = try #require(VoiceCoding(to.format))
      decoder = try #require(VoiceDecoder(coding, rate: 16000))
    }

    /// Time goes on by a packet's, and what came of it is heard.
    mutating func tick(_ packets: [[UInt8]]) {
      for packet in packets { scene.send(.a, packet) }
      listen()
      scene.now += .milliseconds(Int64(talker.milliseconds))
      if let deadline = scene.stream.deadline, deadline <= scene.now { scene.stream.wake(now: scene.now) }
      listen()
    }

    mutating func listen() { scene.hear(.b, to, into: &heard, by: decoder) }
    var ticks: UInt32 { VoiceCoding(to.format)!.ticks }
    var levels: [Double] { heard.levels(decoder.rate) }
  }

  @Test(arguments: [mu, a, g722, opus], [mu, a, g722, opus])
  func anyCodecIsTurnedIntoAnyOtherAsOneContinuousSource(from: Payload, to: Payload) throws {
    // The two laws are converted by the relay itself, without another source.
    let isLaw: (Payload) -> Bool = { $0.format == .pcmu || $0.format == .pcma }
    guard from != to, !(isLaw(from) && isLaw(to)) else { return }
    var pair = try Pair(from, to)
    for _ in 0..<100 { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 100)
    #expect(pair.heard.isContinuous(20, pair.ticks))
    #expect(
      pair.heard.headers.first?.ssrc != 7
        && pair.heard.headers.map { $0.marker } == [true] + Array(repeating: false, count: 99))
    #expect(pair.heard.headers.allSatisfy { $0.payloadType == to.number })
    // A sine of amplitude 8000, once filters and coders have settled.
    #expect(pair.levels.dropFirst(5).allSatisfy { abs($0 - 5657) < 400 }, "\(pair.levels)")
    #expect(pair.scene.counts(.b).packetsOut == 100 && pair.scene.counts(.a).packetsIn == 100)
  }

  @Test(arguments: [10, 20, 30, 40, 60], [10, 20, 30, 40, 60])
  func packetTimesAreConverted(spoken: Int, wished: Int) throws {
    var pair = try Pair(Self.mu, Self.g722, milliseconds: spoken, wish: UInt8(wished))
    for _ in 0..<1200 / spoken { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 1200 / wished)
    #expect(pair.heard.isContinuous(wished, 8))
    #expect(pair.heard.sizes.allSatisfy { $0 == 8 * wished })
    #expect(pair.levels.dropFirst(5).allSatisfy { abs($0 - 5657) < 400 })
  }

  @Test(arguments: [(0, 20), (5, 10), (15, 10), (30, 20), (40, 40), (50, 40), (60, 60), (200, 60)])
  func opusIsSentInFramesThatItHas(wish: UInt8, sent: Int) throws {
    var pair = try Pair(Self.mu, Self.opus, wish: wish)
    for _ in 0..<30 { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 600 / sent && pair.heard.isContinuous(sent, 48))
  }

  @Test func packetsOutOfOrderAreHeardInOrder() throws {
    var pair = try Pair(Self.mu, Self.g722)
    var last: [UInt8]?
    for i in 0..<60 {
      let packet = pair.talker.speak()
      if i % 10 == 5 {
        last = packet
        pair.tick([])
      } else if let late = last {
        pair.tick([packet, late])
        last = nil
      } else {
        pair.tick([packet])
      }
    }
    #expect(pair.heard.headers.count == 60 && pair.heard.isContinuous(20, 8))
    #expect(pair.levels.dropFirst(5).allSatisfy { abs($0 - 5657) < 400 })
  }

  @Test(arguments: [mu, g722, opus])
  func aLostPacketIsMadeUpAndTheStreamGoesOn(from: Payload) throws {
    var pair = try Pair(from, from == Self.mu ? Self.g722 : Self.mu)
    for i in 0..<60 {
      let packet = pair.talker.speak()
      pair.tick(i == 30 ? [] : [packet])
    }
    pair.scene.now += .milliseconds(100)
    pair.scene.stream.wake(now: pair.scene.now)
    pair.listen()
    #expect(pair.heard.headers.count == 60 && pair.heard.isContinuous(20, 8))
    #expect(pair.levels.dropFirst(5).allSatisfy { $0 > 2500 }, "\(pair.levels)")
  }

  @Test func longLossFadesAndIsSkipped() throws {
    var pair = try Pair(Self.mu, Self.g722)
    for i in 0..<60 {
      let packet = pair.talker.speak()
      pair.tick((20..<45).contains(i) ? [] : [packet])
    }
    pair.scene.now += .milliseconds(100)
    pair.scene.stream.wake(now: pair.scene.now)
    pair.listen()
    // 60 ms of 500 are made up.
    #expect(pair.heard.headers.count == 20 + 3 + 15)
    let marked = try #require(pair.heard.headers.dropFirst().firstIndex { $0.marker })
    #expect(marked == 23)
    let jump = pair.heard.headers[23].timestamp &- pair.heard.headers[22].timestamp
    #expect(jump == 160 + 22 * 160)
  }

  @Test func silenceOfThePhoneIsSilenceOfOurs() throws {
    var pair = try Pair(Self.mu, Self.opus)
    for _ in 0..<10 { pair.tick([pair.talker.speak()]) }
    pair.talker.timestamp &+= 8000
    for _ in 0..<10 { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 20)
    #expect(pair.heard.headers[10].timestamp &- pair.heard.headers[9].timestamp == 48 * 1020)
    #expect(pair.heard.headers[10].marker)
  }

  @Test func anotherSourceOfThePhoneIsTheSameOneToTheOther() throws {
    var pair = try Pair(Self.mu, Self.g722)
    for _ in 0..<10 { pair.tick([pair.talker.speak()]) }
    pair.talker.ssrc = 99
    pair.talker.sequence = 4000
    pair.talker.timestamp = 123
    pair.scene.now += .milliseconds(200)
    for _ in 0..<10 { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 20)
    #expect(Set(pair.heard.headers.map { $0.ssrc }).count == 1)
    #expect(zip(pair.heard.headers, pair.heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    let jump = pair.heard.headers[10].timestamp &- pair.heard.headers[9].timestamp
    #expect(jump == 8 * 220 && pair.heard.headers[10].marker)
  }

  @Test func aReinviteKeepsTheSourceThatThePhoneHears() throws {
    var pair = try Pair(Self.mu, Self.g722)
    for _ in 0..<10 { pair.tick([pair.talker.speak()]) }
    pair.scene.stream.set(.b, Scene.leg(Scene.phoneB, [Self.g722], packetTime: 30), now: pair.scene.now)
    for _ in 0..<12 { pair.tick([pair.talker.speak()]) }
    #expect(pair.heard.headers.count == 10 + 8)
    #expect(Set(pair.heard.headers.map { $0.ssrc }).count == 1)
    #expect(zip(pair.heard.headers, pair.heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
  }

  @Test func keyPressesKeepTheirTimeAndDuration() throws {
    var pair = try Pair(Self.mu, Self.opus)
    for _ in 0..<5 { pair.tick([pair.talker.speak()]) }
    let begun = pair.talker.timestamp
    for i in 1...4 {
      let header = RTPHeader(
        marker: i == 1, payloadType: 101, sequence: pair.talker.sequence, timestamp: begun, ssrc: 7)
      pair.talker.sequence &+= 1
      pair.tick([header.packet([5, i == 4 ? 0x8a : 10, 0, UInt8(i * 40)])])
    }
    pair.talker.timestamp &+= 640
    for _ in 0..<5 { pair.tick([pair.talker.speak()]) }
    let events = pair.heard.headers[5..<9]
    #expect(events.allSatisfy { $0.payloadType == 101 && $0.timestamp == events[5].timestamp && $0.payloadCount == 4 })
    #expect(events.map { $0.marker } == [true, false, false, false])
    #expect(events[5].timestamp == pair.heard.headers[4].timestamp &+ 960)
    #expect(pair.heard.headers[9].timestamp == events[5].timestamp &+ 640 * 6)
    #expect(zip(pair.heard.headers, pair.heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
  }

  @Test func comfortNoiseIsTakenAndNeverDecoded() throws {
    let scene = Scene(
      a: Scene.leg(Scene.phoneA, [Self.mu, Payload(13, .comfortNoise)]), b: Scene.leg(Scene.phoneB, [Self.g722]))
    let talker = try Talker(Self.mu)
    scene.send(.a, talker.speak())
    let noise = RTPHeader(payloadType: 13, sequence: talker.sequence, timestamp: talker.timestamp, ssrc: 7)
    #expect(scene.send(.a, noise.packet([64])) == .taken)
    talker.sequence &+= 1
    talker.timestamp &+= 1600
    scene.send(.a, talker.speak())
    #expect(scene.studio.outbox.packets.count == 2)
    #expect(scene.counts(.a).packetsIn == 3)
  }

  @Test func phonesWithACodecInCommonAreNotDecoded() {
    let both = [Self.g722, Self.mu]
    let scene = Scene(a: Scene.leg(Scene.phoneA, both), b: Scene.leg(Scene.phoneB, both))
    #expect(!scene.stream.isTerminated)
    scene.stream.set(.b, Scene.leg(Scene.phoneB, [Self.opus]), now: scene.now)
    #expect(scene.stream.isTerminated)
    scene.stream.set(.b, Scene.leg(Scene.phoneB, both), now: scene.now)
    #expect(!scene.stream.isTerminated)
  }

  @Test func anyOctetsMayComeAsAPacket() throws {
    var generator = SystemRandomNumberGenerator()
    for from in [Self.mu, Self.g722, Self.opus] {
      var pair = try Pair(from, from == Self.opus ? Self.mu : Self.opus)
      for _ in 0..<2000 {
        let count = Int.random(in: 0...1900, using: &generator)
        let header = RTPHeader(
          payloadType: Bool.random() ? from.number : 101, sequence: UInt16.random(in: 0...2000, using: &generator),
          timestamp: UInt32.random(in: 0...UInt32.max, using: &generator), ssrc: UInt32.random(in: 1...2))
        pair.tick([header.packet((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })])
      }
    }
  }
}
