import SIP
import TestSupport
import Testing

/// What a proxy of these abilities would refuse; what the exchange does is in PBXTests.
private let capabilities = Capabilities(methods: [.options], extensions: [], mediaTypes: [.sdp])

@Suite(
  "The values that RFC 4475 explains",
  .enabled(if: vectorsFolder != nil, "the folder of test vectors is not there: RFC 4475 goes unchecked"))
struct TortureValueTests {
  private func request(_ name: String) throws -> Request {
    guard case .request(let request) = try Message.parse(try vector("rfc4475/\(name).dat")) else {
      throw SIPError.notSIP
    }
    return request
  }

  private func response(_ name: String) throws -> Response {
    guard case .response(let response) = try Message.parse(try vector("rfc4475/\(name).dat")) else {
      throw SIPError.notSIP
    }
    return response
  }

  @Test func tortuousInviteIsReadWhole() throws {
    let headers = try request("wsinv").headers
    #expect(try headers.to.tag == "1918181833n")
    #expect(try headers.from.displayName == "J Rosenberg \\\"")
    #expect(try headers.from.tag == "98asjd8")
    #expect(try headers.maxForwards == 68)
    #expect(try headers.cSeq == CSeq(9, .invite))
    #expect(try headers.vias.map { $0.transport } == ["UDP", "TCP", "UDP"])
    #expect(try headers.vias.map { $0.branch } == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
    #expect(try headers.vias[1].host == .name("spindle.example.com"))
    #expect(headers[.subject] == "")
    #expect(headers[named: "newfangledheader"] == "newfangled value continued newfangled value")
    #expect(headers[named: "UnknownHeaderWithUnusualValue"] == ";;,,;;,;")
    let route = try #require(try headers.routes.first)
    #expect(route.uri.parameters.contains("lr"))
    #expect(route.uri.parameters["unknownwith"] == "value")
    let contact = try #require(try headers.contacts.first)
    #expect(contact.displayName == "Quoted string \"\"")
    #expect(contact.parameters["newparam"] == "newvalue")
    #expect(contact.parameters.contains("secondparam"))
    #expect(contact.q == 330)
  }

  @Test func everyCharacterThatMayStandIsKept() throws {
    let request = try request("intmeth")
    #expect(request.method.name == "!interesting-Method0123456789_*+`.%indeed'~")
    #expect(request.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    #expect(request.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
    #expect(try request.headers.to.displayName == "BEL:\u{7} NUL:\0 DEL:\u{7f}")
    #expect(try request.headers.from.displayName == "token1~` token2'+_ token3*%!.-")
    #expect(try request.headers.from.tag == "_token~1'+`*%!-.")
    #expect(try request.headers.from.parameters.unquoted("fromParam''~+*_!.-%") == "работающий")
    #expect(try request.headers.callID == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    #expect(request.headers[named: "extensionHeader-!.%*+_`'~"] == "\u{feff}大停電")
  }

  @Test func escapesAreResolvedOnlyInURIs() throws {
    let esc01 = try request("esc01")
    #expect(esc01.uri.unescapedUser == "sips:user@example.com")
    #expect(try esc01.headers.to.uri.unescapedUser == "user")
    #expect(try esc01.headers.from.uri.unescapedUser == "I have spaces")
    let contact = try #require(try esc01.headers.contacts.first).uri
    #expect(contact.unescapedUser == "caller")
    #expect(contact.parameters.list.map { unescape($0.name) } == ["lr", "name"])
    #expect(contact.parameters.list[1].value.map(unescape) == "value%41")
    let nulls = try request("escnull").headers.contacts
    #expect(nulls.map { $0.uri.unescapedUser } == ["\0", "\0\0"])
    #expect(!nulls[0].uri.isEquivalent(to: nulls[1].uri))
    let esc02 = try request("esc02")
    #expect(esc02.method == Method("RE%47IST%45R"))
    #expect(try esc02.headers.to.displayName == "%Z%45")
    #expect(try esc02.headers.contacts.count == 2)
    #expect(esc02.headers[named: "C%6Fntact"] == "<sip:alias2@host2.example.com>")
  }

