import Crypto
import SimNet
import Testing
import Wire

@testable import SecureVoice

/// What the exchange can do to a call: each is detected or harmless.
@Suite struct AttackTests {
  /// No end may take itself for secured with another view of the call than the other end has, and nothing unprotected
  /// leaves a phone that knows that the other is one.
  private func expectDetected(_ line: Line, _ comment: Comment? = nil) {
    let isSecured = (0..<2).contains { line.session($0) != nil && line.ends[$0].agreement.isProven }
    #expect(!isSecured, comment)
    #expect(!line.faults.isEmpty, comment)
    for end in 0..<2 where line.ends[end].agreement.hasHeardPeer {
      #expect(line.fillings[end].suffix(20).contains(.plain) == false, comment)
    }
  }

  /// Every byte of every message is covered: changed, it is noticed.
  @Test(arguments: [AgreementFrame.Kind.commit, .respond, .reveal, .confirm])
  func aChangedByteIsNoticed(kind: AgreementFrame.Kind) {
    for place in stride(from: 0, to: 140, by: 27) {
      var line = Line()
      var isHit = false
      line.exchange = changing { _, frame in
        guard frame.kind == kind, frame.index == frame.count - 1, !frame.data.isEmpty else { return true }
        frame.data[place % frame.data.count] ^= 0x20
        isHit = true
        return true
      }
      line.run(1200)
      #expect(isHit)
      expectDetected(line, "byte \(place)")
    }
  }

  /// The capabilities are in the transcript: taking the post-quantum part out, at one end or both, is noticed.
  @Test(
    .enabled(if: MLKEM768.isAvailable, "OpenSSL is older than 3.5: it has no ML-KEM to take away"),
    arguments: [0, 1, 2])
  func strippedCapabilitiesAreNoticed(end: Int) {
    var line = Line()
    line.exchange = changing { from, frame in
      if frame.kind == .hello, end == 2 || end == from { frame.data[1] &= 0xfe }
      return true
    }
    line.run(1200)
    expectDetected(line)
  }

  /// The same with a bit that means nothing yet, so that it holds in builds without ML-KEM, too.
  @Test(arguments: [0, 1, 2])
  func changedCapabilitiesAreNoticed(end: Int) {
    var line = Line()
    line.exchange = changing { from, frame in
      if frame.kind == .hello, end == 2 || end == from { frame.data[1] ^= 0x40 }
      return true
    }
    line.run(1200)
    expectDetected(line)
  }

  /// Offered to one end only, ML-KEM is not had by half.
  @Test func addedCapabilitiesAreNoticed() {
    var line = Line { _, settings in settings.offersPostQuantum = false }
    line.exchange = changing { _, frame in
      if frame.kind == .hello { frame.data[1] |= 1 }
      return true
    }
    line.run(1200)
    expectDetected(line)
  }

  @Test(arguments: [AgreementFrame.Kind.commit, .respond, .reveal, .confirm])
  func aMessageThatNeverComesIsNoticed(kind: AgreementFrame.Kind) {
    var line = Line()
    line.exchange = changing { _, frame in frame.kind != kind }
    line.run(1500)
    expectDetected(line)
    #expect(line.faults.contains(.silent))
    // One retry, no more.
    for events in line.events {
      #expect(events.filter { if case .retrying = $0 { true } else { false } }.count <= 1)
      // Whose last message it is has keys that nobody else has, and says that it hears nothing.
      let last = events.last
      #expect(last == .failed(.silent) || kind == .confirm && last == .unheard)
    }
  }

  @Test func aLineThatFailsOnceSucceedsInTheRetry() {
    var line = Line()
    line.exchange = changing { _, frame in
      if frame.kind == .respond, frame.attempt == 0 { frame.data[0] ^= 1 }
      return true
    }
    line.run(400)
    #expect(line.isSecured == true)
    #expect(line.faults.contains(.altered))
  }

  /// A key of few values makes the shared secret known to everyone.
  @Test func keysWithoutASecretAreRefused() {
    for kind in [AgreementFrame.Kind.commit, .respond] {
      var line = Line()
      line.exchange = changing { _, frame in
        if frame.kind == kind, frame.index == 0 { for i in 0..<32 { frame.data[i] = 0 } }
        return true
      }
      line.run(1200)
      expectDetected(line)
      #expect(line.faults.contains(.weakKey))
    }
  }

