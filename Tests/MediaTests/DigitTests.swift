import Codecs
import KernelRelay
import RTP
import Testing
import Wire

@testable import Media

/// Keys told from one phone to another that is told otherwise.
struct DigitTests {
  private static let voice = Payload(0, .pcmu)
  private static let events = Payload(101, .telephoneEvent)

  private func leg(_ remote: SocketAddress, _ method: DigitMethod?, _ voice: Payload = DigitTests.voice) -> Leg {
    var leg = Scene.leg(remote, method == .events ? [voice, Self.events] : [voice])
    leg.digits = method
    return leg
  }

  private func scene(_ a: DigitMethod?, _ b: DigitMethod?, _ voice: Payload = DigitTests.voice) -> Scene {
    Scene(a: leg(Scene.phoneA, a), b: leg(Scene.phoneB, b, voice))
  }

  /// Lets time pass in steps of 10 ms, in which the phone of that side speaks every 20.
  private func pass(
    _ milliseconds: Int, _ scene: Scene, from talker: Talker? = nil, side: Side = .a, into heard: inout Heard,
    _ payload: Payload = DigitTests.voice, by decoder: VoiceDecoder
  ) {
    for step in 0..<milliseconds / 10 {
      if step % 2 == 0, let talker { scene.send(side, talker.speak()) }
      if let deadline = scene.stream.deadline, deadline <= scene.now { scene.stream.wake(now: scene.now) }
      scene.hear(side.other, payload, into: &heard, by: decoder)
      scene.now = scene.now + .milliseconds(10)
    }
  }

  private func event(_ scene: Scene, _ digit: UInt8, sequence: UInt16, at: UInt32, duration: Int, end: Bool = false) {
    let header = RTPHeader(payloadType: 101, sequence: sequence, timestamp: at, ssrc: 7)
    scene.send(.a, header.packet([digit, end ? 0x8a : 10, UInt8(duration >> 8), UInt8(duration & 255)]))
  }

  private func keys(_ samples: [Int16], rate: Int) -> [UInt8] {
    let detector = DigitDetector(rate: rate)
    var digits: [UInt8] = []
    samples.withUnsafeBufferPointer { samples in
      detector.take(samples) { if case .pressed(let digit) = $0 { digits.append(digit) } }
    }
    return digits
  }

  @Test(arguments: [Payload(0, .pcmu), Payload(8, .pcma), Payload(9, .g722), Payload(96, .opus)])
  func eventsBecomeTonesInTheOtherPhonesCodec(voice: Payload) throws {
    let scene = scene(.events, .tones, voice)
    let coding = try #require(VoiceCoding(voice.format))
    let decoder = try #require(VoiceDecoder(coding, rate: 8000))
    let talker = try Talker(DigitTests.voice, sequence: 0, timestamp: 0)
    var heard = Heard()
    pass(200, scene, from: talker, into: &heard, voice, by: decoder)
    heard = Heard()
    for (digit, start) in [(UInt8(5), 0), (11, 1)] {
      let at = talker.timestamp
      for step in 1...6 {
        event(scene, digit, sequence: talker.sequence, at: at, duration: step * 160, end: step == 6)
        talker.sequence &+= 1
        pass(20, scene, into: &heard, voice, by: decoder)
      }
      // The end is said thrice.
      event(scene, digit, sequence: talker.sequence, at: at, duration: 960, end: true)
      talker.sequence &+= 1
      talker.timestamp &+= 960
      pass(100, scene, from: talker, into: &heard, voice, by: decoder)
      #expect(start < 2)
    }
    pass(200, scene, from: talker, into: &heard, voice, by: decoder)
    #expect(keys(heard.samples, rate: decoder.rate) == [5, 11])
    #expect(Set(heard.headers.map { $0.ssrc }).count == 1)
    #expect(zip(heard.headers, heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
  }

  @Test func untilAKeyIsPressedTheStreamIsRelayedAsItIs() throws {
    let scene = scene(.events, .tones)
    for sequence in 0..<20 {
      scene.send(.a, from: Scene.phoneA, sequence: UInt16(sequence))
      scene.send(.b, from: Scene.phoneB, sequence: UInt16(sequence))
    }
    // Tones are looked for in what the other phone says.
    #expect(scene.stream.isTerminated)
    let plain = self.scene(.events, .info)
    for sequence in 0..<20 {
      plain.send(.a, from: Scene.phoneA, sequence: UInt16(sequence))
      plain.send(.b, from: Scene.phoneB, sequence: UInt16(sequence))
    }
    #expect(!plain.stream.isTerminated && plain.stream.kernelLeg(.a)?.types.contains(101) == false)
    #expect(plain.stream.kernelLeg(.b) != nil)
    plain.stream.press(.a, 7, milliseconds: 100, now: plain.now)
    #expect(plain.stream.isTerminated && plain.stream.kernelLeg(.b) == nil)
  }

