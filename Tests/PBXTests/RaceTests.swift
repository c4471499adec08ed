import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// Races between messages, named after the sections of RFC 5407 unless they say otherwise.
struct RaceTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func ring() {
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
  }

  private func end() {
    office.run(1)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  /// §3.1.1: the answer is there, the INVITE comes once more.
  @Test func section3_1_1AnInviteThatComesAgainAfterTheAnswerIsAnsweredAgain() throws {
    a.keepsWire = true
    a.forgetsAck = true
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180", "200"] }))
    let invite = try #require(a.wire.last { $0.starts(with: "INVITE".utf8) })
    let count = a.received200s
    office.box.receive(invite, from: a.address, now: office.now)
    office.run(1)
    #expect(a.received200s > count && b.story == ["INVITE", "ACK"] && office.exchange.calls.count == 1)
    a.forgetsAck = false
    #expect(office.settles())
  }

  /// §3.1.2: the 200 wins, CANCEL is answered and ends nothing.
  @Test func section3_1_2ACancelThatComesAfterTheAnswerEndsNothing() throws {
    a.keepsWire = true
    ring()
    office.simulation.net.cut(office.box.address, a.address)
    b.answer(now: office.now)
    office.run(1)
    a.cancel(now: office.now)
    let cancel = try #require(a.wire.last { $0.starts(with: "CANCEL".utf8) })
    office.box.receive(cancel, from: a.address, now: office.now)
    office.simulation.net.mend(office.box.address, a.address)
    #expect(office.run(until: { a.story == ["180", "200"] && b.story == ["INVITE", "ACK"] }))
    #expect(office.exchange.calls.count == 1)
    end()
  }

  /// §3.1.3: BYE of the early dialog crosses the 200: the dialog ends, and the 200 still gets its ACK.
  @Test func section3_1_3AByeOfAnEarlyDialogEndsTheAnsweredCall() throws {
    a.isReliable = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] }))
    b.answer(now: office.now)
    a.hangUp(now: office.now)
    office.run(2)
    #expect(b.story.last == "BYE" || b.story.last == "CANCEL")
    #expect(!a.story.contains("481"))
    #expect(office.settles())
  }

  /// §3.1.4, §3.1.5: the ACK was lost, a re-INVITE comes. RFC 3261 §14.2 lets it wait for that ACK.
  @Test func section3_1_4AReinviteBeforeTheAckIsTurnedAwayAndTheCallGoesOn() {
    a.forgetsAck = true
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180", "200"] }))
    a.forgetsAck = false
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["180", "200", "491"] }))
    #expect(b.story == ["INVITE", "ACK"])
    #expect(office.settles())
  }

  /// §3.1.6: the callee's BYE comes while the caller's ACK is missing; ours to the caller waits for that (§15).
  @Test func section3_1_6AByeWhileTheAckIsMissingIsAnsweredAndOursWaits() {
    a.forgetsAck = true
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180", "200"] && b.story == ["INVITE", "ACK"] }))
    b.hangUp(now: office.now)
    office.run(2)
    #expect(b.story.last == "200" && !a.story.contains("BYE"))
    #expect(office.run(33, until: { a.story.contains("BYE") }))
    #expect(office.settles())
  }

  /// §3.2.1: both hang up.
  @Test func section3_2_1ByesThatCrossAreBothAnswered() {
    office.connect(a, b)
    a.hangUp(now: office.now)
    office.run(until: { b.story == ["BYE"] })
    b.hangUp(now: office.now)
    office.run(1)
    #expect(!a.story.contains("481"))
    #expect(office.settles())
  }

  /// §3.2.2: a re-INVITE comes to a dialog that we have said BYE in.
  @Test func section3_2_2AReinviteAfterOurByeIs481() {
    office.connect(a, b)
    a.hangUp(now: office.now)
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.contains("BYE") && (b.story.contains("481") || b.story.contains("487")) }))
    #expect(office.settles())
  }

  /// §3.2.3: the 200 to a re-INVITE comes after the BYE, and is acknowledged.
  @Test func section3_2_3TheAnswerToAReinviteIsAcknowledgedThoughTheCallHasEnded() {
    office.connect(a, b)
    b.thinks = true
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["INVITE"] }))
    a.hangUp(now: office.now)
    #expect(office.run(until: { a.story.contains("487") && a.story.contains("200") && b.story == ["INVITE", "BYE"] }))
    b.answer(now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "BYE", "ACK"] }))
    office.run(2)
    #expect(b.story == ["INVITE", "BYE", "ACK"])
    #expect(office.settles())
  }

  /// §3.2.4: the ACK comes after the BYE of the same phone.
  @Test func section3_2_4ALateAckDoesNothing() throws {
    a.keepsWire = true
    office.connect(a, b)
    let ack = try #require(a.wire.last { $0.starts(with: "ACK".utf8) })
    a.hangUp(now: office.now)
    office.run(1)
    office.box.receive(ack, from: a.address, now: office.now)
    office.run(1)
    #expect(b.story == ["BYE"] && a.story == ["200"])
    #expect(office.settles())
  }

  /// §3.3.1: re-INVITEs of both cross; each of them gets 491, and a later one passes.
  @Test func section3_3_1ReinvitesThatCrossGet491() {
    office.connect(a, b)
    a.reinvite(.sendonly, now: office.now)
    b.reinvite(.sendonly, now: office.now)
    office.run(1)
    #expect(a.story.contains("491") || b.story.contains("491"))
    b.direction = .sendrecv
    a.forget()
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    end()
  }

  /// §3.3.2: UPDATE and re-INVITE cross, on one leg and over both.
  @Test(arguments: [true, false])
  func section3_3_2AnUpdateThatCrossesAReinviteGets491(sameLeg: Bool) {
    b.allows = "INVITE, UPDATE"
    office.connect(a, b)
    b.thinks = true
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["INVITE"] }))
    let crossing = sameLeg ? a : b
    crossing.update(.sendrecv, now: office.now)
    #expect(office.run(until: { crossing.story.contains(sameLeg ? "500" : "491") }))
    b.answer(now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    end()
  }

  /// §3.3.3: REFER comes to a dialog that has ended.
  @Test func section3_3_3AReferAfterByeIsRefused() {
    office.connect(a, b)
    a.hangUp(now: office.now)
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.story.contains("481") }))
    #expect(office.settles())
  }

  /// Appendix B: BYE overlaps a re-INVITE of the same phone.
  @Test func appendixBAByeEndsAReinviteWith487() {
    office.connect(a, b)
    b.thinks = true
    a.reinvite(.sendonly, now: office.now)
    a.hangUp(now: office.now)
    #expect(office.run(until: { a.story.contains("487") && a.story.contains("200") && b.story.contains("BYE") }))
    #expect(office.settles())
  }

  /// RFC 6141 §3.2: a CANCEL of a re-INVITE is passed on, and the session stays as it was.
  @Test func rfc6141ACancelledReinviteChangesNothing() throws {
    office.connect(a, b)
    let before = office.box.media.values.first
    b.thinks = true
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["INVITE"] }))
    a.cancel(now: office.now)
    #expect(office.run(until: { a.story == ["487"] && b.story == ["INVITE", "CANCEL"] }))
    #expect(office.box.media.values.first == before)
    a.direction = .sendrecv
    b.thinks = false
    end()
  }

  /// RFC 3261 §14.2: a re-INVITE before the final response of the first.
  @Test func rfc3261Section14_2AReinviteWhileItRingsIs500() {
    a.isReliable = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] }))
    a.inDialog(.invite, now: office.now)
    #expect(office.run(until: { a.story == ["183", "200", "500"] }))
    #expect(a.lastResponse?.headers[.retryAfter] != nil)
    b.answer(now: office.now)
    office.run(2)
    end()
  }

  /// RFC 3261 §13.2.2.4, RFC 5407 appendix E: a proxy behind the branch forks, and two phones answer.
  @Test func appendixETheSecondAnswerOfAForkIsAcknowledgedAndEnded() throws {
    ring()
    b.answer(now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "ACK"] && a.story == ["180", "200"] }))
    office.box.receive(b.answer(tag: "another"), from: b.address, now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "ACK", "ACK", "BYE"] }))
    #expect(office.exchange.calls.count == 1 && a.story == ["180", "200"])
    end()
  }

  /// RFC 6337 §3: early media of several phones: the first is heard, then whoever answers.
  @Test func earlyMediaOfSeveralForksIsTheFirstsUntilOneAnswers() throws {
    let c = office.phone("1002", "10.0.0.13")
    b.manner = .announces
    c.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183", "183"] }))
    let first = try #require(office.box.media.values.first?[.b]?.remote?.ip)
    let (heard, other) = first == b.address.ip ? (b, c) : (c, b)
    #expect(first == heard.address.ip)
    other.answer(now: office.now)
    #expect(office.run(until: { a.story.last == "200" && heard.story == ["INVITE", "CANCEL"] }))
    #expect(office.box.media.values.first?[.b]?.remote?.ip == other.address.ip)
    end()
  }

  /// RFC 3261 §13.3.1.4: over TCP too a 2xx is sent again until its ACK comes, and nothing else is.
  @Test func overTCPOnlyTheAnswerIsSentAgain() throws {
    let c = office.phone("1003", "10.0.0.14", port: 40014)
    c.forgetsAck = true
    b.manner = .silent
    c.call("1001", now: office.now)
    #expect(office.run(until: { c.story == ["180", "200"] }))
    let count = c.received200s
    office.run(4)
    #expect(c.received200s > count)
    #expect(office.run(40, until: { c.story.last == "BYE" }))
    #expect(office.settles())
  }
}
