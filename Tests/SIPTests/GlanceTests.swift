import SIP
import Testing
import Wire

private func request(_ first: String, _ headers: [String]) -> [UInt8] {
  Array((([first] + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
}

private let usual = [
  "Via: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1;rport", "Max-Forwards: 70", "From: <sip:1001@office.lan>;tag=a",
  "To: <sip:1002@office.lan>", "Call-ID: x", "CSeq: 1 INVITE", "Content-Length: 0",
]
private let flow = Flow(
  transport: .udp, local: SocketAddress(IPAddress("10.0.0.1")!, port: 5060),
  remote: SocketAddress(IPAddress("10.0.0.2")!, port: 31000))

@Suite struct GlanceTests {
  @Test func requestsAndResponsesAreToldApart() {
    #expect(Glance(request("INVITE sip:1002@office.lan SIP/2.0", usual))?.kind == .newWork)
    #expect(Glance(request("SIP/2.0 200 OK", usual))?.kind == .response)
    #expect(Glance(Array("\r\n\r\n".utf8)) == nil && Glance([]) == nil && Glance([0, 1, 0, 0, 33, 18]) == nil)
  }

  @Test(arguments: [
    "To: <sip:1002@office.lan>;tag=ours", "t:sip:1002@office.lan;tag=ours",
    "TO : \"A > B\" <sip:b@c;tag=no>;x=y; TAG = ours;z",
    "To: <sip:1002@office.lan>\r\n ;tag=ours",
  ])
  func theTagOfToIsFound(to: String) {
    let glance = Glance(request("BYE sip:1002@office.lan SIP/2.0", usual.map { $0.hasPrefix("To") ? to : $0 }))
    #expect(glance?.kind == .withinDialog && glance?.tag == "ours")
  }

  @Test(arguments: [
    "To: <sip:1002@office.lan;tag=ours>", "Tool: <sip:b@c>;tag=ours", "To: <sip:b@c>;tagged=ours", "To:",
  ])
  func whatIsNoTagIsNone(to: String) {
    let glance = Glance(request("INVITE sip:1002@office.lan SIP/2.0", usual.map { $0.hasPrefix("To") ? to : $0 }))
    #expect(glance?.kind == .newWork)
  }

  /// As the careful way would answer it.
  @Test func aHurriedRefusalIsAnAnswerToItsRequest() throws {
    let bytes = request(
      "INVITE sip:1002@office.lan SIP/2.0", ["Via: SIP/2.0/UDP 10.0.0.2:5062;rport;branch=z9hG4bK1"] + usual.dropFirst()
    )
    let answer = try #require(hurriedRefusal(of: bytes, from: flow, retryAfter: 7, tag: "t"))
    guard case .response(let response) = try Message.parse(answer), case .request(let asked) = try Message.parse(bytes)
    else { return }
    #expect(response.status == 503 && response.headers[.retryAfter] == "7")
    #expect(try response.headers.callID == asked.headers.callID && response.headers.cSeq == asked.headers.cSeq)
    #expect(try response.headers.to.tag == "t" && response.headers.from.tag == "a")
    let via = try response.headers.via
    #expect(via.rport == 31000 && via.received == IPAddress("10.0.0.2") && via.branch == "z9hG4bK1")
  }

  @Test func severalViasStayInTheirOrder() throws {
    let vias = [
      "v: SIP/2.0/UDP a;branch=z9hG4bK1;rport, SIP/2.0/UDP b;branch=z9hG4bK2", "Via: SIP/2.0/TCP c;branch=z9hG4bK3",
    ]
    let bytes = request(
      "OPTIONS sip:x SIP/2.0", vias + usual.dropFirst().map { $0.hasPrefix("CSeq") ? "CSeq: 1 OPTIONS" : $0 })
    let answer = try #require(hurriedRefusal(of: bytes, from: flow, retryAfter: 7, tag: "t"))
    let parsed = try Message.parse(answer)
    #expect(parsed.headers.values(.via).map { $0.hasSuffix("z9hG4bK2") } == [false, true, false])
    #expect(try parsed.headers.via.received == flow.remote.ip)
  }

  @Test func acksAndWhatLacksALineAreNotAnswered() {
    #expect(hurriedRefusal(of: request("ACK sip:x SIP/2.0", usual), from: flow, retryAfter: 7, tag: "t") == nil)
    #expect(hurriedRefusal(of: request("SIP/2.0 200 OK", usual), from: flow, retryAfter: 7, tag: "t") == nil)
    for missing in ["Via", "From", "To", "Call-ID", "CSeq"] {
      let bytes = request("OPTIONS sip:x SIP/2.0", usual.filter { !$0.hasPrefix(missing) })
      #expect(hurriedRefusal(of: bytes, from: flow, retryAfter: 7, tag: "t") == nil, "\(missing)")
    }
  }

  /// Without rport the answer belongs at the port of Via, where nobody may have asked for it.
  @Test func anAnswerGoesOnlyWhereTheRequestCameFrom() {
    let plain = usual.map { $0.hasSuffix(";rport") ? String($0.dropLast(6)) : $0 }
    let bytes = request("OPTIONS sip:x SIP/2.0", plain)
    #expect(hurriedRefusal(of: bytes, from: flow, retryAfter: 7, tag: "t") == nil)
    var straight = flow
    straight.remote.port = 5062
    #expect(hurriedRefusal(of: bytes, from: straight, retryAfter: 7, tag: "t") != nil)
  }
}
