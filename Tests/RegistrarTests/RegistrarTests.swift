import SIP
import Testing
import Wire

@testable import PBX

private let box = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
private let home = SocketAddress(IPAddress(ipv4: 0xc633_6407), port: 40_000)
private let udp = Flow(transport: .udp, local: box, remote: home)
private func tcp(_ connection: UInt32) -> Flow {
  Flow(transport: .tcp, local: box, remote: home, connection: connection)
}
private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

private func register(
  _ contacts: [String], cSeq: UInt32 = 1, callID: String = "a@phone", expires: String? = nil, to: String = "1001",
  via: String = "SIP/2.0/UDP 198.51.100.7:5060;rport=40000;branch=z9hG4bK1"
) -> Request {
  var headers = Headers()
  headers.append(.via, via)
  headers.append(.from, "<sip:1001@office.lan>;tag=f")
  headers.append(.to, "<sip:\(to)@office.lan>")
  headers.append(.callID, callID)
  headers.append(.cSeq, "\(cSeq) REGISTER")
  for contact in contacts { headers.append(.contact, contact) }
  if let expires { headers.append(.expires, expires) }
  return Request(.register, URI(host: .name("office.lan")), headers: headers)
}

/// Of the response: each contact's URI with the seconds it has left.
private func granted(_ response: Response) throws -> [String: UInt32?] {
  Dictionary(uniqueKeysWithValues: try response.headers.contacts.map { ($0.uri.description, $0.expires) })
}

@Suite struct RegistrarTests {
  private var registrar = Registrar()

  @discardableResult
  private mutating func handle(_ request: Request, from flow: Flow = udp, now: Instant = at(0)) -> Response {
    registrar.handle(request, user: "1001", from: flow, now: now, toTag: "t")
  }

  private func uris(_ now: Instant = at(0)) -> [String] {
    registrar.bindings(of: "1001", now: now).map { $0.contact.uri.description }
  }

  @Test mutating func aContactIsBoundToTheFlowItCameByUntilItExpires() throws {
    let response = handle(register(["<sip:1001@10.0.0.7:5060>;expires=120"]))
    #expect(response.status == 200)
    #expect(try response.headers.to.tag == "t")
    #expect(try granted(response) == ["sip:1001@10.0.0.7:5060": 120])
    #expect(registrar.bindings(of: "1001", now: at(119)).map(\.flow) == [udp])
    #expect(registrar.nextDeadline == at(120))
    #expect(uris(at(120)).isEmpty)
    registrar.wake(now: at(120))
    #expect(registrar.numbers.isEmpty && registrar.nextDeadline == nil)
  }

  @Test mutating func everyResponseListsAllContactsWithWhatIsLeft() throws {
    handle(register(["<sip:1001@10.0.0.7>;expires=600"]))
    let response = handle(register(["<sip:1001@10.0.0.8>"], callID: "b", expires: "300"), now: at(100))
    #expect(try granted(response) == ["sip:1001@10.0.0.7": 500, "sip:1001@10.0.0.8": 300])
    let query = handle(register([], callID: "c"), now: at(110))
    #expect(try granted(query) == ["sip:1001@10.0.0.7": 490, "sip:1001@10.0.0.8": 290])
  }

  @Test(
    arguments: [
      (nil, nil, 200, 3600), ("7200", nil, 200, 3600), (nil, "90", 200, 90), ("60", nil, 200, 60), ("59", nil, 423, 0),
      ("1", nil, 423, 0), ("600", "90", 200, 90), ("4294967296", nil, 200, 3600), (nil, "soon", 200, 3600),
    ] as [(String?, String?, Int, UInt32)])
  mutating func expiryIsBounded(header: String?, parameter: String?, status: Int, seconds: UInt32) throws {
    let response = handle(
      register(["<sip:1001@10.0.0.7>" + (parameter.map { ";expires=" + $0 } ?? "")], expires: header))
    #expect(response.status == status)
    if status == 423 {
      #expect(try response.headers.minExpires == 60)
      #expect(uris().isEmpty)
    } else {
      #expect(try granted(response) == ["sip:1001@10.0.0.7": seconds])
    }
  }

