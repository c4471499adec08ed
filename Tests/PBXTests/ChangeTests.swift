import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// What phones change within a call.
struct ChangeTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func connect() { office.connect(a, b) }

  private func end() {
    office.run(1)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  private func said(_ phone: Phone) throws -> Direction {
    try SessionDescription.parse(phone.lastResponse?.body ?? []).offeredAudio().direction
  }

  @Test func holdAndResumeReachTheOtherPhoneAndItsWordComesBack() throws {
    connect()
    let stream = try #require(office.box.media.keys.first)
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["200"] && b.story == ["INVITE", "ACK"] }))
    #expect(try SessionDescription.parse(b.lastRequest?.body ?? []).offeredAudio().direction == .sendonly)
    #expect(try said(a) == .recvonly)
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .held)
    #expect(office.box.media[stream]?[.a]?.givesMedia == false && office.box.media[stream]?[.b]?.takesMedia == false)
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["200", "200"] }))
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .connected)
    #expect(office.box.media[stream]?[.a]?.givesMedia == true && office.box.media[stream]?[.b]?.takesMedia == true)
    end()
  }

  @Test func theVersionOfOurDescriptionRisesWithTheHold() throws {
    connect()
    b.reinvite(.inactive, now: office.now)
    #expect(office.run(until: { b.story == ["200"] }))
    #expect(try SessionDescription.parse(a.lastRequest?.body ?? []).origin.version == "2")
    #expect(try said(b) == .inactive)
    end()
  }

  @Test func aCallWithoutAnOfferIsOfferedAndAnsweredInTheACK() throws {
    a.offersInInvite = false
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story.last == "ACK" && a.story.last == "200" }))
    #expect(b.ringing?.request.body.isEmpty == true)
    #expect(
      try SessionDescription.parse(a.lastResponse?.body ?? []).offeredAudio().formats.map { $0.payloadType } == [
        0, 8, 9, 107, 101,
      ])
    #expect(try SessionDescription.parse(b.lastAck?.body ?? []).offeredAudio().formats.count == 3)
    let legs = try #require(office.box.media.values.first)
    #expect(legs[.a]?.remote?.ip.description == "10.0.0.11" && legs[.b]?.remote?.ip.description == "10.0.0.12")
    end()
  }

  @Test func aReinviteWithoutAnOfferIsAnsweredInTheACK() throws {
    connect()
    a.offersInInvite = false
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["200"] && b.story == ["INVITE", "ACK"] }))
    #expect(try SessionDescription.parse(b.lastAck?.body ?? []).offeredAudio().formats.isEmpty == false)
    end()
  }

  @Test func reinvitesThatCrossAreBothTurnedAway() {
    connect()
    a.reinvite(.sendonly, now: office.now)
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.contains("491") || a.story.contains("491") }))
    office.run(2)
    #expect(office.exchange.status(now: office.now).calls.count == 1)
    end()
  }

  @Test func aReinviteThatIsRefusedLeavesTheCallAsItWas() throws {
    connect()
    let before = office.box.media.values.first
    a.codecs = ["98 telephone-event"]
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["488"] }))
    #expect(b.story.isEmpty && office.box.media.values.first == before)
    end()
  }

  @Test func infoIsPassedAndOptionsAnswered() {
    connect()
    a.inDialog(.info, now: office.now) { request in
      request.headers.append(.contentType, "application/media_control+xml")
      request.body = Array("<faster/>".utf8)
    }
    #expect(office.run(until: { a.story == ["200"] }))
    #expect(b.lastRequest?.body == Array("<faster/>".utf8) && b.story == ["INFO"])
    a.inDialog(.options, now: office.now)
    #expect(office.run(until: { a.story == ["200", "200"] }))
    #expect(a.lastResponse?.headers[.allow]?.contains("INVITE") == true)
    a.inDialog(.publish, now: office.now)
    #expect(office.run(until: { a.story == ["200", "200", "405"] }))
    end()
  }

  @Test func aRequestOfNoCallIs481() {
    connect()
    a.hangUp(now: office.now)
    office.run(1)
    a.forget()
    a.hangUp(now: office.now)
    #expect(office.run(until: { a.story == ["481"] }))
    #expect(office.settles())
  }
}

struct ForkingTests {
  let office = Office()
  /// The caller, and two phones of the callee.
  let a: Phone
  let b: Phone
  let c: Phone

  init() {
    (a, b) = office.pair()
    c = office.phone("1002", "10.0.0.13", port: 40013)
  }

  /// The caller hears both phones ring.
  private func ring() {
    b.manner = .rings
    c.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180", "180"] }))
  }

  @Test func theFirstAnswerWinsAndTheOthersAreTold() throws {
    ring()
    c.answer(now: office.now)
    #expect(office.run(until: { a.story.last == "200" && b.story == ["INVITE", "CANCEL"] && c.story.last == "ACK" }))
    #expect(office.box.media.values.first?[.b]?.remote?.ip.description == "10.0.0.13")
    a.hangUp(now: office.now)
    #expect(office.run(until: { c.story.last == "BYE" }))
    #expect(office.settles())
  }

  @Test func aSecondAnswerIsAcknowledgedAndHungUp() {
    ring()
    b.answer(now: office.now)
    c.answer(now: office.now)
    #expect(office.run(until: { a.story.last == "200" && (b.story + c.story).contains("BYE") }))
    office.run(1)
    #expect((b.story + c.story).filter { $0 == "ACK" }.count == 2)
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .connected)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func busyCountsMoreThanSilence() {
    b.manner = .refuses(486)
    c.manner = .silent
    office.simulation.net.cut(office.box.address, c.address)
    a.call("1002", now: office.now)
    #expect(office.run(40, until: { a.story == ["486"] }))
    #expect(office.settles())
  }

  @Test func aDeclineSpeaksForAllPhones() {
    ring()
    c.manner = .refuses(603)
    let d = office.phone("1002", "10.0.0.14")
    d.manner = .refuses(603)
    a.cancel(now: office.now)
    office.run(1)
    a.forget()
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story.contains("603") && b.story.last == "CANCEL" }))
    #expect(office.settles())
  }
}
