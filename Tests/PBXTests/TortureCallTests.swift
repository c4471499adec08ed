import Media
import SIP
import TestSupport
import Testing
import Wire

@testable import PBX

/// Messages of RFC 4475 that can begin a call do so.
@Suite(
  "Calls by the torture messages of RFC 4475",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureCallTests {
  let house = TortureHouse()

  /// Calls the registered phone of a number by these bytes; its INVITE.
  private func ring(_ number: String, _ bytes: [UInt8]) throws -> Request {
    try house.register(number)
    guard case .request(let invite) = try house.sends(for: house.proving(bytes, by: "caller")).first else {
      throw SIPError.notSIP
    }
    #expect(invite.method == .invite && house.sentTo == house.callee)
    return invite
  }

  /// The phone answers; what the caller hears of it. The first message that it causes is the ACK.
  private func pickUp(_ invite: Request) throws -> Response {
    var response = Response(to: invite, status: 200, toTag: "callee")
    response.headers.append(.contact, "<sip:\(house.callee.description)>")
    response.headers.append(.contentType, "application/sdp")
    response.body = Array(
      """
      v=0\r
      o=- 1 1 IN IP4 203.0.113.8\r
      s=-\r
      c=IN IP4 203.0.113.8\r
      t=0 0\r
      m=audio 4000 RTP/AVP 0\r

      """.utf8)
    let sent = try house.sends(for: response.serialized(), from: house.callee)
    guard case .request(let ack) = sent.first, case .response(let answer) = sent.last else { throw SIPError.notSIP }
    #expect(ack.method == .ack)
    return answer
  }

  @Test func theTortuousInviteRingsAndIsAnswered() throws {
    // It names a dialog; without, it would begin one.
    let bytes = try torture("wsinv").replacing(" ;   tag    = 1918181833n", with: "")
    let invite = try ring("vivekg", bytes)
    #expect(try invite.headers.maxForwards == 67)
    for unknown in ["NewFangledHeader", "UnknownHeaderWithUnusualValue"] {
      #expect(invite.headers[named: unknown] == nil)
    }
    let answer = try pickUp(invite)
    #expect(answer.status == 200)
    #expect(
      answer.headers.values(.via) == [
        "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw;received=203.0.113.7",
        "SIP  / 2.0  / TCP     spindle.example.com   ; branch  =   z9hG4bK9ikj8",
        "SIP  /    2.0   / UDP  192.168.255.111   ; branch= z9hG4bK30239",
      ])
    // Its audio and its video, which is refused.
    let described = String(decoding: answer.body, as: UTF8.self)
    #expect(described.contains("m=audio ") && !described.contains("m=audio 0 ") && described.contains("m=video 0 "))
    let legs = try #require(house.box.media.values.first).values
    let caller = SocketAddress(try #require(IPAddress("192.0.2.4")), port: 49217)
    #expect(legs.contains { $0.remote == caller })
  }

  /// §3.4.1: neither branch, From tag, Contact, Content-Length nor Max-Forwards.
  @Test func anRFC2543CallerIsCalledBackByItsFromAndRecordRoute() throws {
    let invite = try ring("UserB", try torture("inv2543"))
    #expect(try invite.headers.maxForwards == 69)
    let answer = try pickUp(invite)
    #expect(answer.status == 200)
    #expect(answer.headers.values(.recordRoute) == ["<sip:UserB@example.com;maddr=ss1.example.com>"])
    var bye = Request(.bye, try URI("sip:caller@203.0.113.1"))
    bye.headers.append(.via, "SIP/2.0/UDP \(house.callee.description);branch=z9hG4bKbye")
    bye.headers[.from] = try invite.headers.to.description + ";tag=callee"
    bye.headers[.to] = invite.headers[.from]
    bye.headers.copy(.callID, from: invite.headers)
    bye.headers.append(.cSeq, "1 BYE")
    // The ACK has the whole response's To (RFC 2543 §17.2.3 matching in RFC 3261).
    guard case .request(var ack) = try Message.parse(try torture("inv2543")) else { throw SIPError.notSIP }
    ack.method = .ack
    ack.headers[.cSeq] = "56 ACK"
    ack.headers[.to] = answer.headers[.to]
    ack.body = []
    #expect(try house.sends(for: ack.serialized()).isEmpty)
    let sent = try house.sends(for: bye.serialized(), from: house.callee)
    let passed = try #require(
      sent.compactMap { message -> Request? in
        if case .request(let request) = message { request } else { nil }
      }.first)
    #expect(passed.method == .bye)
    // A strict router, for it names no lr (RFC 3261 §12.2.1.1).
    #expect(passed.uri.description == "sip:UserB@example.com;maddr=ss1.example.com")
    #expect(passed.headers.values(.route) == ["<sip:+13035551111@ift.client.example.net;user=phone>"])
    #expect(try passed.headers.to.uri.user == "+13035551111" && passed.headers.to.tag == nil)
    #expect(house.sentTo?.ip == house.source.ip)
  }

  @Test func aCallerOfToDayNeedsAContact() throws {
    let bytes = try torture("baddate").replacing("Contact: <sip:caller@host5.example.net>\r\n", with: "")
    try house.register("user")
    #expect(try house.answer(to: house.proving(bytes, by: "caller"))?.status == 400)
  }
}
