import Codecs
import SimNet
import Testing
import Wire

@testable import SecureVoice

@Suite struct VoiceTests {
  private func sealed(_ sealer: inout VoiceSealer, _ text: [UInt8], _ now: Instant) -> [UInt8] {
    var frame = [UInt8](repeating: 0, count: text.count + 20)
    let count = frame.withUnsafeMutableBytes { frame in text.withUnsafeBytes { sealer.seal($0, into: frame, now: now) }
    }
    return Array(frame[..<count])
  }

  private func opened(_ opener: inout VoiceOpener, _ frame: [UInt8], _ now: Instant) -> VoiceOpener.Result {
    var room = [UInt8](repeating: 0, count: 140)
    return room.withUnsafeMutableBytes { room in frame.withUnsafeBytes { opener.open($0, into: room, now: now) } }
  }

  private let base = [UInt8](repeating: 3, count: 32)
  private let voice = [UInt8](repeating: 1, count: 140)

  /// Two hours, in which the ends' clocks began at other times and most of what is sent gets lost.
  @Test func keysAreRenewedEveryTenMinutes() {
    var sealer = VoiceSealer(Ratchet(baseKey: base, start: .zero))
    var opener = VoiceOpener(Ratchet(baseKey: base, start: Instant.zero + .seconds(9)))
    var identifiers: [UInt8] = []
    for second in 9..<7200 as Range<Int64> {
      let now = Instant.zero + .seconds(second)
      let frame = sealed(&sealer, voice, now)
      #expect(frame.count == 160 && frame[0] & 0x8f == 0x0a)
      if identifiers.last != frame[0] >> 4 { identifiers.append(frame[0] >> 4) }
      if second % 100 < 3 {
        #expect(opened(&opener, frame, now) == .voice(count: 140, counter: 65536 + UInt64(second - 9)))
      }
    }
    #expect(identifiers == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3])
    #expect(sealer.ratchet.step == 11 && sealer.ratchet.baseKey.count == 64)
  }

  @Test func anHourOfSilenceLosesNothing() {
    var sealer = VoiceSealer(Ratchet(baseKey: base, start: .zero))
    var opener = VoiceOpener(Ratchet(baseKey: base, start: .zero))
    let later = Instant.zero + .seconds(3 * 3600)
    opener.renew(Instant.zero + .seconds(7000))
    #expect(opened(&opener, sealed(&sealer, voice, later), later) == .voice(count: 140, counter: 65536))
  }

  /// Frames from just before and after a step cross each other.
  @Test func stepsMayOverlap() {
    var sealer = VoiceSealer(Ratchet(baseKey: base, start: .zero))
    var opener = VoiceOpener(Ratchet(baseKey: base, start: .zero))
    let (before, after) = (Instant.zero + .seconds(599), Instant.zero + .seconds(601))
    let frames = [sealed(&sealer, voice, before), sealed(&sealer, voice, after)]
    #expect(opened(&opener, frames[1], before) == .voice(count: 140, counter: 65537))
    #expect(opened(&opener, frames[0], after) == .voice(count: 140, counter: 65536))
    #expect(opened(&opener, frames[0], after) == .repeated)
    // Twenty minutes later its key is gone.
    #expect(opened(&opener, frames[0], after + .seconds(1200)) == .foreign)
  }

  @Test func aCallEndsBeforeItsCountersDo() {
    var sealer = VoiceSealer(Ratchet(baseKey: base, start: .zero), counter: 0xff_fffe)
    #expect(sealed(&sealer, voice, .zero).count == 160)
    #expect(sealed(&sealer, voice, .zero).prefix(4) == [0x0a, 0xff, 0xff, 0xff])
    #expect(sealed(&sealer, voice, .zero).isEmpty)
  }

  @Test func aSealerThatIsReadBackUsesNoCounterTwice() throws {
    var sealer = VoiceSealer(Ratchet(baseKey: base, start: .zero))
    var writer = StorageWriter()
    writer.put(sealer)
    for _ in 0..<60000 where sealer.counter < 65536 + 60000 { _ = sealed(&sealer, [], .zero) }
    var reader = StorageReader(writer.bytes)
    let again: VoiceSealer = try reader.value()
    #expect(again.counter > sealer.counter)
  }

  @Test func directionsHaveKeysOfTheirOwn() {
    var line = Line()
    line.run(60)
    #expect(line.session(0)?.sendingKey != line.session(0)?.receivingKey)
    #expect(line.ends[0].sealer?.ratchet.baseKey != line.ends[0].opener?.ratchet.baseKey)
  }