  @Test mutating func contactsAreCalledByPreference() {
    handle(register(["<sip:1001@10.0.0.7>;q=0.2", "<sip:1001@10.0.0.8>", "<sip:1001@10.0.0.9>;q=0.7"]))
    #expect(uris() == ["sip:1001@10.0.0.8", "sip:1001@10.0.0.9", "sip:1001@10.0.0.7"])
  }

  @Test mutating func expiresZeroRemovesThatContactAndAStarAll() throws {
    handle(register(["<sip:1001@10.0.0.7>", "<sip:1001@10.0.0.8>", "<sip:1001@10.0.0.9>"]))
    handle(register(["<sip:1001@10.0.0.8>;expires=0"], cSeq: 2))
    #expect(uris() == ["sip:1001@10.0.0.7", "sip:1001@10.0.0.9"])
    let response = handle(register(["*"], cSeq: 3, expires: "0"))
    #expect(response.status == 200 && response.headers.count(of: .contact) == 0)
    #expect(uris().isEmpty)
  }

  @Test mutating func aStarGoesWithExpiresZeroAlone() {
    handle(register(["<sip:1001@10.0.0.7>"]))
    #expect(handle(register(["*"], cSeq: 2)).status == 400)
    #expect(handle(register(["*"], cSeq: 2, expires: "60")).status == 400)
    #expect(handle(register(["*", "<sip:1001@10.0.0.7>"], cSeq: 2, expires: "0")).status == 400)
    #expect(uris().count == 1)
  }

  /// RFC 3261 §10.3 step 7.
  @Test mutating func anOlderRequestOfTheSamePhoneChangesNothing() {
    handle(register(["<sip:1001@10.0.0.7>"], cSeq: 5))
    #expect(handle(register(["<sip:1001@10.0.0.7>;expires=0"], cSeq: 4)).status == 500)
    #expect(handle(register(["<sip:1001@10.0.0.7>;expires=0"], cSeq: 5)).status == 500)
    #expect(handle(register(["*"], cSeq: 5, expires: "0")).status == 500)
    #expect(uris().count == 1)
    // After a restart the phone has another Call-ID, and counts from anywhere.
    #expect(handle(register(["<sip:1001@10.0.0.7>;expires=0"], cSeq: 1, callID: "new")).status == 200)
    #expect(uris().isEmpty)
  }

  @Test mutating func allContactsOfARequestAreTakenOrNone() {
    handle(register(["<sip:1001@10.0.0.8>"], cSeq: 9))
    #expect(handle(register(["<sip:1001@10.0.0.7>", "<sip:1001@10.0.0.8>"], cSeq: 8)).status == 500)
    #expect(handle(register(["<sip:1001@10.0.0.9>", "<sip:1001@10.0.0.8>;expires=5"], cSeq: 10)).status == 423)
    #expect(uris() == ["sip:1001@10.0.0.8"])
  }

  /// RFC 3261 §19.1.4: escapes, case of the host, order of parameters.
  @Test mutating func theSameContactWrittenDifferentlyIsOne() {
    handle(register(["<sip:1001@Phone.office.lan;ob;transport=udp>"]))
    handle(register(["<sip:%31001@phone.OFFICE.lan;transport=UDP;ob>"], cSeq: 2))
    #expect(uris().count == 1)
    handle(register(["<sip:1001@phone.office.lan:5062;ob;transport=udp>"], cSeq: 3))
    #expect(uris().count == 2)
  }

  @Test mutating func nobodyRegistersForAnother() {
    #expect(handle(register(["<sip:1002@10.0.0.7>"], to: "1002")).status == 403)
    #expect(registrar.numbers.isEmpty)
  }

