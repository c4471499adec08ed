import SIP
import Testing

private let invite = """
  INVITE sip:1002@office.lan SIP/2.0\r
  Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r
  From: <sip:1001@office.lan>;tag=a\r
  To: <sip:1002@office.lan>\r
  Call-ID: c@192.0.2.1\r
  CSeq: 7 INVITE\r
  Max-Forwards: 70\r\n
  """

extension Request {
  fileprivate var fault: SIPError? {
    var copy = self
    return copy.check()
  }
}

private func parse(_ text: String, _ framing: Framing = .datagram) throws -> Request {
  guard case .request(let request) = try Message.parse(Array(text.utf8), framing) else { throw SIPError.notSIP }
  return request
}

@Suite struct MessageTests {
  @Test func bodyEndsWhereContentLengthSays() throws {
    #expect(try parse(invite + "Content-Length: 3\r\n\r\nabcdef").body == Array("abc".utf8))
    #expect(try parse(invite + "\r\nabcdef").body == Array("abcdef".utf8))
    #expect(throws: SIPError.bodyTooShort(expected: 7, found: 6)) { try parse(invite + "l: 7\r\n\r\nabcdef") }
    #expect(throws: SIPError.lengthRequired) { try parse(invite + "\r\nabcdef", .stream) }
  }

  @Test func lengthIsAlwaysWrittenRight() throws {
    var request = try parse(invite + "Content-Length: 3\r\n\r\nabc")
    request.body = Array("longer".utf8)
    let text = String(decoding: request.serialized(), as: UTF8.self)
    #expect(text.hasSuffix("\r\nContent-Length: 6\r\n\r\nlonger"))
    #expect(text.components(of: "Content-Length").count == 2)
  }