  /// Keys come once each, in order, though three frames in four get lost.
  @Test func keysAreSentAmongVoice() {
    var line = Line(.bad) { end, settings in settings.peer = Line.record(of: 1 - end) }
    line.run(500)
    for digit in [1, 2, 2, 11] as [UInt8] { line.ends[0].press(digit, milliseconds: 250) }
    let heard = line.heard[1].count
    line.run(100)
    #expect(line.keys[1].map { $0.digit }.sorted() == [1, 2, 2, 11])
    #expect(line.keys[1].allSatisfy { $0.milliseconds == 250 })
    #expect(line.heard[1].count > heard + 50)
  }

  @Test func anAnnouncementIsMutedAndTold() {
    var line = Line()
    line.run(60)
    line.exchange = { from, payload, _ in
      [(1 - from, from == 0 ? [UInt8](repeating: 0x7e, count: 160) : payload)]
    }
    line.run(50)
    #expect(line.events[1].last == .exchangeSpeaks(true))
    #expect(line.receptions[1].suffix(40).allSatisfy { $0 == .foreign })
    line.exchange = { from, payload, _ in [(1 - from, payload)] }
    line.run(10)
    #expect(line.events[1].suffix(2) == [.exchangeSpeaks(true), .exchangeSpeaks(false)])
    #expect(line.receptions[0].suffix(40).allSatisfy { if case .voice = $0 { true } else { false } })
  }

  /// Conference and recording bridges may hand a packet on longer, shorter or empty: none of it traps or is played.
  @Test func payloadsOfOtherLengthsAreForeign() {
    var line = Line()
    line.run(60)
    let frame = line.sent[0].last ?? []
    for payload in [[], Array(frame.dropLast()), frame + [0], Array(frame.prefix(3))] {
      line.deliver(payload, to: 1)
      #expect(line.receptions[1].last == .foreign)
    }
  }
}

@Suite struct PathTests {
  private static let conversion = G711Conversion()

  /// A tunnel whose octets an exchange treats as sound.
  private func line(_ law: Carrier.Law, _ change: @escaping (UInt8) -> UInt8) -> Line {
    var line = Line(carrier: .tunnel(law: law, packet: .milliseconds20))
    line.exchange = { from, payload, _ in [(1 - from, payload.map(change))] }
    line.run(100)
    return line
  }

  private func expect(_ line: Line, _ fault: SecureVoiceFault) {
    for end in 0..<2 {
      #expect(line.events[end].first == .failed(fault))
      #expect(!line.ends[end].isSecured)
    }
  }

  @Test func conversionOfTheLawIsNamed() {
    // Each end is told of one law and sent the other's octets.
    expect(line(.mu) { MuLaw.encode(ALaw.decode(PathTests.conversion.toALaw[Int($0)])) }, .pathRecodes)
    for law in [Carrier.Law.mu, .a] {
      let table = law == .mu ? PathTests.conversion.toMuLaw : PathTests.conversion.toALaw
      expect(line(law) { table[Int($0)] }, .pathConvertsLaw)
    }
  }

  @Test(arguments: [Carrier.Law.mu, .a], [0.5, 0.8, 1.2])
  func aChangedLoudnessIsNamed(law: Carrier.Law, gain: Double) {
    expect(
      line(law) { octet in
        let sample = law == .mu ? MuLaw.decode(octet) : ALaw.decode(octet)
        let louder = Int16(max(-32768, min(32767, Double(sample) * gain)))
        return law == .mu ? MuLaw.encode(louder) : ALaw.encode(louder)
      }, .pathChangesLoudness)
  }

  @Test func aPathThatChangesFewBitsIsNamed() {
    expect(line(.mu) { $0 == 0 ? 0x02 : $0 }, .pathRecodes)
  }

  /// Ordinary voice, noise and silence are not taken for a broken path.
  @Test func ordinaryVoiceIsNoFault() {
    var random = SeededGenerator(seed: 4)
    var check = PathCheck()
    var faults: [SecureVoiceFault] = []
    for n in 0..<3000 {
      let payload: [UInt8] = (0..<80).map { i in
        switch n % 3 {
        case 0: UInt8.random(in: 0...255, using: &random)
        case 1: MuLaw.encode(Int16((i * (n % 97) * 37 + n) % 8000 - 4000))
        default: 0xff
        }
      }
      if let fault = payload.withUnsafeBytes({ check.look(at: $0, law: n & 1 == 0 ? .mu : .a) }) {
        faults.append(fault)
      }
    }
    #expect(faults.isEmpty)
  }
}
