import Codecs
import Crypto
import Foundation
import RTP
import SecureVoice
import SimNet
import Testing
import Wire

@testable import Phone
@testable import SDP

/// Two voice paths and what lies between them, in virtual time.
private struct Wires {
  var paths: [VoicePath]
  var net: SimNet<VoicePath.Outgoing>
  var now = Instant.zero
  var events: [[VoiceEvent]] = [[], []]
  var heard: [[Int16]] = [[], []]
  var sent: [[VoicePath.Outgoing]] = [[], []]
  /// What an exchange does to a packet.
  var change: (inout [UInt8]) -> Void = { _ in }
  private var tones: [ToneGenerator]
  private let rate: Int
  private static let places = [1, 2].map { SocketAddress(IPAddress(ipv4: $0), port: 4000) }

  init(
    _ coding: VoiceCoding, rate: Int = 16000, hides: Bool = false, keys: [SRTPKey]? = nil, seed: UInt64 = 1,
    _ conditions: LinkConditions = .good
  ) throws {
    self.rate = rate
    net = SimNet(seed: seed, conditions)
    paths = (0..<2).map { VoicePath(rate: rate, hidesSpeech: hides, random: RandomSource(seed: [UInt8($0), 9])) }
    tones = [440, 700].map { ToneGenerator(Tone([.init($0, 1000)], level: -10), rate: rate) }
    for end in 0..<2 {
      var said = AudioStream.offer([coding], packetTime: 20)
      said.address = Self.places[1 - end]
      var terms = try #require(MediaTerms(said: said, heard: said, in: LocalSession(sessionID: 1)))
      if let keys { terms.keys = SDP.KeyAgreement(own: keys[end], theirs: [keys[1 - end]], window: 0) }
      paths[end].use(terms, now: now)
    }
  }

  mutating func secure(required: Bool = false) {
    for end in 0..<2 {
      let wish = SecureWish(identity: [UInt8](repeating: UInt8(end + 3), count: 32), peer: nil, isRequired: required)
      #expect(paths[end].secure(wish, now: now))
    }
  }

  /// Time passes, both say their tones.
  mutating func run(_ milliseconds: Int) {
    var frame = [Int16](repeating: 0, count: rate / 50)
    for _ in 0..<milliseconds / 20 {
      for end in 0..<2 {
        frame.withUnsafeMutableBufferPointer { tones[end].fill($0) }
        frame.withUnsafeBufferPointer { paths[end].say($0, now: now) }
        paths[end].wake(now: now)
        for packet in paths[end].takeOutgoing() {
          sent[end].append(packet)
          net.send(packet, from: Self.places[end], to: Self.places[1 - end], now: now)
        }
      }
      while let arrival = net.arrival(by: now) {
        let end = arrival.to == Self.places[0] ? 0 : 1
        var bytes = arrival.payload.bytes
        if !arrival.payload.isControl { change(&bytes) }
        if arrival.payload.isControl {
          paths[end].receiveControl(bytes, now: arrival.time)
        } else {
          paths[end].receive(bytes, now: arrival.time)
        }
      }
      for end in 0..<2 {
        frame.withUnsafeMutableBufferPointer { paths[end].hear($0, now: now) }
        heard[end] += frame
        while let event = paths[end].poll() { events[end].append(event) }
      }
      now += .milliseconds(20)
    }
  }

  /// Of the last half second that an end heard, how much is the tone of that frequency, from 0 to 1.
  func share(_ frequency: Double, at end: Int) -> Double {
    let part = heard[end].suffix(rate / 2).map { Double($0) }
    var (real, imaginary, energy) = (0.0, 0.0, 0.0)
    for (i, sample) in part.enumerated() {
      let angle = 2 * Double.pi * frequency * Double(i) / Double(rate)
      real += sample * cos(angle)
      imaginary += sample * sin(angle)
      energy += sample * sample
    }
    return energy == 0 ? 0 : 2 * (real * real + imaginary * imaginary) / (energy * Double(part.count))
  }

  func words(_ end: Int) -> String? {
    for case .secure(.secured(let session)) in events[end] { return session.words.text }
    return nil
  }

  var voice: [[UInt8]] { sent.flatMap { $0.filter { !$0.isControl }.map { $0.bytes } } }
}

@Suite struct VoicePathTests {
  @Test(arguments: VoiceCoding.all, [8000, 16000, 48000]) func eachHearsTheOther(coding: VoiceCoding, rate: Int) throws
  {
    var wires = try Wires(coding, rate: rate)
    wires.run(2000)
    #expect(wires.share(700, at: 0) > 0.9 && wires.share(440, at: 1) > 0.9)
    #expect(wires.paths[0].quality.lost == 0 && wires.paths[0].quality.received > 90)
  }