  @Test(
    arguments: [
      ("hello\r\n\r\n", nil), ("", nil), ("\r\n\r\n", nil), ("GET / HTTP/1.1\r\n\r\n", nil),
      ("INVITE sip:a SIP/3.0\r\n\r\n", 505), ("SIP/1.0 200 OK\r\n\r\n", 505), ("INVITE sip:a SIP/2.0\r\n", 400),
      ("INVITE  sip:a SIP/2.0\r\n\r\n", 400), ("INVITE SIP/2.0\r\n\r\n", 400), ("INVITE sip:a SIP/2.0 \r\n\r\n", 400),
      ("IN(VITE sip:a SIP/2.0\r\n\r\n", 400), ("INVITE sip:a SIP/2.0\r\nfoo\r\n\r\n", 400),
      ("INVITE sip:a SIP/2.0\r\nfoo: a\rb\r\n\r\n", 400), ("INVITE sip:a SIP/2.0\nfoo: a\n\n", nil),
      ("INVITE sip:a SIP/2.0\r\n folded: first\r\n\r\n", 400), ("INVITE sip:a SIP/2.0\r\n: x\r\n\r\n", 400),
      ("SIP/2.0 99 x\r\n\r\n", 400), ("SIP/2.0 700 x\r\n\r\n", 400), ("SIP/2.0 200OK\r\n\r\n", 400),
      ("INVITE sip:a SIP/2.0\r\nfoo: a\r\n", 400),
    ] as [(String, Int?)])
  func whatIsNoMessageIsRefused(text: String, status: Int?) {
    do {
      _ = try Message.parse(Array(text.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.status == status)
    }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    let bytes = Array(invite.utf8) + Array("Subject: ".utf8) + [0xff, 13, 10, 13, 10]
    #expect(throws: SIPError.badLine(8)) { try Message.parse(bytes) }
  }

  @Test(arguments: [
    ("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n", SIPError.missingHeader(.via)),
    ("From: <sip:1001@office.lan>;tag=a\r\n", .missingHeader(.from)),
    ("To: <sip:1002@office.lan>\r\n", .missingHeader(.to)), ("Call-ID: c@192.0.2.1\r\n", .missingHeader(.callID)),
    ("CSeq: 7 INVITE\r\n", .missingHeader(.cSeq)),
  ])
  func mandatoryHeadersAreMissed(line: String, error: SIPError) throws {
    #expect(try parse(invite + "\r\n").fault == nil)
    let without = String(decoding: replacing(Array(invite.utf8), line, ""), as: UTF8.self)
    #expect(try parse(without + "\r\n").fault == error)
  }

  @Test(arguments: [
    ("To: <sip:x>", SIPError.repeatedHeader(.to)), ("Max-Forwards: 3", .repeatedHeader(.maxForwards)),
    ("Contact: *", .badHeader(.contact, "a URI that begins with its scheme, such as sip:")),
    ("Content-Type: sdp", .badHeader(.contentType, "/ between type and subtype")),
    ("Require: a b", .badHeader(.require, "nothing more after the value")),
  ])
  func headersThatMayNotStandAreRefused(line: String, error: SIPError) throws {
    #expect(try parse(invite + line + "\r\n\r\n").fault == error)
  }

  @Test func whatACheckFoundOutEndsWithAChange() throws {
    var request = try parse(invite + "\r\n")
    #expect(request.check() == nil)
    request.headers[.to] = "<sip:1003@office.lan>"
    #expect(try request.headers.to.uri.user == "1003")
    #expect(request.check() == nil)
    request.headers.prepend(.via, "SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK2")
    #expect(try request.headers.via.branch == "z9hG4bK2")
    #expect(request.check() == nil)
    request.headers.fields.removeAll { $0.name == .from }
    #expect(throws: SIPError.missingHeader(.from)) { try request.headers.from }
  }

  @Test func responseCopiesWhatTheRFCNames() throws {
    let request = try parse("\r\n" + invite + "v: SIP/2.0/TCP b\r\nTimestamp: 54\r\nSubject: s\r\n\r\n")
    let ringing = Response(to: request, status: 180, toTag: "x")
    #expect(ringing.reason == "Ringing")
    #expect(ringing.headers.values(.via).count == 2)
    #expect(try ringing.headers.to.tag == "x")
    #expect(!ringing.headers.contains(.subject) && !ringing.headers.contains(.timestamp))
    let trying = Response(to: request, status: 100, toTag: "x")
    #expect(try trying.headers.to.tag == nil && trying.headers[.timestamp] == "54")
    var inDialog = request
    inDialog.headers[.to] = "<sip:a;tag=u@b> ; TAG = y"
    #expect(try Response(to: inDialog, status: 200, toTag: "x").headers.to.tag == "y")
  }

  @Test func damagedRequestsAreAnsweredAndDamagedResponsesNot() throws {
    let bytes = Array((invite + "no header\r\n\r\n").utf8)
    let response = try #require(Response(toDamaged: bytes, refusing: .badLine(8), toTag: "t"))
    #expect(response.status == 400)
    #expect(try response.headers.cSeq == CSeq(7, .invite) && response.headers.to.tag == "t")
    for other in ["SIP/2.0 200 OK\r\n", "ACK sip:a SIP/2.0\r\n"] {
      let first = Array((invite.prefix { $0 != "\r\n" } + "\r\n").utf8)
      let changed = replacing(bytes, String(decoding: first, as: UTF8.self), other)
      #expect(Response(toDamaged: changed, refusing: .badLine(8), toTag: "t") == nil)
    }
    #expect(Response(toDamaged: Array("INVITE \u{1}".utf8), refusing: .notSIP, toTag: "t") == nil)
  }

  @Test func ackIsNeverAnswered() throws {
    var request = try parse(invite + "\r\n")
    request.method = .ack
    #expect(Response(to: request, refusing: .tooManyHops, toTag: "t") == nil)
  }
}

extension String {
  fileprivate func components(of separator: String) -> [Substring] { split(separator: separator) }
}

func replacing(_ bytes: [UInt8], _ text: String, _ other: String) -> [UInt8] {
  var result = bytes
  let pattern = Array(text.utf8)
  if let i = result.indices.first(where: { result[$0...].starts(with: pattern) }) {
    result.replaceSubrange(i..<i + pattern.count, with: Array(other.utf8))
  }
  return result
}
