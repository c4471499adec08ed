import SIP
import TestSupport
import Testing
import Wire

@testable import PBX

@Suite(
  "What the exchange's answers to the torture messages say",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureAnswerTests {
  let house = TortureHouse()

  private func answer(_ name: String) throws -> Response { try #require(try house.answer(to: torture(name))) }

  private func provedAnswer(_ name: String, by number: String) throws -> Response {
    try #require(try house.answer(to: house.proving(torture(name), by: number)))
  }

  /// The contacts that a number has, as a REGISTER without Contact is told (RFC 3261 §10.2.3).
  private func fetch(_ number: String, _ name: String) throws -> [String] {
    var bytes = try torture(name)
    guard case .request(var request) = try Message.parse(bytes) else { throw SIPError.notSIP }
    request.headers.remove(.contact)
    request.headers[.via] = "SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKfetch"
    bytes = request.serialized()
    let response = try #require(try house.answer(to: house.proving(bytes, by: number)))
    #expect(response.status == 200)
    return response.headers.values(.contact)
  }

  @Test(arguments: ["intmeth", "esc02", "mismatch02"])
  func unknownMethodsGetTheListOfKnownOnes(name: String) throws {
    let answer = try answer(name)
    #expect(answer.status == 501)
    #expect(
      try answer.headers.allow == [
        .invite, .ack, .cancel, .bye, .options, .info, .prack, .subscribe, .message, .update, .refer, .register,
      ])
  }

  @Test func unknownExtensionsAreListedToTheirSender() throws {
    #expect(try answer("bext01").headers.unsupported == ["nothingSupportsThis", "nothingSupportsThisEither"])
  }

  @Test func unknownBodiesGetTheListOfKnownOnes() throws {
    #expect(try provedAnswer("invut", by: "caller").headers.accept == [.sdp])
  }

  @Test func anAcceptThatNothingFitsIsWarnedOf() throws {
    #expect(try provedAnswer("sdp01", by: "caller").headers[.warning]?.hasPrefix("399 office.lan \"Accept: ") == true)
  }

  @Test func unknownCredentialsGetAChallengeThatCanBeMet() throws {
    let challenges = try answer("regaut01").headers.wwwAuthenticate
    #expect(challenges.map { $0.isDigest } == [true])
    #expect(challenges[0]["realm"] == "office.lan")
  }

  @Test func aVersionThatIsNotSpokenIsAnsweredToTheSource() throws {
    let answer = try answer("badvers")
    #expect(answer.status == 505)
    #expect(house.sentTo == house.source)
    #expect(answer.headers.values(.via) == ["SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw"])
    #expect(try answer.headers.callID == "badvers.31417@c.example.com")
    #expect(try answer.headers.cSeq == CSeq(1, .options))
    #expect(try answer.headers.to.displayName == "T. Watson" && answer.headers.to.tag != nil)
  }

  @Test func aViaThatCannotBeReadIsAnsweredToTheSource() throws {
    #expect(try answer("badinv01").status == 400)
    #expect(house.sentTo == house.source)
  }

  /// Else the sender, which can't read two of them either, would drop the answer.
  @Test func ofRepeatedFieldsTheAnswerHasOne() throws {
    var answer = try answer("multi01")
    #expect(answer.status == 400)
    #expect(answer.check() == nil)
  }

  @Test func displayNamesWithBareCommasAreRefusedInAWholeMessageToo() throws {
    // The archive's file lacks the empty line.
    let answer = try #require(try house.answer(to: torture("baddn") + [13, 10]))
    #expect(answer.status == 400)
    #expect(house.box.log.isEmpty)
  }

  @Test func nullsShortenNoNumberAndTellContactsApart() throws {
    #expect(try provedAnswer("escnull", by: "null-\0-null").status == 200)
    let contacts = house.exchange.registrar.bindings(of: "null-\0-null", now: house.now).map { $0.contact.uri }
    #expect(contacts.map { $0.user } == ["%00", "%00%00"])
    #expect(house.exchange.registrar.numbers == ["null-\0-null"])
  }

  @Test func escapesAreResolvedBeforeANumberIsLookedUp() throws {
    // %25 is a percent sign and resolves to nothing further.
    let bytes = try torture("esc01").replacing("sip:sips%3Auser", with: "sip:sips%253Auser")
    #expect(try house.answer(to: house.proving(bytes, by: "caller"))?.status == 404)
  }

  @Test func contactParametersStayOutsideTheURI() throws {
    let registered = "<sip:+19725552222@gw1.example.net>;unknownparam;expires=3600"
    #expect(try provedAnswer("cparam01", by: "watson").headers.values(.contact) == [registered])
    #expect(try fetch("watson", "cparam01") == [registered])
  }

  @Test func urlParametersStayInTheURI() throws {
    let registered = "<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600"
    #expect(try provedAnswer("cparam02", by: "watson").headers.values(.contact) == [registered])
    #expect(try fetch("watson", "cparam02") == [registered])
  }

  @Test func escapedHeadersStayInTheURI() throws {
    let registered = "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600"
    #expect(try provedAnswer("regescrt", by: "user").headers.values(.contact) == [registered])
    #expect(try fetch("user", "regescrt") == [registered])
  }

  @Test func onlyTheFirstOfTwoRequestsInADatagramIsServed() throws {
    #expect(try provedAnswer("dblreq", by: "j.user").headers.values(.contact).count == 1)
    #expect(house.exchange.callsStarted == 0)
    #expect(house.exchange.registrar.numbers == ["j.user"])
  }

  /// RFC 4475 §3.1.2.4: had only the lifetimes been out of range, they could be taken for the default.
  @Test func lifetimesBeyond32BitsAreTheLongest() throws {
    let bytes = try torture("scalar02").replacing("36893488147419103232", with: "7")
    #expect(try house.answer(to: bytes)?.status == 400)
    let hops = bytes.replacing("Max-Forwards: 300", with: "Max-Forwards: 70")
    let response = try house.answer(to: house.proving(hops, by: "user"))
    #expect(response?.headers.values(.contact) == ["<sip:user@host129.example.com>;expires=3600"])
  }
}
