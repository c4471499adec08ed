import SIP
import TestSupport
import Testing

/// What the exchange answers to each message is in PBXTests.
@Suite(
  "The torture messages of RFC 4475, read",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureTests {
  /// Those that the RFC calls well-formed, and those of its invalid ones that are let through: Date is not read
  /// (§3.1.2.12), an unknown method is left to the server (§3.1.2.18), a bare cookie is an RFC 2543 branch (§3.2.1).
  static let wellFormed = [
    "wsinv", "intmeth", "esc01", "escnull", "esc02", "lwsdisp", "longreq", "dblreq", "semiuri", "transports", "mpart01",
    "unreason", "noreason", "baddate", "mismatch02", "badbranch", "unkscm", "novelsc", "unksm2", "bext01", "invut",
    "regaut01", "zeromf", "cparam01", "cparam02", "regescrt", "sdp01", "inv2543",
  ]

  /// The others, and what is found to be wrong with each: its own fault, not another.
  static let malformed = [
    ("badinv01", "Via: "), ("clerr", "Content-Length says 9999 bytes"), ("ncl", "Content-Length: "),
    ("scalar02", "Max-Forwards: "), ("scalarlg", "CSeq: "), ("quotbal", "To: expected a quotation mark"),
    ("ltgtruri", "first line: "), ("lwsruri", "first line: "), ("lwsstart", "first line: "), ("trws", "first line: "),
    ("escruri", "first line: expected a Request-URI without headers"), ("regbadct", "Contact: expected angle brackets"),
    ("badaspec", "To: "), ("baddn", "line 10: "), ("badvers", "version SIP/7.0"),
    ("mismatch01", "CSeq names the method INVITE, the request line OPTIONS"),
    ("bigcode", "first line: expected a status"),
    ("insuf", "From is missing"), ("multi01", "CSeq stands more than once"),
    ("mcl01", "Content-Length stands more than once"), ("bcast", "Via stands more than once"),
  ]

  private func fault(_ bytes: [UInt8]) -> SIPError? {
    do throws(SIPError) {
      switch try Message.parse(bytes) {
      case .request(var request): return request.check()
      case .response(var response): return response.check()
      }
    } catch {
      return error
    }
  }

  @Test func allMessagesAreHere() {
    #expect(Set(TortureTests.wellFormed + TortureTests.malformed.map { $0.0 }).count == 49)
  }

  @Test(arguments: TortureTests.malformed)
  func malformedMessagesAreRefusedForTheirFault(name: String, found: String) throws {
    let fault = try #require(fault(try vector("rfc4475/\(name).dat")))
    #expect(fault.description.hasPrefix(found))
  }

  @Test(arguments: TortureTests.wellFormed)
  func wellFormedMessagesSurviveBeingSentAgain(name: String) throws {
    let bytes = try vector("rfc4475/\(name).dat")
    #expect(fault(bytes) == nil)
    let message = try Message.parse(bytes)
    let again = try Message.parse(message.serialized())
    #expect(withoutLength(again) == withoutLength(message))
  }

  /// §3.1.2.4: it is to be refused for CSeq whatever is done about the rest. The file of §3.1.2.15 lacks the empty line.
  /// §3.1.2.3: a length that is no number is like a negative one.
  @Test(
    arguments: [
      ("scalar02", "Max-Forwards: 300", "Max-Forwards: 70", "CSeq: "),
      ("baddn", "l: 0\r\n", "l: 0\r\n\r\n", "From: "),
      ("lwsstart", "INVITE  ", "INVITE ", "first line: "),
      ("ltgtruri", "<sip:user@example.com>", "sip:u@b>", "first line: "),
      ("clerr", "9999", "155", "Content-Length says 155 bytes, 154 came"), ("ncl", "-999", "five", "Content-Length: "),
    ])
  func oneFaultSuffices(name: String, old: String, new: String, found: String) throws {
    let bytes = replacing(try vector("rfc4475/\(name).dat"), old, new)
    #expect(fault(bytes)?.description.hasPrefix(found) == true)
  }
}

/// The message as if its Content-Length had stood last and been right.
private func withoutLength(_ message: Message) -> Message {
  switch message {
  case .request(var request):
    request.headers.remove(.contentLength)
    return .request(request)
  case .response(var response):
    response.headers.remove(.contentLength)
    return .response(response)
  }
}
