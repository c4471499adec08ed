import Codecs
import Foundation
import KernelRelay
import RTP
import Testing
import Wire

@testable import Media

/// What a phone hears of the exchange itself: A keeps B waiting.
@Suite struct SoundTests {
  static let mu = Payload(0, .pcmu)
  static let g722 = Payload(9, .g722)
  static let opus = Payload(96, .opus)
  static let tone = Tone([Tone.Segment(425, 480), Tone.Segment(pause: 480)])

  /// Ends or begins to keep B waiting.
  private func hold(_ scene: Scene, _ sound: Sound?, _ a: Payload = mu, _ b: Payload = mu) {
    scene.stream.set(.a, Scene.leg(Scene.phoneA, [a], gives: sound == nil), now: scene.now)
    var leg = Scene.leg(Scene.phoneB, [b], takes: sound == nil)
    leg.sound = sound
    scene.stream.set(.b, leg, now: scene.now)
  }

  /// Time passes, in which A speaks every 20 ms where it does.
  private func pass(
    _ milliseconds: Int, _ scene: Scene, _ talker: Talker? = nil, into heard: inout Heard, by decoder: VoiceDecoder,
    _ payload: Payload = mu
  ) {
    for step in 0..<milliseconds / 10 {
      if step % 2 == 0, let talker { scene.send(.a, talker.speak()) }
      scene.now += .milliseconds(10)
      if let deadline = scene.stream.deadline, deadline <= scene.now { scene.stream.wake(now: scene.now) }
      scene.hear(.b, payload, into: &heard, by: decoder)
    }
  }

  private func decoder(_ payload: Payload) throws -> VoiceDecoder {
    try #require(VoiceDecoder(VoiceCoding(payload.format)!, rate: 16000))
  }

  @Test(arguments: [Payload(0, .pcmu), Payload(8, .pcma), g722, opus])
  func aToneHasItsCadenceAndFrequencyInEveryCodec(payload: Payload) throws {
    let scene = Scene()
    let decoder = try decoder(payload)
    var heard = Heard()
    hold(scene, .tone(Self.tone), payload, payload)
    pass(3000, scene, into: &heard, by: decoder, payload)
    #expect(heard.headers.count == 150 && heard.isContinuous(20, VoiceCoding(payload.format)!.ticks))
    #expect(heard.headers.map { $0.marker } == [true] + Array(repeating: false, count: 149))
    let levels = heard.levels(decoder.rate)
    // Louder than what codecs leave of silence: 24 packets of each, but for those where it changes.
    for (i, level) in levels.enumerated() where ![0, 1, 22, 23].contains(i % 24) {
      #expect(i / 24 % 2 == 0 ? level > 4000 : level < 100, "packet \(i)")
    }
    let middle = heard.samples[decoder.rate / 10..<decoder.rate * 4 / 10]
    var crossings = 0
    for (a, b) in zip(middle, middle.dropFirst()) where a < 0 && b >= 0 { crossings += 1 }
    #expect(abs(Double(crossings) / 0.3 - 425) <= 4)
    #expect(scene.counts(.b).packetsOut == 150)
  }

  @Test func aRecordingIsPlayedFromItsBeginningAgainAndAgain() throws {
    let samples = (0..<1000).map { Int16(3000 * sin(Double($0) / 3)) }
    let scene = Scene()
    scene.studio.music = try Music(WaveFile(file(samples, rate: 8000)))
    let decoder = try decoder(Self.mu)
    var heard = Heard()
    hold(scene, .music)
    pass(400, scene, into: &heard, by: decoder)
    let wanted = (0..<3200).map { MuLaw.decode(MuLaw.encode(samples[$0 % 1000])) }
    #expect(heard.samples == wanted)
    hold(scene, nil)
    hold(scene, .music)
    heard.samples = []
    pass(20, scene, into: &heard, by: decoder)
    #expect(heard.samples.suffix(160) == wanted[..<160])
  }

  @Test func aRecordingOfAnotherRateSoundsTheSame() throws {
    for rate in [16000, 48000] {
      let samples = (0..<rate).map { Int16(8000 * sin(2 * .pi * 700 * Double($0) / Double(rate))) }
      let music = try Music(WaveFile(file(samples, rate: UInt32(rate))))
      #expect(music.narrow.count == 8000 && music.wide.count == 16000)
      for (made, its) in [(music.narrow, 8000), (music.wide, 16000)] {
        let middle = made[its / 4..<its * 3 / 4]
        let power = middle.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(middle.count)
        #expect(abs(power.squareRoot() - 5657) < 100)
        var crossings = 0
        for (a, b) in zip(middle, middle.dropFirst()) where a < 0 && b >= 0 { crossings += 1 }
        #expect(abs(crossings - 350) <= 1)
      }
    }
  }

