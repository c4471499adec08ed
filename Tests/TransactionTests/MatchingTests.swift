import SIP
import Testing
import Wire

@Suite struct MatchingTests {
  private var layer = TransactionTests.layer()

  @Test mutating func sentByAndMethodBelongToTheMatch() {
    let vias = ["192.0.2.2:5060", "192.0.2.2", "phone:5060", "192.0.2.2:5061"]
    for sentBy in vias {
      let via = "SIP/2.0/UDP \(sentBy);branch=z9hG4bKsame"
      #expect(layer.arrived(request(.options, via: via)) != nil)
      #expect(layer.arrived(request(.info, via: via)) != nil)
      #expect(layer.arrived(request(.options, via: via)) == nil)
    }
    #expect(layer.count == 8)
  }

  /// RFC 3261 §17.2.3, second part: a branch without the magic cookie tells nothing.
  @Test mutating func anRFC2543RequestIsMatchedByItsHeaders() throws {
    let via = "SIP/2.0/UDP 192.0.2.2:5060"
    let invite = request(.invite, via: via)
    let came = try layer.taken(invite)
    #expect(layer.arrived(invite) == nil)
    #expect(layer.arrived(request(.invite, callID: "other", via: via)) != nil)
    #expect(layer.arrived(request(.invite, cSeq: 2, via: via)) != nil)
    #expect(layer.arrived(request(.invite, fromTag: "g", via: via)) != nil)
    #expect(layer.arrived(request(.invite, via: via + ";branch=1")) != nil)
    #expect(layer.count == 5)
    layer.receive(.request(request(.cancel, via: via)), from: udp, now: at(1))
    #expect(layer.did() == ["200", "cancelled"])
    layer.respond(Response(to: came.request, status: 487, toTag: "t"), to: came.id, now: at(2))
    _ = layer.drain()
    // Its ACK has the response's tag; another tag is another's.
    layer.receive(.request(request(.ack, toTag: "u", via: via)), from: udp, now: at(3))
    #expect(layer.did() == ["up ACK"])
    layer.receive(.request(request(.ack, toTag: "t", via: via)), from: udp, now: at(4))
    #expect(layer.did().isEmpty)
    _ = layer.run(until: at(5003))
    #expect(layer.count == 5)
    _ = layer.run(until: at(5004))
    #expect(layer.count == 4)
  }

  /// RFC 3261 §18.2.1, §18.2.2; RFC 3581 §4.
  @Test(
    arguments: [
      ("192.0.2.2:5060", "192.0.2.2:5060", 6000, "198.51.100.7:5060", "received=198.51.100.7"),
      ("192.0.2.2;rport", "192.0.2.2", 6000, "198.51.100.7:6000", "rport=6000"),
      ("198.51.100.7:5066", "198.51.100.7:5066", 6000, "198.51.100.7:5066", ""),
      ("198.51.100.7", "198.51.100.7", 6000, "198.51.100.7:5060", ""),
      ("phone.lan;received=203.0.113.1", "phone.lan", 6000, "198.51.100.7:5060", "received=198.51.100.7"),
      ("192.0.2.2;maddr=203.0.113.1", "192.0.2.2", 6000, "198.51.100.7:5060", "received=198.51.100.7"),
    ] as [(String, String, UInt16, String, String)])
  mutating func responsesGoBackToWhereTheRequestCameFrom(
    sentBy: String, kept: String, port: UInt16, to: String, stamp: String
  ) throws {
    let remote = SocketAddress(try #require(IPAddress("198.51.100.7")), port: port)
    let flow = Flow(transport: .udp, local: here, remote: remote)
    let parts = sentBy.split(separator: ";", maxSplits: 1)
    let via = "SIP/2.0/UDP \(parts[0]);branch=z9hG4bKa" + (parts.count > 1 ? ";" + parts[1] : "")
    let came = try layer.taken(request(.options, via: via), by: flow)
    layer.respond(Response(to: came.request, status: 200, toTag: "t"), to: came.id, now: at(0))
    guard case .send(.response(let response), let target)? = layer.poll() else { return #expect(Bool(false)) }
    #expect(target.remote.description == to && target.local == here)
    let answered = try response.headers.via
    #expect(answered.sentBy == kept)
    #expect(stamp.isEmpty ? answered.received == nil : answered.description.contains(stamp))
  }

  @Test mutating func overTCPTheResponseTakesTheSameConnection() throws {
    let came = try layer.taken(request(.options, via: "SIP/2.0/TCP 10.0.0.9;branch=z9hG4bKa"), by: tcp)
    layer.respond(Response(to: came.request, status: 200, toTag: "t"), to: came.id, now: at(0))
    guard case .send(_, let target)? = layer.poll() else { return #expect(Bool(false)) }
    #expect(target == tcp)
  }

  @Test mutating func branchesCarryTheCookieAndNeverRepeat() throws {
    var seen: Set<String> = []
    for _ in 0..<500 {
      let via = try layer.started(request(.options)).sent.headers.via
      #expect(via.hasRFC3261Branch && via.hasRport && via.sentBy == "192.0.2.1:5060")
      #expect(seen.insert(try #require(via.branch)).inserted)
    }
  }
}