  /// Frames of an earlier call, all of them, in any order.
  @Test func replayedFramesOfAnotherCallAreHarmless() {
    var earlier = Line(seed: 5)
    earlier.run(100)
    let old = earlier.sent
    for end in 0..<2 {
      // To the end that they were once sent to, and back to the one that sent them.
      for source in 0..<2 {
        var line = Line(seed: 6)
        line.exchange = { from, payload, now in
          let i = Int(now.microseconds / 20000)
          let more = from == 0 && i < old[source].count ? [(to: end, payload: old[source][i])] : []
          return more + [(1 - from, payload)]
        }
        line.run(1500)
        for other in 0..<2 { #expect(line.heard[other].allSatisfy { $0[0] == UInt8(1 - other) }) }
        if line.faults.isEmpty { #expect(line.isSecured == true) } else if !line.isSecured { expectDetected(line) }
      }
    }
  }

  @Test func frozenAndRepeatedVoiceIsPlayedOnce() {
    var line = Line()
    line.run(60)
    let frames = Array(line.sent[0].suffix(10))
    line.run(10)
    let heard = line.heard[1].count
    for frame in frames { line.deliver(frame, to: 1) }
    #expect(line.heard[1].count == heard)
    #expect(line.receptions[1].suffix(10).allSatisfy { $0 == .nothing })
  }

  /// An echo service, or an exchange that wants a phone to agree with itself.
  @Test func reflectionComesToNothing() {
    var line = Line()
    line.exchange = { from, payload, _ in [(from, payload)] }
    line.run(1000)
    for end in 0..<2 {
      #expect(line.events[end].first == .reflected)
      #expect(line.session(end) == nil && line.heard[end].isEmpty)
    }
    // With a changed HELLO, so that it isn't known as one's own.
    line = Line()
    line.exchange = { from, payload, _ in
      guard var frame = payload.withUnsafeBytes({ AgreementFrame($0) }) else { return [(from, payload)] }
      if frame.kind == .hello { frame.data[5] ^= 0x80 }
      return [(from, frame.bytes(size: payload.count))]
    }
    line.run(1500)
    for end in 0..<2 { #expect(line.session(end) == nil && line.heard[end].isEmpty) }
    expectDetected(line)
  }

  @Test func ownVoiceSentBackIsRefused() {
    var line = Line()
    line.run(60)
    line.exchange = { from, payload, _ in [(from, payload)] }
    let heard = line.heard.map { $0.count }
    line.run(50)
    for end in 0..<2 {
      #expect(line.heard[end].count <= heard[end] + 1)
      #expect(line.events[end].last == .exchangeSpeaks(true))
    }
  }

  /// Between strangers someone in the middle can agree with each of them, but the words differ.
  @Test func inTheMiddleTheWordsDiffer() throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      var line = Line(seed: seed)
      let man = MiddleMan()
      line.exchange = man.pass
      line.run(100)
      let sessions = try [#require(line.session(0)), #require(line.session(1))]
      #expect(sessions[0].words != sessions[1].words)
      #expect(sessions.allSatisfy { $0.verdict == .first })
      #expect(man.heard.contains { !$0.isEmpty })
    }
  }

  /// Between phones that know each other it is noticed at once, without words.
  @Test func inTheMiddleTheIdentityIsAnother() throws {
    var line = Line { end, settings in settings.peer = Line.record(of: 1 - end) }
    line.exchange = MiddleMan().pass
    line.run(100)
    for end in 0..<2 { #expect(try #require(line.session(end)).verdict == .changed) }
  }

  /// Whoever passes another's identity off as his own needs that one's signature of this very transcript.
  @Test func anothersIdentityNeedsItsSignature() {
    let honest = KeySchedule(
      helloI: [1], helloR: [2], commit: [3], respond: [4], nonceI: [5], sharedSecrets: [6])
    let other = KeySchedule(
      helloI: [1], helloR: [2], commit: [3], respond: [4], nonceI: [7], sharedSecrets: [6])
    let victim = Ed25519(secret: Line.identity(0))
    let sealed = honest.sealIdentity(victim, as: .initiator)
    #expect((try? honest.openIdentity(sealed, of: .initiator)) == victim.publicKey)
    // Under other keys, in the other role, or with what the victim signed elsewhere.
    #expect(throws: SecureVoiceFault.altered) { try other.openIdentity(sealed, of: .initiator) }
    #expect(throws: SecureVoiceFault.altered) { try honest.openIdentity(sealed, of: .responder) }
    #expect(throws: SecureVoiceFault.badSignature) {
      try other.openIdentity(other.resealed(sealed, from: honest, as: .initiator, .initiator), of: .initiator)
    }
    #expect(throws: SecureVoiceFault.badSignature) {
      try honest.openIdentity(honest.resealed(sealed, from: honest, as: .initiator, .responder), of: .responder)
    }
  }

  /// Asking to begin anew, as if the other phone had failed, costs the one retry and nothing else; once voice came it is
  /// not even heard.
  @Test func forgedRequestsToBeginAnew() {
    let forged = AgreementFrame(.hello, attempt: 1, [1, 1] + [UInt8](repeating: 0xee, count: 16)).bytes(size: 160)
    for packet in stride(from: 0, to: 36, by: 3) {
      var line = Line(seed: 3)
      line.exchange = { from, payload, now in
        let isTime = from == 0 && now == Instant(microseconds: Int64(packet) * 20000)
        return [(1 - from, payload)] + (isTime ? [(1, forged)] : [])
      }
      line.run(1100)
      if !line.isSecured { expectDetected(line, "packet \(packet)") }
    }
    var line = Line(seed: 3)
    line.run(60)
    line.deliver(forged, to: 0)
    line.deliver(forged, to: 1)
    line.run(20)
    #expect(line.isSecured == true)
    #expect(line.faults.isEmpty)
  }

  @Test func anotherPhoneInASecuredCallIsTold() {
    var line = Line()
    line.run(60)
    let stranger = AgreementFrame(.hello, attempt: 0, [1, 1] + [UInt8](repeating: 7, count: 16)).bytes(size: 160)
    line.deliver(stranger, to: 0)
    #expect(line.events[0].count == 1)
    line.exchange = { from, payload, _ in from == 0 ? [(1, payload)] : [] }
    line.run(110)
    line.deliver(stranger, to: 0)
    line.deliver(stranger, to: 0)
    #expect(line.events[0].suffix(1) == [.strangerAsks])
    #expect(line.events[0].filter { $0 == .strangerAsks }.count == 1)
  }
}

extension KeySchedule {
  /// What was sealed by another schedule under keys of this one.
  fileprivate func resealed(
    _ sealed: [UInt8], from other: KeySchedule, as role: SecureSession.Role, _ newRole: SecureSession.Role
  ) throws -> [UInt8] {
    let opened = try #require(other.seal(of: role).cipher.opened(sealed, nonce: other.seal(of: role).nonce))
    return seal(of: newRole).cipher.sealed(opened, nonce: seal(of: newRole).nonce)
  }
}