  @Test func eventsAreToldBySignallingOnceEach() {
    let scene = scene(.events, .info)
    var sequence: UInt16 = 1
    for (digit, at, steps) in [(UInt8(1), UInt32(1000), 5), (10, 9000, 1)] {
      for step in 1...steps {
        event(scene, digit, sequence: sequence, at: at, duration: step * 400, end: step == steps)
        sequence += 1
      }
      for _ in 0..<2 {
        event(scene, digit, sequence: sequence, at: at, duration: steps * 400, end: true)
        sequence += 1
      }
    }
    // One whose end is lost is told of when the next begins.
    event(scene, 4, sequence: sequence, at: 20000, duration: 800)
    event(scene, 5, sequence: sequence + 1, at: 30000, duration: 160, end: true)
    #expect(scene.studio.outbox.digits.map { $0.digit } == [1, 10, 4, 5])
    #expect(scene.studio.outbox.digits.map { $0.milliseconds } == [250, 50, 100, 20])
    #expect(scene.studio.outbox.digits.allSatisfy { $0.from == .a } && scene.studio.outbox.packets.isEmpty)
  }

  @Test func tonesBecomeEventsAndAreTakenOutOfTheSpeech() throws {
    let scene = scene(.tones, .events)
    let talker = try Talker(DigitTests.voice, sequence: 0, timestamp: 0)
    let decoder = try #require(VoiceDecoder(.muLaw, rate: 8000))
    var heard = Heard()
    pass(200, scene, from: talker, into: &heard, by: decoder)
    let before = heard.headers.count
    var tone = DigitTone(9, rate: 8000)
    for _ in 0..<6 {
      var samples = [Int16](repeating: 0, count: 160)
      samples.withUnsafeMutableBufferPointer { tone.fill($0) }
      let header = RTPHeader(payloadType: 0, sequence: talker.sequence, timestamp: talker.timestamp, ssrc: 7)
      talker.sequence &+= 1
      talker.timestamp &+= 160
      scene.send(.a, header.packet(samples.map { MuLaw.encode($0) }))
      pass(20, scene, into: &heard, by: decoder)
    }
    pass(300, scene, from: talker, into: &heard, by: decoder)
    let events = heard.headers.filter { $0.payloadType == 101 }
    #expect(events.count > 5 && Set(events.map { $0.timestamp }).count == 1)
    #expect(events.filter { $0.marker }.count == 1 && heard.headers.count > before + 20)
    // What got through before it was recognised is no key to anybody.
    #expect(keys(heard.samples, rate: 8000).isEmpty)
    #expect(zip(heard.headers, heard.headers.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
  }

  @Test func tonesAreToldBySignalling() throws {
    let scene = scene(.tones, .info)
    var tone = DigitTone(3, rate: 8000)
    for sequence in 0..<20 {
      var samples = [Int16](repeating: 0, count: 160)
      if (5..<10).contains(sequence) { samples.withUnsafeMutableBufferPointer { tone.fill($0) } }
      let header = RTPHeader(payloadType: 0, sequence: UInt16(sequence), timestamp: UInt32(sequence) * 160, ssrc: 7)
      scene.send(.a, header.packet(samples.map { MuLaw.encode($0) }))
    }
    #expect(scene.studio.outbox.digits.map { $0.digit } == [3])
    #expect(abs((scene.studio.outbox.digits.first?.milliseconds ?? 0) - 100) < 30)
  }

  @Test func keysOfSignallingBecomeEventsWithAnEndAndAPause() throws {
    let scene = scene(.events, .info)
    let talker = try Talker(DigitTests.voice, sequence: 0, timestamp: 0)
    let decoder = try #require(VoiceDecoder(.muLaw, rate: 8000))
    var heard = Heard()
    for digit: UInt8 in [1, 2] { scene.stream.press(.a, digit, milliseconds: 100, now: scene.now) }
    pass(500, scene, from: talker, side: .b, into: &heard, by: decoder)
    let events = heard.headers.filter { $0.payloadType == 101 }
    // Five of 20 ms, the last of them thrice.
    #expect(events.count == 14 && Set(events.map { $0.timestamp }).count == 2)
    let (first, second) = (events[0].timestamp, events[13].timestamp)
    #expect(second &- first >= 160 * 8, "the key and the pause")
    let voice = heard.headers.filter { $0.payloadType == 0 }
    #expect(!voice.contains { $0.timestamp &- first < 800 || $0.timestamp &- second < 800 }, "no speech in its time")
    #expect(voice.count > 5)
  }

  @Test func whatIsTheSameOnBothSidesIsLeftAlone() {
    for method: DigitMethod? in [nil, .events, .tones, .info] {
      let scene = scene(method, method)
      for sequence in 0..<20 { scene.send(.a, from: Scene.phoneA, sequence: UInt16(sequence)) }
      scene.send(.b, from: Scene.phoneB)
      #expect(!scene.stream.isTerminated && scene.stream.kernelLeg(.a) != nil)
    }
  }
}
