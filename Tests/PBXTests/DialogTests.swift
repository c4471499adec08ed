import SIP
import Testing
import Wire

@testable import PBX

/// Route sets and targets (RFC 3261 §12).
struct DialogTests {
  private let flow = Flow(
    transport: .udp, local: SocketAddress(IPAddress("10.0.0.1")!, port: 5060),
    remote: SocketAddress(IPAddress("10.0.0.9")!, port: 5060))

  private func message(_ routes: [String], via: String = "10.0.0.9") -> Headers {
    var headers = Headers()
    headers.append(.via, "SIP/2.0/UDP \(via);rport;branch=z9hG4bK1")
    for route in routes { headers.append(.recordRoute, route) }
    headers.append(.from, "<sip:1001@office.lan>;tag=theirs")
    headers.append(.to, "<sip:1002@office.lan>;tag=far")
    headers.append(.callID, "id")
    headers.append(.cSeq, "7 INVITE")
    headers.append(.contact, "<sip:1001@10.0.0.11:5070>")
    return headers
  }

  private func called(_ routes: [String]) throws -> Dialog {
    try Dialog(
      answering: Request(.invite, URI("sip:1002@office.lan"), headers: message(routes)), from: flow, localTag: "ours")
  }

  @Test func aCalledDialogKeepsTheRouteAndACallingOneReversesIt() throws {
    let routes = ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]
    var callee = try called(routes)
    let bye = callee.request(.bye, contact: nil)
    #expect(bye.headers.values(.route) == routes)
    #expect(bye.uri.description == "sip:1001@10.0.0.11:5070")
    #expect(try bye.headers.from.tag == "ours" && bye.headers.to.tag == "theirs")
    let answer = Response(status: 200, headers: message(routes))
    let caller = try Dialog(answeredBy: answer, called: URI("sip:1002@10.0.0.9"), from: flow)
    let ack = caller.ack(7)
    #expect(ack.headers.values(.route) == routes.reversed())
    #expect(try ack.headers.cSeq == CSeq(7, .ack))
  }

  @Test func aStrictRouterGetsTheRequestItself() throws {
    var dialog = try called(["<sip:strict.example>", "<sip:p1.example;lr>"])
    let bye = dialog.request(.bye, contact: nil)
    #expect(bye.uri.description == "sip:strict.example")
    #expect(bye.headers.values(.route) == ["<sip:p1.example;lr>", "<sip:1001@10.0.0.11:5070>"])
  }

  @Test func oldNumbersAreRefusedAndOursRise() throws {
    var dialog = try called([])
    #expect(!dialog.accepts(CSeq(7, .bye)) && dialog.accepts(CSeq(9, .info)) && !dialog.accepts(CSeq(8, .bye)))
    #expect(try dialog.request(.bye, contact: nil).headers.cSeq.number == 1)
    #expect(try dialog.request(.bye, contact: nil).headers.cSeq.number == 2)
  }

  @Test func aPhoneBehindATranslatorIsReachedWhereItWasHeard() throws {
    // Its Contact names an address that only its own network knows.
    #expect(try called([]).nextHop == flow)
    var near = flow
    near.remote = SocketAddress(IPAddress("10.0.0.11")!, port: 5060)
    let ports = try [near.remote.description, "192.168.1.2:5060"].map { via in
      let request = try Request(.invite, URI("sip:1002@office.lan"), headers: message([], via: via))
      return try Dialog(answering: request, from: near, localTag: "ours").nextHop.remote.port
    }
    #expect(ports == [5070, 5060])
  }

  @Test func thePortOfAnAnswersContactCountsAsFarAsThatOfTheRegistration() throws {
    var flow = flow
    flow.remote = SocketAddress(IPAddress("10.0.0.11")!, port: 6000)
    let answer = Response(status: 200, headers: message([]))
    let ports = try ["sip:1002@10.0.0.11:6000", "sip:1002@10.0.0.11:5060"].map {
      try Dialog(answeredBy: answer, called: URI($0), from: flow).nextHop.remote.port
    }
    #expect(ports == [5070, 6000])
  }
}
