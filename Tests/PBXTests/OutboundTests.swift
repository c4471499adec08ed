import SIP
import STUN
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 5626, with whole phones.
@Suite struct OutboundTests {
  private let instance = "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""

  /// One of the ways by which the phone of 1002 is registered.
  private func way(_ office: Office, _ host: String, flow: Int, _ manner: Phone.Manner, path: String? = nil) -> Phone {
    let phone = office.phone("1002", host, registers: false)
    phone.manner = manner
    phone.ask(.register, now: office.now) { request in
      request.headers[.contact] = "<sip:1002@\(host);ob>;reg-id=\(flow);+sip.instance=\(instance)"
      request.headers.append(.supported, "path, outbound")
      if let path { request.headers.append(.path, path) }
    }
    office.run(until: { phone.story.contains("200") })
    phone.forget()
    return phone
  }

  @Test func aPhoneIsCalledByItsLastWayAloneAndByTheNextWhereThatFails() throws {
    let office = Office()
    let caller = office.phone("1001", "10.0.0.11")
    let first = way(office, "10.0.0.12", flow: 1, .answers)
    office.run(2)
    let second = way(office, "10.0.0.13", flow: 2, .refuses(430))
    caller.call("1002", now: office.now)
    #expect(office.run(until: { second.story.contains("INVITE") }) && first.story.isEmpty)
    #expect(office.run(until: { caller.story.last == "200" }) && first.story.first == "INVITE")
    caller.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func aPathIsFollowedByCalls() throws {
    let office = Office()
    let caller = office.phone("1001", "10.0.0.11")
    let callee = way(office, "10.0.0.12", flow: 1, .rings, path: "<sip:proxy.example;lr;ob>")
    let granted = try #require(callee.lastResponse)
    #expect(granted.headers[.path] == "<sip:proxy.example;lr;ob>" && granted.headers[.require] == "outbound")
    caller.call("1002", now: office.now)
    #expect(office.run(until: { callee.story.contains("INVITE") }))
    #expect(callee.lastRequest?.headers[.route] == "<sip:proxy.example;lr;ob>")
    caller.cancel(now: office.now)
    #expect(office.settles())
  }

  @Test func stunKeepsTheWayOfARegisteredPhoneOpenAndShootsAtNobody() throws {
    let office = Office()
    let phone = office.phone("1001", "10.0.0.11")
    let bare = StunWriter(.request, StunTransaction(high: 1, low: 2)).bytes
    func answer(_ bytes: [UInt8], from source: SocketAddress) -> [UInt8]? {
      let flow = Flow(transport: .udp, local: office.box.address, remote: source)
      office.exchange.receive(bytes, from: flow, now: office.now)
      var sent: [UInt8]?
      while let output = office.exchange.poll() {
        if case .transmit(let bytes, let to) = output, to.remote == source { sent = bytes }
      }
      return sent
    }
    let told = try #require(answer(bare, from: phone.address).flatMap { StunMessage($0) })
    #expect(told.mappedAddress == phone.address)
    let stranger = SocketAddress(IPAddress(ipv4: 0x0a00_0063), port: 5060)
    #expect(answer(bare, from: stranger) == nil)
    var long = StunWriter(.request, StunTransaction(high: 1, low: 2))
    long.append(StunAttribute.software, Array("a long name of a phone".utf8))
    let longAnswer = try #require(answer(long.bytes, from: stranger))
    #expect(longAnswer.count <= long.bytes.count && StunMessage(longAnswer)?.mappedAddress == stranger)
    // What looks like STUN and is none is no SIP either.
    #expect(answer(Array(bare.dropLast()) + [0, 0, 0], from: phone.address) == nil)
  }
}