  @Test mutating func contactsAreBoundedAndTheOneThatWouldExpireFirstGivesWay() {
    for i in 0..<10 {
      handle(register(["<sip:1001@10.0.0.7:\(6000 + i)>;expires=\(i == 4 ? 100 : 600)"], callID: "\(i)"))
    }
    // Shorter than all others, but the newest.
    #expect(handle(register(["<sip:1001@10.0.0.7:7000>;expires=60"], callID: "x")).status == 200)
    #expect(uris().count == 10)
    #expect(uris().contains("sip:1001@10.0.0.7:7000") && !uris().contains("sip:1001@10.0.0.7:6004"))
    let many = register((0..<11).map { "<sip:1001@10.0.0.7:\($0 + 1)>" }, callID: "y")
    #expect(handle(many).status == 403)
    #expect(uris().count == 10)
  }

  @Test mutating func aContactOtherThanSIPIsRefused() {
    #expect(handle(register(["<mailto:a@b.c>"])).status == 400)
    #expect(handle(register(["<<>"])).status == 400)
  }

  @Test mutating func aConnectionThatIsGoneTakesItsContactsAlong() {
    handle(register(["<sip:1001@10.0.0.7;transport=tcp>"], callID: "a"), from: tcp(3))
    handle(register(["<sip:1001@10.0.0.8;transport=tcp>"], callID: "b"), from: tcp(4))
    handle(register(["<sip:1001@10.0.0.9>"], callID: "c"))
    registrar.connectionClosed(tcp(3))
    registrar.connectionClosed(udp)
    #expect(uris() == ["sip:1001@10.0.0.8;transport=tcp", "sip:1001@10.0.0.9"])
    registrar.removeAll(of: "1001")
    #expect(uris().isEmpty)
  }

  @Test mutating func aRefreshMovesTheContactToItsNewFlow() {
    handle(register(["<sip:1001@10.0.0.7>"]), from: tcp(3))
    handle(register(["<sip:1001@10.0.0.7>"], cSeq: 2), from: tcp(4))
    registrar.connectionClosed(tcp(3))
    #expect(registrar.bindings(of: "1001", now: at(1)).map(\.flow) == [tcp(4)])
  }

  @Test mutating func aPhoneThatListensElsewhereIsCalledThereUnlessItAsksForTheSourcePort() {
    let contact = ["<sip:1001@198.51.100.7:5070>"]
    handle(register(contact, via: "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK1"))
    #expect(registrar.bindings(of: "1001", now: at(0))[0].flow.remote.port == 5070)
    handle(register(contact, cSeq: 2))
    #expect(registrar.bindings(of: "1001", now: at(0))[0].flow == udp)
    // Never to another address than the one that it came from.
    handle(register(["<sip:1001@203.0.113.9:5070>"], callID: "z", via: "SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK1"))
    #expect(registrar.bindings(of: "1001", now: at(0)).allSatisfy { $0.flow.remote == home })
  }

  @Test(arguments: [
    ("198.51.100.7:5070", "198.51.100.7:40000", 5070), ("198.51.100.7:5070;transport=udp", "198.51.100.7:40000", 5070),
    ("198.51.100.7", "198.51.100.7:40000", 5060), ("198.51.100.7:5070;transport=tcp", "198.51.100.7:40000", 40_000),
    ("203.0.113.9:5070", "198.51.100.7:40000", 40_000), ("198.51.100.7:5070", "192.168.1.7:40000", 40_000),
    ("198.51.100.7:5070", "198.51.100.7", 40_000), ("198.51.100.7:5070", "phone.office.lan:40000", 40_000),
  ])
  mutating func thePortOfAContactCountsWhereNothingTranslatesAddresses(contact: String, via: String, port: UInt16) {
    handle(register(["<sip:1001@\(contact)>"], via: "SIP/2.0/UDP \(via);rport=40000;branch=z9hG4bK1"))
    #expect(registrar.bindings(of: "1001", now: at(0)).map(\.flow.remote) == [SocketAddress(home.ip, port: port)])
  }
}
