import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 5589 with the exchange in the middle, which acts on REFER (RFC 3515) by itself.
struct TransferTests {
  let office = Office()
  /// Who is handed over, who hands over, and to whom.
  let a: Phone
  let b: Phone
  let c: Phone

  init() {
    (a, b) = office.pair()
    c = office.phone("1003", "10.0.0.13")
  }

  private func end(_ one: Phone, _ other: Phone) {
    one.hangUp(now: office.now)
    #expect(office.run(until: { other.story.last == "BYE" }))
    #expect(office.settles())
  }

  /// Both talk, and only they.
  private func expectJoined(_ one: Phone, _ other: Phone) throws {
    office.run(1)
    #expect(office.exchange.calls.count == 1)
    let legs = try #require(office.box.media.values.first)
    #expect(office.box.media.count == 1)
    #expect(Set(legs.values.map { $0.remote?.ip }) == [one.address.ip, other.address.ip])
    #expect(legs.values.allSatisfy { $0.takesMedia && $0.givesMedia })
  }

  /// RFC 5589 §6.
  @Test(arguments: [true, false])
  func aBlindTransferJoinsTheOthersWithTheirDialogsAndPorts(calledByTransferor: Bool) throws {
    if calledByTransferor { office.connect(b, a) } else { office.connect(a, b) }
    let (stream, before) = try #require(office.box.media.first)
    let side: Media.Side = calledByTransferor ? .b : .a
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["200"] && a.story == ["INVITE", "ACK"] }))
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" && c.story == ["INVITE", "ACK"] }))
    #expect(b.notices == ["100 Trying", "180 Ringing", "200 OK"])
    #expect(b.story == ["200", "202", "NOTIFY", "NOTIFY", "NOTIFY", "BYE"])
    try expectJoined(a, c)
    #expect(a.story == ["INVITE", "ACK", "INVITE", "ACK"])
    #expect(office.box.media[stream]?[side]?.port == before[side]?.port)
    #expect(c.ringing?.request.headers[.referredBy] == "<sip:1002@office.lan>")
    #expect((try c.ringing?.request.headers.from)?.uri.user == "1001")
    end(a, c)
  }

  @Test func theTransferorMayLeaveAtOnce() throws {
    office.connect(a, b)
    c.manner = .rings
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.story.contains("202") }))
    b.hangUp(now: office.now)
    #expect(office.run(until: { b.story.contains("200") }))
    office.run(3)
    #expect(a.story.isEmpty)
    c.answer(now: office.now)
    #expect(office.run(until: { a.story == ["INVITE", "ACK"] }))
    #expect(!b.story.contains("BYE") && b.notices.last == "200 OK")
    try expectJoined(a, c)
    end(c, a)
  }

  @Test(arguments: [(486, "486 Busy Here"), (302, "480 Temporarily Unavailable")])
  func aFailedTransferReturnsTheCaller(status: Int, notice: String) throws {
    office.connect(a, b)
    c.manner = .refuses(status)
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.notices.last == notice }))
    office.run(2)
    #expect(a.story.isEmpty)
    try expectJoined(a, b)
    end(a, b)
  }

  @Test(arguments: ["1003", "1999"])
  func aTargetThatNobodyIsIsToldAtOnce(number: String) throws {
    office.connect(a, b)
    c.register(expires: 0, now: office.now)
    office.run(1)
    b.refer(number, now: office.now)
    let notice = number == "1003" ? "480 Temporarily Unavailable" : "404 Not Found"
    #expect(office.run(until: { b.notices.last == notice }))
    try expectJoined(a, b)
    end(a, b)
  }

  @Test func aFailedTransferRingsTheTransferorThatHasLeft() throws {
    office.connect(a, b)
    c.manner = .refuses(486)
    b.refer("1003", now: office.now)
    b.hangUp(now: office.now)
    #expect(office.run(until: { b.story.suffix(2) == ["INVITE", "ACK"] && a.story == ["INVITE", "ACK"] }))
    try expectJoined(a, b)
    end(b, a)
  }

  @Test func aCallThatNobodyTakesBackIsEnded() {
    office.connect(a, b)
    c.manner = .refuses(486)
    b.manner = .rings
    b.refer("1003", now: office.now)
    b.hangUp(now: office.now)
    #expect(office.run(67, until: { a.story == ["BYE"] }))
    #expect(b.story.last == "CANCEL")
    #expect(office.settles())
  }

  @Test func aPartnerThatHangsUpMeanwhileEndsTheTransfer() {
    office.connect(a, b)
    c.manner = .rings
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.notices.last == "180 Ringing" }))
    a.hangUp(now: office.now)
    #expect(office.run(until: { c.story == ["INVITE", "CANCEL"] && b.story.last == "BYE" }))
    #expect(b.notices.last == "487 Request Terminated")
    #expect(office.settles())
  }

  /// RFC 5589 §7.
  @Test(arguments: [true, false])
  func anAttendedTransferJoinsThePartnersOfTwoCalls(ofSecond: Bool) throws {
    office.connect(a, b)
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["200"] }))
    let line = office.phone("1002", "10.0.0.12", port: 5062, registers: false)
    office.connect(line, c)
    let (one, other) = ofSecond ? (line, b) : (b, line)
    let replaces = other.replaces.replacing("=", with: "%3D").replacing(";", with: "%3B")
    one.refer("<sip:1003@10.0.0.1:5060?Replaces=\(replaces)>", now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" && line.story.last == "BYE" }))
    #expect(one.notices == ["100 Trying", "200 OK"])
    try expectJoined(a, c)
    #expect(c.story == ["INVITE", "ACK"])
    end(a, c)
  }

  @Test func aTransferToAPhoneThatStillRingsWaitsForIt() throws {
    office.connect(a, b)
    let line = office.phone("1002", "10.0.0.12", port: 5062, registers: false)
    c.manner = .rings
    line.call("1003", now: office.now)
    #expect(office.run(until: { line.story == ["180"] }))
    let ringing = try #require(line.lastResponse)
    let early = try Dialog(answeredBy: ringing, called: URI("sip:1003@office.lan"), from: line.flow)
    let replaces = "\(early.callID)%3Bto-tag%3D\(early.remoteTag!)%3Bfrom-tag%3D\(early.localTag)"
    b.refer("<sip:1003@office.lan?Replaces=\(replaces)>", now: office.now)
    #expect(office.run(until: { line.story == ["180", "487"] }))
    c.answer(now: office.now)
    #expect(office.run(until: { b.notices.last == "200 OK" && b.story.last == "BYE" }))
    try expectJoined(a, c)
    end(c, a)
  }

  /// RFC 3891 §3.
  @Test(arguments: [true, false])
  func anInviteWithReplacesTakesThePlaceOfADialog(offers: Bool) throws {
    office.connect(a, b)
    c.offersInInvite = offers
    c.call("1002", now: office.now) { $0.headers.append(.replaces, b.replaces) }
    #expect(office.run(until: { b.story == ["BYE"] && c.story == ["200"] }))
    try expectJoined(a, c)
    #expect(a.story == ["INVITE", "ACK"])
    end(c, a)
  }

  @Test func replacesOfNoDialogIs481AndOfAnotherStateAsTheBookSays() throws {
    office.connect(a, b)
    c.call("1002", now: office.now) { $0.headers.append(.replaces, b.replaces + "0") }
    #expect(office.run(until: { c.story == ["481"] }))
    c.call("1002", now: office.now) { $0.headers.append(.replaces, b.replaces + ";early-only") }
    #expect(office.run(until: { c.story == ["481", "486"] }))
    c.call("1002", now: office.now) { $0.headers.append(.replaces, "nothing to read") }
    #expect(office.run(until: { c.story == ["481", "486", "400"] }))
    b.refer(
      "<sip:1003@office.lan?Replaces=\(b.replaces.replacing(";", with: "%3B").replacing("=", with: "%3D"))>",
      now: office.now)
    #expect(office.run(until: { b.notices == ["100 Trying", "481 Call/Transaction Does Not Exist"] }))
    try expectJoined(a, b)
    end(a, b)
  }

  /// RFC 3261 §14.1: the exchange's own re-INVITE crosses the phone's.
  @Test func ourOfferThatCrossesWaitsAsItsPlaceInTheDialogSays() throws {
    office.connect(a, b)
    a.glares = 2
    b.refer("1003", now: office.now)
    #expect(office.run(until: { a.story == ["INVITE"] }))
    let first = office.now
    #expect(office.run(until: { a.story == ["INVITE", "INVITE", "INVITE", "ACK"] }))
    // The Call-ID is the caller's: up to 2 s each.
    #expect(office.now - first <= .seconds(5))
    try expectJoined(a, c)
    c.glares = 1
    c.forget()
    c.refer("1002", now: office.now)
    #expect(office.run(until: { a.story.count == 6 }))
    try expectJoined(a, b)
    end(a, b)
  }

  @Test func ourOfferOnADialogThatWeBeganWaitsLonger() throws {
    office.connect(b, a)
    a.glares = 1
    b.refer("1003", now: office.now)
    #expect(office.run(until: { a.story == ["INVITE"] }))
    let first = office.now
    #expect(office.run(until: { a.story == ["INVITE", "INVITE", "ACK"] }))
    #expect(office.now - first >= .milliseconds(2100) && office.now - first <= .milliseconds(4200))
    try expectJoined(a, c)
    end(a, c)
  }

  @Test func aReferThatCannotBeServedIsRefused() throws {
    office.connect(a, b)
    b.refer("<mailto:x@y>", now: office.now)
    #expect(office.run(until: { b.story == ["403"] }))
    b.refer("<sip:1003@office.lan;method=BYE>", now: office.now)
    #expect(office.run(until: { b.story == ["403", "403"] }))
    b.inDialog(.refer, now: office.now)
    #expect(office.run(until: { b.story == ["403", "403", "400"] }))
    c.call("*43", now: office.now)
    #expect(office.run(until: { c.story == ["200"] }))
    c.refer("1001", now: office.now)
    #expect(office.run(until: { c.story == ["200", "403"] }))
    c.hangUp(now: office.now)
    office.run(1)
    try expectJoined(a, b)
    end(a, b)
  }

  /// RFC 4488 §4, and RFC 3515 §2.4.6 for the second REFER.
  @Test func aTransferorThatWantsNoWordGetsNoneAndASecondReferIsNamed() throws {
    office.connect(a, b)
    c.manner = .refuses(486)
    b.refer("1003", now: office.now) { $0.headers.fields.append(.init(named: "Refer-Sub", "false")) }
    #expect(office.run(until: { b.story == ["202"] }))
    #expect(b.lastResponse?.headers[named: "Refer-Sub"] == "false")
    office.run(2)
    #expect(b.notices.isEmpty)
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.notices.last == "486 Busy Here" }))
    #expect(b.lastRequest?.headers[.event]?.hasPrefix("refer;id=") == true)
    end(a, b)
  }

  /// RFC 4538.
  @Test func aReferOutsideOfTheCallNamesItByTargetDialog() throws {
    office.connect(a, b)
    let line = office.phone("1002", "10.0.0.12", port: 5062, registers: false)
    let dialog = try #require(b.dialog)
    let name = "\(dialog.callID);local-tag=\(dialog.localTag);remote-tag=\(dialog.remoteTag!)"
    func ask(_ phone: Phone) {
      phone.ask(.refer, now: office.now) { request in
        request.headers.append(.referTo, "<sip:1003@office.lan>")
        request.headers.fields.append(.init(named: "Target-Dialog", name))
        request.headers.append(.require, "tdialog")
      }
    }
    ask(c)
    #expect(office.run(until: { c.story == ["403"] }))
    ask(line)
    #expect(office.run(until: { line.notices.last == "200 OK" && b.story == ["BYE"] }))
    try expectJoined(a, c)
    end(a, c)
  }
}
