import Crypto
import SimNet
import Testing
import Wire

@testable import SecureVoice

@Suite struct AgreementTests {
  @Test func twoPhonesAgreeAndHearEachOther() throws {
    var line = Line()
    // Longer than either end waits for the other.
    line.run(600)
    #expect(line.isSecured == true)
    let session = try #require(line.session(0))
    #expect(session.verdict == .first)
    #expect(session.identity == Ed25519(secret: Line.identity(1)).publicKey)
    #expect(session.isPostQuantum == MLKEM768.isAvailable)
    #expect(session.words.text.split(separator: " ").count == 3)
    for end in 0..<2 {
      #expect(line.heard[end].count > 60)
      #expect(line.heard[end].allSatisfy { $0[0] == UInt8(1 - end) })
      #expect(line.events[end].count == 1)
    }
  }

  /// Also what each packet looks like: nothing but one length leaves a phone.
  @Test(arguments: [
    Carrier.opus(packet: .milliseconds20), .opus(packet: .milliseconds10), .tunnel(law: .mu, packet: .milliseconds20),
    .tunnel(law: .a, packet: .milliseconds10),
  ])
  func everyCarrierKeepsOneLength(carrier: Carrier) {
    var line = Line(carrier: carrier)
    line.run(40)
    line.ends[0].press(5)
    line.run(200)
    #expect(line.isSecured == true)
    #expect(line.keys[1].map { $0.digit } == [5])
    for end in 0..<2 { #expect(line.sent[end].allSatisfy { $0.count == carrier.payloadCount }) }
    let frames = line.sent[0].suffix(100)
    #expect(frames.allSatisfy { $0[0] & 0x8f == 0x0a })
    #expect(Set(frames).count == 100)
  }

  /// Half a second and little more, with the post-quantum part, among packets of 20 ms.
  @Test func aHealthyLineNeedsFewFrames() {
    var line = Line()
    line.run(100)
    let frames = line.sent.joined().filter { $0.starts(with: AgreementFrame.magic) }
    #expect(frames.count <= (MLKEM768.isAvailable ? 28 : 10))
  }

  @Test(arguments: 1...24)
  func aBadLineDelaysThemOnly(seed: Int) {
    var line = Line(seed: UInt64(seed), .bad) { end, settings in settings.peer = Line.record(of: 1 - end) }
    line.run(600)
    let isSecured = line.isSecured
    #expect(isSecured, "\(line.events)")
    #expect(line.faults.isEmpty)
    #expect(line.heard.allSatisfy { $0.count > 100 })
  }

  @Test(arguments: 1...12)
  func aBadLineWithSmallPacketsToo(seed: Int) {
    var line = Line(carrier: .tunnel(law: .mu, packet: .milliseconds10), seed: UInt64(seed), .bad) { end, settings in
      settings.peer = Line.record(of: 1 - end)
    }
    line.run(1000)
    let isSecured = line.isSecured
    #expect(isSecured, "\(line.events)")
    #expect(line.faults.isEmpty)
  }

  @Test func aStrangerHearsThreeHellosAtMost() {
    var line = Line()
    line.exchange = { _, _, _ in [] }
    line.run(1000)
    for end in 0..<2 {
      #expect(line.sent[end].filter { $0.starts(with: AgreementFrame.magic) }.count == 3)
      #expect(line.events[end] == [.unanswered(isAlarm: false)])
      #expect(line.fillings[end].suffix(10) == [SecureCall.Filling](repeating: .plain, count: 10)[...])
    }
  }

  /// The media path comes up a second after the call.
  @Test func aPathThatOpensLateIsNoObstacle() {
    var line = Line()
    line.exchange = { from, payload, now in now < Instant.zero + .seconds(1) ? [] : [(1 - from, payload)] }
    line.run(150)
    #expect(line.isSecured == true)
  }

  @Test func aKnownPhoneThatDoesNotAnswerAlarms() {
    var line = Line(allowsPlain: false) { end, settings in settings.peer = Line.record(of: 1 - end) }
    line.exchange = { _, _, _ in [] }
    line.run(1000)
    for end in 0..<2 {
      #expect(line.events[end] == [.unanswered(isAlarm: true)])
      #expect(!line.fillings[end].contains(.plain))
    }
  }

  @Test func whoSpeaksUpLaterIsAnswered() {
    var line = Line()
    line.exchange = { _, _, _ in [] }
    line.run(300)
    line.exchange = { from, payload, _ in [(1 - from, payload)] }
    line.ends[1] = Line.phone(1, seed: 9, now: line.now)
    line.run(200)
    #expect(line.isSecured == true)
  }

  @Test func identitiesAreRememberedAndAChangeIsTold() throws {
    var line = Line()
    line.run(60)
    var record = try #require(line.session(0)).record(previous: nil)
    record.isVerified = true
    #expect(record.identity == Line.record(of: 1).identity)
    line = Line(seed: 2) { end, settings in settings.peer = end == 0 ? record : nil }
    line.run(60)
    let again = try #require(line.session(0))
    #expect(again.verdict == .same)
    #expect(again.record(previous: record).isVerified)
    line = Line(seed: 3) { end, settings in
      if end == 0 { settings.peer = record } else { settings.identity = [UInt8](repeating: 99, count: 32) }
    }
    line.run(60)
    let changed = try #require(line.session(0))
    #expect(changed.verdict == .changed)
    #expect(!changed.record(previous: record).isVerified)
  }

  @Test func lostPostQuantumIsTold() throws {
    var record = Line.record(of: 1)
    record.hadPostQuantum = true
    var line = Line { end, settings in
      settings.offersPostQuantum = false
      if end == 0 { settings.peer = record }
    }
    line.run(60)
    let session = try #require(line.session(0))
    #expect(session.lostPostQuantum && !session.isPostQuantum)
    #expect(session.record(previous: record).hadPostQuantum)
  }

  @Test func requiredPostQuantumIsNeverMissing() {
    var line = Line { end, settings in
      settings.offersPostQuantum = false
      settings.requiresPostQuantum = end == 0
    }
    line.run(60)
    #expect(line.events[0] == [.failed(.postQuantumMissingHere)])
    #expect(!line.ends[1].isSecured)
    guard MLKEM768.isAvailable else { return }
    line = Line { end, settings in
      settings.offersPostQuantum = end == 0
      settings.requiresPostQuantum = end == 0
    }
    line.run(60)
    #expect(line.events[0] == [.failed(.postQuantumMissingThere)])
    #expect(line.fillings[0].suffix(10) == [SecureCall.Filling](repeating: .silence, count: 10)[...])
  }

  @Test func equalNumbersAreDecidedByTheRestOrByNobody() {
    func phone(_ end: Int, flag: Bool) -> SecureCall {
      var random = RandomSource(seed: [7])
      var agreement = KeyAgreement(
        AgreementSettings(identity: Line.identity(end), offersPostQuantum: false), packetSize: 160, random: &random,
        now: .zero)
      // A bit that means nothing yet.
      if flag {
        agreement.ownHello[1] = 2
        agreement.send([OutgoingMessage(.hello, agreement.ownHello)])
      }
      return SecureCall(.opus(packet: .milliseconds20), allowsPlain: true, agreement)
    }
    var line = Line([phone(0, flag: false), phone(1, flag: true)])
    line.run(100)
    #expect(line.isSecured == true)
    #expect(line.session(1)?.role == .initiator)
    // Nothing tells them apart: each takes the other for its echo.
    line = Line([phone(0, flag: false), phone(1, flag: false)])
    line.run(150)
    #expect(line.events == [[.reflected, .unanswered(isAlarm: false)], [.reflected, .unanswered(isAlarm: false)]])
  }

  /// Wherever a process is cut off, the next one goes on.
  @Test func stateIsReadBackAtAnyPacket() throws {
    var line = Line(.bad) { end, settings in settings.peer = Line.record(of: 1 - end) }
    for _ in 0..<300 {
      line.step()
      for end in 0..<2 {
        var writer = StorageWriter()
        writer.put(line.ends[end])
        var reader = StorageReader(writer.bytes)
        line.ends[end] = try reader.value()
        #expect(reader.left == 0)
      }
      if line.isSecured { break }
    }
    #expect(line.isSecured == true)
    #expect(line.faults.isEmpty)
    let heard = line.heard[0].count
    var writer = StorageWriter()
    writer.put(line.ends[1])
    line.run(5)
    var reader = StorageReader(writer.bytes)
    line.ends[1] = try reader.value()
    line.run(50)
    #expect(line.heard[0].count > heard + 10)
    for count in 0..<writer.bytes.count {
      var reader = StorageReader(Array(writer.bytes[..<count]))
      #expect((try? reader.value(SecureCall.self)) == nil)
    }
  }
}
