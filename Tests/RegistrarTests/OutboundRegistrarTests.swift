import SIP
import Testing
import Wire

@testable import PBX

private let box = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
private let home = SocketAddress(IPAddress(ipv4: 0xc633_6407), port: 5060)
private let instance = "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""

private func tcp(_ connection: UInt32) -> Flow {
  Flow(transport: .tcp, local: box, remote: home, connection: connection)
}

/// The registrar's side of RFC 5626 and RFC 3327.
@Suite struct OutboundRegistrarTests {
  private var registrar = Registrar()
  private var sequence: UInt32 = 0

  private mutating func register(
    _ contact: String, by flow: Flow = tcp(1), supported: String? = "path, outbound", path: [String] = [],
    vias: Int = 1
  ) -> Response {
    sequence += 1
    var headers = Headers()
    for hop in 0..<vias { headers.append(.via, "SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK\(hop)") }
    headers.append(.from, "<sip:1001@office.lan>;tag=f")
    headers.append(.to, "<sip:1001@office.lan>")
    headers.append(.callID, "a\(flow.connection)")
    headers.append(.cSeq, "\(sequence) REGISTER")
    headers.append(.contact, contact)
    if let supported { headers.append(.supported, supported) }
    for hop in path { headers.append(.path, hop) }
    let request = Request(.register, URI(host: .name("office.lan")), headers: headers)
    return registrar.handle(request, user: "1001", from: flow, now: .zero, toTag: "t")
  }

  private func contact(_ user: String, flow: UInt32) -> String {
    "<sip:\(user)@10.0.0.7>;reg-id=\(flow);+sip.instance=\(instance)"
  }

  private var flows: [UInt32] { registrar.bindings(of: "1001", now: .zero).map { $0.flow.connection } }

  @Test mutating func aWayThatIsOpenedAnewTakesThePlaceOfTheOld() throws {
    let response = register(contact("a", flow: 1), by: tcp(1))
    #expect(response.status == 200 && response.headers[.require] == "outbound")
    #expect(response.headers[.flowTimer] == "120")
    // Another Contact, another connection: the same way of the same phone.
    _ = register(contact("b", flow: 1), by: tcp(2))
    #expect(flows == [2])
    let two = register(contact("b", flow: 2), by: tcp(3))
    #expect(Set(flows) == [2, 3])
    #expect(try two.headers.contacts.map { $0.parameters["reg-id"] } == ["1", "2"])
    #expect(registrar.targets(of: "1001", now: .zero).map { $0.flow.connection } == [2])
    let other = registrar.alternative(of: "1001", instance: instance, tried: [tcp(2)], now: .zero)
    #expect(other?.flow == tcp(3))
    registrar.connectionClosed(tcp(2))
    #expect(registrar.targets(of: "1001", now: .zero).map { $0.flow.connection } == [3])
  }

  @Test mutating func withoutBothHalvesItIsAnOrdinaryContact() {
    for contact in [
      "<sip:a@10.0.0.7>;reg-id=1", "<sip:a@10.0.0.7>;+sip.instance=\(instance)",
      "<sip:a@10.0.0.7>;reg-id=0;+sip.instance=\(instance)", "<sip:a@10.0.0.7>;reg-id=x;+sip.instance=\(instance)",
    ] {
      let response = register(contact)
      #expect(response.status == 200 && !response.headers.contains(.require) && !response.headers.contains(.flowTimer))
    }
    let unasked = register(contact("a", flow: 1), supported: "path")
    #expect(unasked.status == 200 && !unasked.headers.contains(.require))
    #expect(registrar.bindings(of: "1001", now: .zero).allSatisfy { $0.outbound == nil })
  }

  /// RFC 5626 §6.
  @Test mutating func aProxyThatKnowsNoFlowsIsNamed() throws {
    #expect(register(contact("a", flow: 1), vias: 2).status == 439)
    #expect(register(contact("a", flow: 1), path: ["<sip:p.example;lr>"], vias: 2).status == 439)
    let response = register(
      contact("a", flow: 1), path: ["<sip:inner.example;lr>", "<sip:token@edge.example;lr;ob>"], vias: 3)
    #expect(response.status == 200 && response.headers[.require] == "outbound")
    #expect(try response.headers.path.count == 2)
    let path = registrar.bindings(of: "1001", now: .zero).first?.path.map { $0.uri.host.description }
    #expect(path == ["inner.example", "edge.example"])
  }

  @Test mutating func whoIsRegisteredIsKnownByTheAddressThatItCameFrom() {
    var known = [registrar.knows(home)]
    _ = register(contact("a", flow: 1))
    known.append(registrar.knows(home))
    registrar.connectionClosed(tcp(1))
    known.append(registrar.knows(home))
    #expect(known == [false, true, false])
  }
}