  @Test func valuesStandWhereTheGrammarPutsThem() throws {
    #expect(try request("lwsdisp").headers.from.displayName == "caller")
    #expect(try request("semiuri").uri.unescapedUser == "user;par=u@example.net")
    #expect(try request("semiuri").headers.accept?.count == 6)
    #expect(try request("transports").headers.vias.map { $0.transport } == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
    #expect(try request("longreq").headers.vias.count == 34)
    #expect(try request("cparam01").headers.contacts[0].parameters.contains("unknownparam"))
    #expect(try request("cparam02").headers.contacts[0].uri.parameters.contains("unknownparam"))
    let route = try request("regescrt").headers.contacts[0].uri.headers[0]
    #expect(route.value.map(unescape) == "<sip:sip.example.com>")
    #expect(try request("regaut01").headers.authorizations[0].isDigest == false)
    #expect(try request("badbranch").headers.via.hasRFC3261Branch == false)
    #expect(try request("inv2543").headers.to.uri.parameters.isEmpty)
    #expect(try request("inv2543").headers.to.parameters["user"] == "phone")
    #expect(try request("unksm2").headers.to.uri == URI(.other("isbn"), opaque: "2983792873"))
    #expect(try response("unreason").reason.hasPrefix("= 2**3 * 5**2 но "))
    #expect(try response("noreason").reason == "")
  }

  @Test func onlyTheFirstOfTwoRequestsInADatagramCounts() throws {
    let bytes = try vector("rfc4475/dblreq.dat")
    let request = try request("dblreq")
    #expect(request.method == .register)
    #expect(request.body.isEmpty)
    // On a stream both are messages.
    var framer = StreamFramer()
    framer.receive(bytes)
    guard case .message(let first) = try framer.next() else { throw SIPError.notSIP }
    #expect(try Message.parse(first, .stream) == .request(request))
    #expect(try framer.next() == .pong)
    guard case .message(let second) = try framer.next(), case .request(let invite) = try Message.parse(second, .stream)
    else { throw SIPError.notSIP }
    #expect(invite.method == .invite)
    #expect(invite.body.count == 150)
  }

  @Test func partsOfAMultipartBodyAreFound() throws {
    let request = try request("mpart01")
    let parts = try #require(try request.headers.contentType?.parts(of: request.body))
    #expect(try parts.map { try $0.headers.contentType?.description } == ["text/plain", "application/octet-stream"])
    #expect(parts[0].content == Array("Hello".utf8))
    #expect(parts[1].content.count == 342 && parts[1].content[0] == 0x30)
  }

  @Test func badExtensionsAreListedToTheSender() throws {
    let request = try request("bext01")
    let error = try #require(capabilities.refusal(request))
    let response = try #require(Response(to: request, refusing: error, toTag: "t"))
    #expect(try response.headers.unsupported == ["nothingSupportsThis", "nothingSupportsThisEither"])
    #expect(
      capabilities.refusal(request, forwarding: true)
        == .unsupportedExtensions(["noProxiesSupportThis", "norDoAnyProxiesSupportThis"]))
  }

  @Test func hopsRunOutOnlyWhereARequestIsForwarded() throws {
    let request = try request("zeromf")
    #expect(capabilities.refusal(request) == nil)
    #expect(capabilities.refusal(request, forwarding: true) == .tooManyHops)
  }

  @Test(arguments: ["mcl01", "ncl"])
  func streamEndsWhereLengthsContradict(name: String) throws {
    var framer = StreamFramer()
    framer.receive(try vector("rfc4475/\(name).dat"))
    #expect(throws: SIPError.self) { try framer.next() }
    #expect(!framer.damaged.isEmpty)
  }

  /// §3.1.2.2: on a stream the rest may still come; who waits is for the connection to say.
  @Test func streamWaitsForWhatIsMissing() throws {
    var framer = StreamFramer()
    framer.receive(try vector("rfc4475/clerr.dat"))
    #expect(try framer.next() == nil)
    #expect(framer.pending > 0)
  }
}