  @Test(arguments: [0, 3, 7, 10, 18] as [Int64])
  func wherePlaybackTakesSmallStepsAPacketWaitsForHalfOfOneAndAStep(way: Int64) throws {
    let wires = try Wires(.muLaw, rate: 8000)
    let (mouth, ear) = (wires.paths[0], wires.paths[1])
    let said = [Int16](repeating: 1000, count: 160)
    var heard = [Int16](repeating: 0, count: 40)
    var underway: [(at: Instant, bytes: [UInt8])] = []
    for step in 0..<400 {
      let now = Instant.zero + .milliseconds(Int64(step) * 5)
      if step % 4 == 0 {
        said.withUnsafeBufferPointer { mouth.say($0, now: now) }
        for packet in mouth.takeOutgoing() { underway.append((now + .milliseconds(way), packet.bytes)) }
      }
      while let next = underway.first, next.at <= now {
        ear.receive(underway.removeFirst().bytes, now: next.at)
      }
      heard.withUnsafeMutableBufferPointer { ear.hear($0, now: now) }
    }
    #expect((10..<15).contains(ear.quality.held.milliseconds) && ear.quality.concealed == 0)
  }

  @Test func lossIsCountedAndBridged() throws {
    var wires = try Wires(.opus, seed: 3, LinkConditions(loss: 0.05, jitter: .milliseconds(15)))
    wires.run(5000)
    let quality = wires.paths[0].quality
    #expect(quality.lost > 4 && quality.lost < 30 && quality.concealed >= quality.lost && quality.jitter > 1000)
    #expect(wires.share(700, at: 0) > 0.6)
  }

  @Test func reportsMeasureTheRoundTrip() throws {
    var wires = try Wires(.muLaw, LinkConditions(delay: .milliseconds(40)))
    wires.run(20000)
    let trip = try #require(wires.paths[0].quality.roundTrip)
    #expect((79...125).contains(trip.milliseconds))
  }

  @Test func keysArePressedByTelephoneEvents() throws {
    var wires = try Wires(.aLaw)
    wires.run(200)
    for key: UInt8 in [1, 1, 11] { wires.paths[0].press(key) }
    wires.run(1000)
    #expect(wires.events[1] == [.key(1), .key(1), .key(11)])
  }

  @Test(arguments: [VoiceCoding.opus, .muLaw, .aLaw], [true, false])
  func securedVoiceIsHeardByBothAndLooksAlike(coding: VoiceCoding, required: Bool) throws {
    var wires = try Wires(coding, hides: true, seed: 2, LinkConditions(loss: 0.02, jitter: .milliseconds(5)))
    wires.secure(required: required)
    wires.run(6000)
    #expect(wires.words(0) != nil && wires.words(0) == wires.words(1))
    #expect(wires.share(700, at: 0) > 0.8 && wires.share(440, at: 1) > 0.8)
    #expect(Set(wires.voice.map { [$0.count, Int($0[1] >> 7)] }) == [[172, 0]])
    #expect(wires.paths[0].endSecurity == .secured && wires.paths[1].endSecurity == .secured)
  }

  @Test func whatAnExchangeMakesOfRTPsFieldsIsOfNoMatter() throws {
    var wires = try Wires(.opus, hides: true)
    var count: UInt8 = 0
    wires.change = { packet in
      count &+= 37
      for i in 2..<12 { packet[i] = packet[i] &* 3 &+ count }
    }
    wires.secure()
    wires.run(4000)
    #expect(wires.share(700, at: 0) > 0.9 && wires.share(440, at: 1) > 0.9)
  }

  @Test func whereSecurityIsRequiredNoPlainVoiceGoesOut() throws {
    var wires = try Wires(.muLaw, hides: true)
    let wish = SecureWish(identity: [UInt8](repeating: 3, count: 32), peer: nil, isRequired: true)
    #expect(wires.paths[0].secure(wish, now: wires.now))
    wires.run(12000)
    let magic: [UInt8] = [0x9d, 0x24, 0xb1, 0x3a, 0x2c, 0xa7, 0x33, 0xbe]
    let said = wires.sent[0].filter { !$0.isControl }
    #expect(said.count == 3 && said.allSatisfy { Array($0.bytes[12..<20]) == magic })
    #expect(wires.paths[0].endSecurity == .unanswered && !wires.paths[0].isHeardThere)
  }

  @Test func keysInASecuredCallAreVoiceToOthers() throws {
    var wires = try Wires(.opus, hides: true)
    wires.secure()
    wires.run(2000)
    wires.paths[0].press(5)
    wires.paths[1].press(12)
    wires.run(500)
    #expect(wires.events[1].contains(.key(5)) && wires.events[0].contains(.key(12)))
    #expect(Set(wires.voice.map { $0.count }) == [172])
  }

  @Test func anotherCodecCarriesNoSecuredVoice() throws {
    let wires = try Wires(.g722, hides: true)
    let wish = SecureWish(identity: [UInt8](repeating: 3, count: 32), peer: nil, isRequired: true)
    #expect(!wires.paths[0].secure(wish, now: wires.now) && wires.paths[0].endSecurity == .none)
  }

  @Test func onAnEncryptedWayNothingElseIsHeard() throws {
    let keys = [1, 2].map { SRTPKey(.aeadAES256GCM, [UInt8](repeating: $0, count: 44))! }
    var wires = try Wires(.muLaw, keys: keys)
    wires.run(1000)
    #expect(wires.share(700, at: 0) > 0.9 && wires.voice.allSatisfy { $0.count == 172 + 16 })
    wires.change = { $0[20] ^= 1 }
    wires.run(1000)
    #expect(wires.share(700, at: 0) < 0.1 && wires.paths[0].refused > 40)
  }
}
