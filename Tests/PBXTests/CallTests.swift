import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

struct CallTests {
  let office = Office()

  private func connected() -> (Phone, Phone) {
    let (a, b) = office.pair()
    office.connect(a, b)
    return (a, b)
  }

  @Test func aCallRingsIsAnsweredJoinedAndEnded() throws {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    b.answer(now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "ACK"] && a.story == ["180", "200"] }))
    let invite = try #require(b.ringing?.request)
    #expect(try invite.headers.from.displayName == "Desk 1001")
    #expect(try invite.headers.from.uri.description == "sip:1001@office.lan")
    let legs = try #require(office.box.media.values.first)
    #expect(legs[.a]?.remote?.description == "10.0.0.11:4000")
    #expect(legs[.b]?.remote?.description == "10.0.0.12:4000")
    #expect(legs[.a]?.sends == [Payload(0, .pcmu), Payload(8, .pcma), Payload(101, .telephoneEvent)])
    #expect(legs[.a]?.port != legs[.b]?.port)
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .connected)
    a.hangUp(now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" && a.story.last == "200" }))
    #expect(office.settles())
  }

  @Test func theCalleeMayHangUp() {
    let (a, b) = connected()
    b.hangUp(now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" && b.story.last == "200" }))
    #expect(office.settles())
  }

  @Test func theEchoAnswersByItself() throws {
    let a = office.phone("1001", "10.0.0.11")
    a.call("*43", now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    let body = try #require(a.lastResponse?.body)
    #expect(try SessionDescription.parse(body).offeredAudio().formats.map { $0.payloadType } == [0, 8, 101])
    #expect(office.box.media.values.first?[.a]?.remote?.port == 4000)
    a.hangUp(now: office.now)
    #expect(office.settles())
    #expect(a.story == ["200", "200"])
  }

  @Test func theEchoOffersToACallerWithoutAnOffer() {
    let a = office.phone("1001", "10.0.0.11")
    a.offersInInvite = false
    a.call("*43", now: office.now)
    #expect(office.run(until: { office.box.media.values.first?[.a]?.remote != nil }))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test(arguments: [(404, "4711"), (480, "1003"), (482, "1002"), (483, "1002")])
  func callsThatCannotBePlacedAreRefused(status: Int, callee: String) {
    let (a, b) = office.pair()
    if status == 482 { b.manner = .refuses(482) }
    a.call(callee, maxForwards: status == 483 ? 0 : 70, now: office.now)
    #expect(office.run(until: { a.story == [String(status)] }))
    #expect(office.settles())
  }

  @Test(arguments: [(486, 486), (603, 603), (404, 480), (302, 480), (503, 500), (401, 502)])
  func aPhonesRefusalReachesTheCallerAsItConcernsIt(said: Int, heard: Int) {
    let (a, b) = office.pair()
    b.manner = .refuses(said)
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == [String(heard)] }))
    #expect(office.settles())
  }

  @Test func theSameInviteByASecondWayIsALoop() throws {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    let call = try #require(office.exchange.calls.values.first)
    var again = try #require(call.caller.invite).request
    again.headers.remove(.via)
    a.transact(again, now: office.now)
    #expect(office.run(until: { a.story == ["180", "482"] }))
    #expect(b.story == ["INVITE"])
    #expect(office.settles())
  }

  @Test func aWrongPasswordRegistersAndCallsNothing() {
    let thief = office.phone("1001", "10.0.0.66", password: "guess-guess", registers: false)
    thief.register(now: office.now)
    #expect(office.run(until: { thief.story == ["401"] }))
    thief.call("*43", now: office.now)
    #expect(office.run(until: { thief.story == ["401", "401"] }))
    #expect(office.exchange.calls.count == 0 && office.exchange.registrar.numbers.isEmpty)
  }

  @Test func aFloodOfUnknownInvitesLeavesNothingBehind() {
    let stranger = office.phone("1001", "10.0.0.66", password: "guess-guess", registers: false)
    for _ in 0..<200 { stranger.call("1002", now: office.now) }
    office.run(1)
    #expect(stranger.story.filter { $0 == "401" }.count == 200)
    #expect(office.exchange.layer.count == 0 && office.exchange.calls.count == 0)
  }

  @Test func theCallerCancelsWhileItRings() throws {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    a.cancel(now: office.now)
    #expect(office.run(until: { a.story == ["180", "487"] && b.story == ["INVITE", "CANCEL"] }))
    #expect(office.settles())
  }

  @Test func aCancelThatCrossesTheAnswerStillEndsTheCall() {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    b.answer(now: office.now)
    a.cancel(now: office.now)
    office.run(5)
    // Either the answer won, and the caller has a call that it ends, or the 487, and the phone was hung up.
    if a.story.contains("200") { a.hangUp(now: office.now) }
    office.run(5)
    #expect(b.story.contains("BYE"))
    #expect(office.settles())
  }

  @Test func nobodyAnswers() {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(59, until: { a.story.contains("480") }) == false)
    #expect(office.run(2, until: { a.story == ["180", "480"] && b.story == ["INVITE", "CANCEL"] }))
    #expect(office.settles())
  }

  @Test func aCallersOwnPatienceEndsIn487() {
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", expires: 5, now: office.now)
    #expect(office.run(6, until: { a.story == ["180", "487"] }))
    #expect(office.settles())
  }

  @Test func aPhoneThatIsGoneIsUnavailable() {
    let (a, b) = office.pair()
    b.manner = .silent
    office.simulation.net.cut(office.box.address, b.address)
    a.call("1002", now: office.now)
    #expect(office.run(33, until: { a.story == ["480"] }))
    #expect(office.settles())
  }

  @Test func bothHangUpAtOnce() {
    let (a, b) = connected()
    a.hangUp(now: office.now)
    b.hangUp(now: office.now)
    office.run(2)
    #expect(a.story.last == "200" || a.story.suffix(2).contains("200"))
    #expect(!a.story.contains("481") && !b.story.contains("481"))
    #expect(office.settles())
  }

  @Test func aPhoneThatVanishesDoesNotKeepTheOther() {
    let (a, b) = connected()
    office.simulation.net.cut(office.box.address, b.address)
    a.hangUp(now: office.now)
    #expect(office.run(1, until: { a.story.last == "200" }))
    office.run(40)
    #expect(office.exchange.calls.count == 0)
    #expect(office.settles())
  }

  @Test func silenceOnBothSidesEndsTheCallAndSaysWhy() throws {
    let (a, b) = connected()
    let stream = try #require(office.box.media.keys.first)
    office.box.tell(.noMedia(stream), now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" && b.story.last == "BYE" }))
    #expect(office.box.log.contains { $0.contains("why=no media") })
    #expect(office.settles())
  }

  @Test func earlyMediaIsHeardBeforeTheAnswer() throws {
    let (a, b) = office.pair()
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] }))
    #expect(!(a.lastResponse?.body.isEmpty ?? true))
    #expect(office.box.media.values.first?.count == 2)
    let early = a.lastResponse?.body
    b.answer(now: office.now)
    #expect(office.run(until: { a.story == ["183", "200"] }))
    // The same answer, so that a phone which took the early one need not look again.
    #expect(a.lastResponse?.body == early)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func earlyMediaOfACallThatIsCancelledIsClosed() {
    let (a, b) = office.pair()
    b.manner = .announces
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["183"] }))
    a.cancel(now: office.now)
    #expect(office.run(until: { a.story == ["183", "487"] && b.story == ["INVITE", "CANCEL"] }))
    #expect(office.settles())
  }

  /// It registers from one port and listens at another, as its Contact says.
  @Test func aPhoneThatListensAtAnotherPortIsCalledThere() {
    let a = office.phone("1001", "10.0.0.11")
    let b = office.phone("1002", "10.0.0.12", port: 5080, registers: false)
    let sender = office.phone("1002", "10.0.0.12", port: 5070, registers: false)
    sender.listens = b.address
    sender.register(now: office.now)
    #expect(office.run(until: { sender.story == ["200"] }))
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story == ["INVITE", "ACK"] && a.story.last == "200" }))
    a.hangUp(now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" }))
    #expect(sender.story == ["200"])
    #expect(office.settles())
  }

  /// Its Via tells that addresses are translated on the way; where the Contact's port leads nobody knows.
  @Test func aPhoneBehindATranslatorIsCalledWhereItWasHeard() {
    let phones = ["1001", "1002"].map { number in
      let phone = office.phone(number, "10.0.0.12", port: number == "1001" ? 6001 : 6002, registers: false)
      phone.flow.local = SocketAddress(IPAddress("192.168.1.7")!, port: 5060)
      phone.listens = SocketAddress(phone.address.ip, port: 5060)
      phone.register(now: office.now)
      return phone
    }
    let (a, b) = (phones[0], phones[1])
    #expect(office.run(until: { a.story == ["200"] && b.story == ["200"] }))
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story == ["200", "INVITE", "ACK"] && a.story.last == "200" }))
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.suffix(2) == ["INVITE", "ACK"] && a.story.count == 4 }))
    b.hangUp(now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" }))
    #expect(office.settles())
  }
}
