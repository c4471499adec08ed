import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 3262, and UPDATE in early dialogs (RFC 3311 §5).
struct ReliableTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func end() {
    office.run(1)
    a.hangUp(now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" }))
    #expect(office.settles())
  }

  private func direction(_ body: [UInt8]?) throws -> Direction {
    try SessionDescription.parse(body ?? []).offeredAudio().direction
  }

  /// §3, §4: an early answer is sent until its PRACK comes, and the 200 needs no second one.
  @Test func anEarlyAnswerIsAcknowledgedByACallerThatMay() throws {
    a.isReliable = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] }))
    office.run(3)
    #expect(a.story == ["183", "200"])
    b.answer(now: office.now)
    #expect(office.run(until: { a.story == ["183", "200", "200"] && b.story == ["INVITE", "ACK"] }))
    #expect(a.lastResponse?.body.isEmpty == true)
    #expect(office.box.media.values.first?.count == 2)
    end()
  }

  @Test func aCallerThatDoesNotKnowItIsToldAsEver() {
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] }))
    #expect(a.lastResponse?.headers.rSeq == nil)
    a.cancel(now: office.now)
    #expect(office.settles())
  }

  @Test func aCallerThatRequiresItGetsEveryResponseSo() {
    a.isReliable = true
    a.call("1002", now: office.now) { $0.headers.append(.require, "100rel") }
    // The answer waits for the PRACK of the ringing.
    #expect(office.run(until: { a.story == ["180", "200", "200"] && b.story.last == "ACK" }))
    end()
  }

  /// §3: sent again with pauses that double, for 64·T1.
  @Test func withoutAPrackItIsSentAgainAndTheCallGivenUp() {
    a.isReliable = true
    a.forgetsPrack = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] }))
    office.run(8)
    #expect(a.story == ["183", "183", "183", "183", "183"])
    b.answer(now: office.now)
    #expect(office.run(26, until: { a.story.last == "504" }))
    #expect(office.run(until: { b.story == ["INVITE", "ACK", "BYE"] }))
    #expect(office.settles())
  }

  /// §3: a PRACK of nothing is 481.
  @Test func aPrackOfAnotherResponseIs481() {
    a.isReliable = true
    a.forgetsPrack = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] }))
    a.inDialog(.prack, now: office.now) { $0.headers.append(.rAck, "9 1 INVITE") }
    #expect(office.run(until: { a.story.contains("481") }))
    a.cancel(now: office.now)
    #expect(office.settles())
  }

  @Test func aPhonesReliableResponseGetsItsPrack() throws {
    b.manner = .announcesReliably
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] && b.story == ["INVITE", "PRACK"] }))
    #expect(b.lastRequest?.headers[.rAck] == "7 1 INVITE")
    office.run(3)
    #expect(b.story == ["INVITE", "PRACK"])
    b.answer(now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] && b.story == ["INVITE", "PRACK", "ACK"] }))
    b.hangUp(now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" }))
    #expect(office.settles())
  }

  /// RFC 3261 §13.2.1: the phone's offer in a reliable response is answered in the PRACK.
  @Test func anOfferInAReliableResponseIsAnsweredInThePrack() throws {
    a.offersInInvite = false
    b.manner = .announcesReliably
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "PRACK"] }))
    #expect(try SessionDescription.parse(b.lastRequest?.body ?? []).offeredAudio().formats.isEmpty == false)
    b.answer(now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] && b.story.last == "ACK" }))
    #expect(try SessionDescription.parse(a.lastResponse?.body ?? []).offeredAudio().formats.isEmpty == false)
    office.run(1)
    let legs = try #require(office.box.media.values.first)
    #expect(legs[.a]?.remote?.ip == a.address.ip && legs[.b]?.remote?.ip == b.address.ip)
    end()
  }

  @Test func anUpdateOfTheCallerWhileItRingsIsAnsweredWithWhatTheCalleeSaid() throws {
    a.isReliable = true
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] }))
    a.update(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["183", "200", "200"] }))
    #expect(try direction(a.lastResponse?.body) == .recvonly)
    #expect(office.box.media.values.first?[.a]?.givesMedia == false)
    b.answer(now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "ACK"] }))
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .held)
    end()
  }

  /// RFC 3311 §5.2: its INVITE's offer has no answer yet.
  @Test func anUpdateBeforeAnyAnswerIs500() throws {
    a.isReliable = true
    b.manner = .rings
    a.call("1002", now: office.now) { $0.headers.append(.require, "100rel") }
    #expect(office.run(until: { a.story == ["180", "200"] }))
    a.update(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["180", "200", "500"] }))
    #expect(a.lastResponse?.headers[.retryAfter] != nil)
    a.cancel(now: office.now)
    #expect(office.settles())
  }

  @Test func anUpdateOfTheCalleeWhileItRingsIsAnsweredWithWhatTheCallerSaid() throws {
    b.manner = .announcesReliably
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "PRACK"] }))
    b.update(.inactive, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(try direction(b.lastResponse?.body) == .inactive)
    b.direction = .sendrecv
    b.answer(now: office.now)
    #expect(office.run(until: { b.story.last == "ACK" }))
    end()
  }

  /// RFC 3891 §3: a call that rings another phone is taken by one that knows its dialog.
  @Test func aCallThatRingsAnotherPhoneIsPickedUp() throws {
    let c = office.phone("1003", "10.0.0.13")
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    let rung = try #require(b.ringing?.request)
    let (callID, tag) = (try rung.headers.callID, try #require(try rung.headers.from.tag))
    c.call("1002", now: office.now) {
      $0.headers.append(.replaces, "\(callID);to-tag=\(tag);from-tag=t1002;early-only")
    }
    #expect(office.run(until: { c.story == ["200"] && a.story == ["180", "200"] && b.story == ["INVITE", "CANCEL"] }))
    office.run(1)
    let legs = try #require(office.box.media.values.first)
    #expect(legs[.a]?.remote?.ip == a.address.ip && legs[.b]?.remote?.ip == c.address.ip)
    a.hangUp(now: office.now)
    #expect(office.run(until: { c.story.last == "BYE" }))
    #expect(office.settles())
  }
}