  private func file(_ samples: [Int16], rate: UInt32) -> [UInt8] {
    func four(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let data = samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    return Array("RIFF\0\0\0\0WAVEfmt ".utf8) + four(16) + [1, 0, 1, 0] + four(rate) + four(rate * 2) + [2, 0, 16, 0]
      + Array("data".utf8) + four(UInt32(data.count)) + data
  }

  @Test func withoutARecordingThereAreQuietNotes() throws {
    let scene = Scene()
    let decoder = try decoder(Self.mu)
    var heard = Heard()
    hold(scene, .music)
    pass(10000, scene, into: &heard, by: decoder)
    let levels = heard.levels(8000)
    #expect(levels.max()! < 2000 && levels.filter { $0 > 300 }.count > 200)
  }

  /// A relayed stream comes off the kernel for the music and goes back, though A's numbers are lower than the music's;
  /// whether A is silent meanwhile, or counts on.
  @Test(arguments: [false, true], [1000, 65000] as [UInt16])
  func theKernelGetsTheStreamBack(countsOn: Bool, sequence: UInt16) throws {
    let scene = Scene(a: Scene.leg(Scene.phoneA, [Self.mu]), b: Scene.leg(Scene.phoneB, [Self.mu]))
    let talker = try Talker(Self.mu, sequence: sequence)
    let decoder = try decoder(Self.mu)
    var heard = Heard()
    scene.send(.b, from: Scene.phoneB)
    for _ in 0..<20 { scene.send(.a, talker.speak()) }
    #expect(scene.stream.kernelLeg(.a) != nil)
    hold(scene, .music)
    #expect(scene.stream.kernelLeg(.a) == nil && scene.stream.isTerminated)
    pass(10000, scene, countsOn ? talker : nil, into: &heard, by: decoder)
    let first = try #require(heard.headers.first)
    #expect(first.ssrc != 7 && first.marker && (256..<0x8000).contains(first.sequence &- (sequence &+ 19)))
    #expect(heard.headers.allSatisfy { $0.ssrc == first.ssrc } && heard.isContinuous(20, 8))
    #expect(heard.headers.count == 500, "nothing of A's")
    hold(scene, nil)
    pass(10, scene, into: &heard, by: decoder)
    let bridge = try #require(heard.headers.last)
    let music = heard.headers[heard.headers.count - 2]
    #expect(heard.headers.count == 501 && bridge.ssrc != first.ssrc && bridge.marker)
    #expect((256..<0x8000).contains(bridge.sequence &- music.sequence))
    let next = talker.sequence
    #expect((256..<0x8000).contains(next &- bridge.sequence))
    guard case .send = scene.send(.a, talker.speak()) else {
      Issue.record("A is not heard")
      return
    }
    for _ in 0..<10 { scene.send(.a, talker.speak()) }
    #expect(scene.stream.kernelLeg(.a) != nil)
  }

  @Test func aDecodedStreamGoesOnAsOneSourceThroughMusicAndBack() throws {
    let scene = Scene(a: Scene.leg(Scene.phoneA, [Self.mu]), b: Scene.leg(Scene.phoneB, [Self.g722]))
    let talker = try Talker(Self.mu)
    let decoder = try decoder(Self.g722)
    var heard = Heard()
    pass(1000, scene, talker, into: &heard, by: decoder, Self.g722)
    hold(scene, .tone(Tone([Tone.Segment(1000, 1000)])), Self.mu, Self.g722)
    let before = heard.samples.count
    pass(1000, scene, talker, into: &heard, by: decoder, Self.g722)
    let played = heard.samples[(before + 1600)...]
    var crossings = 0
    for (a, b) in zip(played, played.dropFirst()) where a < 0 && b >= 0 { crossings += 1 }
    #expect(abs(Double(crossings) * 16000 / Double(played.count) - 1000) < 15, "the tone alone")
    hold(scene, nil, Self.mu, Self.g722)
    let after = heard.samples.count
    pass(1000, scene, talker, into: &heard, by: decoder, Self.g722)
    #expect(heard.headers.count == 150 || heard.headers.count == 149)
    #expect(Set(heard.headers.map { $0.ssrc }).count == 1)
    #expect(zip(heard.headers, heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    #expect(zip(heard.headers, heard.headers.dropFirst()).allSatisfy { $1.timestamp &- $0.timestamp - 1 < 320 })
    var speech = Heard()
    speech.samples = Array(heard.samples[after...])
    #expect(speech.levels(16000).dropFirst(6).allSatisfy { abs($0 - 5657) < 500 })
  }

  @Test func whoTakesNothingGetsNothing() {
    let scene = Scene()
    hold(scene, .music, Payload(3, .other(1)), Payload(3, .other(1)))
    #expect(!scene.stream.isTerminated && scene.stream.deadline == nil)
  }
}
