import Configuration
import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// Calls over networks and phones that fail.
struct TroubleTests {
  @Test func anAnswerThatIsNeverAcknowledgedEndsByBye() {
    let office = Office()
    let (a, b) = office.pair()
    a.forgetsAck = true
    a.call("1002", now: office.now)
    #expect(office.run(40, until: { b.story.last == "BYE" && a.story.contains("BYE") }))
    #expect(office.settles())
  }

  @Test func aRefusedReinviteThatIsNeverAcknowledgedEndsNothing() {
    let office = Office()
    let (a, b) = office.pair()
    office.connect(a, b)
    b.refusesReinvites = true
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.last == "INVITE" }))
    // From here on nothing of the phone's arrives, so neither does the ACK of the refusal.
    office.simulation.net.set(LinkConditions(loss: 1), from: a.address, to: office.box.address)
    office.run(60)
    #expect(a.story.contains("488"))
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .connected)
    office.simulation.net.set(.good, from: a.address, to: office.box.address)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func aByeWaitsForTheACKOfTheAnswer() {
    let office = Office()
    let (a, b) = office.pair()
    office.simulation.net.set(LinkConditions(delay: .milliseconds(300)), from: a.address, to: office.box.address)
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.story.last == "ACK" && a.story.contains("200") }))
    let answered = office.now
    b.hangUp(now: office.now)
    #expect(office.run(until: { a.story.contains("BYE") }))
    // RFC 3261 §15: not before the ACK, which takes 300 ms, has confirmed the dialog.
    #expect(office.now - answered >= .milliseconds(300))
    #expect(office.settles())
  }

  @Test(arguments: UInt64(1)...10)
  func callsSurviveABadNetwork(seed: UInt64) {
    let office = Office(.bad, seed: seed)
    let (a, b) = office.pair()
    b.forget()
    a.call("1002", now: office.now)
    #expect(office.run(60, until: { a.story.contains("200") && b.story.contains("ACK") }))
    office.run(5)
    b.hangUp(now: office.now)
    #expect(office.run(60, until: { a.story.contains("BYE") }))
    #expect(office.settles())
  }

  @Test func aPhoneByTCPThatLostItsConnectionIsSaidGoodbyeToByANewOne() {
    let office = Office()
    let (a, b) = (office.phone("1001", "10.0.0.11"), office.phone("1002", "10.0.0.12", port: 40012))
    office.connect(a, b)
    office.exchange.connectionClosed(office.box.flow(to: b.address), now: office.now)
    office.box.drain(now: office.now)
    #expect(office.exchange.status(now: office.now).calls.count == 1)
    #expect(office.exchange.registrar.numbers == ["1001"])
    a.hangUp(now: office.now)
    // On connection 0, which asks the daemon for a new one.
    #expect(office.run(until: { b.story.last == "BYE" && a.story.last == "200" }))
    #expect(office.settles())
  }

  @Test func aConnectionThatBreaksWhileItRingsFailsTheBranch() {
    let office = Office()
    let (a, b) = (office.phone("1001", "10.0.0.11"), office.phone("1002", "10.0.0.12", port: 40012))
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    office.exchange.connectionClosed(office.box.flow(to: b.address), now: office.now)
    office.box.drain(now: office.now)
    #expect(office.run(until: { a.story == ["180", "480"] }))
    #expect(office.settles())
  }

  @Test func callsByIPv6AndByMixedTransportsAreJoined() throws {
    let office = Office()
    let (a, b) = (office.phone("1001", "2001:db8::11"), office.phone("1002", "10.0.0.12", port: 40012))
    office.connect(a, b)
    #expect(office.box.media.values.first?[.a]?.remote?.description == "[2001:db8::11]:4000")
    b.hangUp(now: office.now)
    #expect(office.settles())
  }

  /// A phone of the other family gets the address by which it reached the box.
  @Test func theExternalAddressIsWhatPhonesOfItsFamilyAreTold() throws {
    let office = Office { $0.media.externalAddress = IPAddress("203.0.113.5") }
    let (a, b) = (office.phone("1001", "2001:db8::11"), office.phone("1002", "10.0.0.12"))
    for (caller, callee) in [(a, b), (b, a)] {
      caller.call(callee.number, now: office.now)
      #expect(office.run(until: { callee.story.last == "ACK" && caller.story.last == "200" }))
      let answer = try #require(caller.lastResponse)
      let invite = try #require(callee.ringing?.request)
      for (phone, headers, body) in [(caller, answer.headers, answer.body), (callee, invite.headers, invite.body)] {
        let told = phone === a ? "2001:db8::1" : "203.0.113.5"
        let description = try SessionDescription.parse(body)
        #expect(description.origin.address.address == told && description.connection?.address == told)
        #expect(description.media.allSatisfy { $0.connection == nil })
        #expect(try headers.contacts.first?.uri.host.address?.description == told)
      }
      caller.hangUp(now: office.now)
      office.run(1)
    }
    #expect(office.settles())
  }

  /// One on the box itself does not go by the address translator in front of it.
  @Test func theExternalAddressIsNotForPhonesOnTheBox() throws {
    let office = Office { $0.media.externalAddress = IPAddress("203.0.113.5") }
    for (address, told) in [("127.0.0.1", "127.0.0.1"), ("10.0.0.1", "203.0.113.5")] {
      let here = SocketAddress(try #require(IPAddress(address)), port: 5060)
      #expect(office.exchange.ownAddress(Flow(transport: .udp, local: here, remote: here)).description == told)
    }
  }

  @Test func shutdownSaysGoodbyeToEverybody() {
    let office = Office()
    let (a, b) = office.pair()
    let (c, d) = (office.phone("1003", "10.0.0.13"), office.phone("1003", "10.0.0.14"))
    office.connect(a, b)
    d.manner = .rings
    c.manner = .rings
    let e = office.phone("1002", "10.0.0.15")
    e.call("1003", now: office.now)
    #expect(office.run(until: { e.story == ["180", "180"] }))
    office.exchange.shutdown(now: office.now)
    office.box.drain(now: office.now)
    #expect(!office.exchange.isDone)
    #expect(office.run(1, until: { office.exchange.isDone }))
    #expect(a.story.last == "BYE" && b.story.last == "BYE" && e.story.last == "503" && d.story.last == "CANCEL")
    e.call("1003", now: office.now)
    #expect(office.run(until: { e.story.suffix(1) == ["503"] && e.story.count == 4 }))
  }

  @Test func aReloadTouchesNoCall() {
    let office = Office()
    let (a, b) = office.pair()
    office.connect(a, b)
    office.exchange.reload(Office.configuration { $0.extensions["1002"] = nil })
    #expect(office.exchange.registrar.numbers == ["1001"])
    #expect(office.exchange.status(now: office.now).calls.count == 1)
    b.hangUp(now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" }))
    a.forget()
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["404"] }))
    #expect(office.settles())
  }

  private func reload(_ office: Office, ports: ClosedRange<UInt16>) {
    office.exchange.reload(Office.configuration { $0.media.ports = ports })
    office.box.drain(now: office.now)
  }

  private func portsOfMedia(_ office: Office) -> [UInt16] {
    office.box.media.values.flatMap { $0.values.map(\.port) }.sorted()
  }

  @Test func aWiderRangeOfPortsServesAtOnceAndWholly() {
    let office = Office { $0.media.ports = 20000...20003 }
    let phones = (11...14).map { office.phone("1001", "10.0.0.\($0)") }
    for phone in phones[..<3] { phone.call("*43", now: office.now) }
    #expect(office.run(until: { phones[..<3].map(\.story) == [["200"], ["200"], ["503"]] }))
    reload(office, ports: 19998...20005)
    for phone in phones[2...] { phone.call("*43", now: office.now) }
    #expect(office.run(until: { phones[2].story == ["503", "200"] && phones[3].story == ["200"] }))
    #expect(portsOfMedia(office) == [19998, 20000, 20002, 20004])
    for phone in phones { phone.hangUp(now: office.now) }
    #expect(office.settles())
  }

  @Test func aNarrowerRangeOfPortsEndsNoCallAndLendsNoPortOutside() {
    let office = Office { $0.media.ports = 20000...20099 }
    let phones = (11...14).map { office.phone("1001", "10.0.0.\($0)") }
    let b = office.phone("1002", "10.0.0.20")
    b.manner = .rings
    phones[0].call("*43", now: office.now)
    phones[1].call("1002", now: office.now)
    #expect(office.run(until: { phones[0].story == ["200"] && phones[1].story == ["180"] }))
    reload(office, ports: 20010...20013)
    #expect(office.exchange.freePorts == [20010, 20012])
    b.answer(now: office.now)
    #expect(office.run(until: { phones[1].story == ["180", "200"] }))
    #expect(portsOfMedia(office) == [20000, 20002, 20004])
    phones[2].call("*43", now: office.now)
    phones[3].call("*43", now: office.now)
    #expect(office.run(until: { phones[2].story == ["200"] && phones[3].story == ["200"] }))
    #expect(portsOfMedia(office) == [20000, 20002, 20004, 20010, 20012])
    phones[0].hangUp(now: office.now)
    office.run(1)
    // What it frees lies outside.
    phones[0].call("*43", now: office.now)
    #expect(office.run(until: { phones[0].story.last == "503" }))
    for phone in phones[1...] { phone.hangUp(now: office.now) }
    #expect(office.settles())
    #expect(office.exchange.freePorts.sorted() == [20010, 20012])
  }

  @Test func aRingingCallsPortOutsideANarrowerRangeIsReleased() {
    let office = Office { $0.media.ports = 20000...20099 }
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    reload(office, ports: 20010...20019)
    a.cancel(now: office.now)
    #expect(office.settles())
    #expect(office.exchange.freePorts.sorted() == [20010, 20012, 20014, 20016, 20018])
  }

  @Test func withoutAPortACallIs503AndPortsComeBack() {
    let office = Office()
    let (a, b) = office.pair()
    let ports = office.exchange.freePorts
    office.exchange.freePorts = []
    office.exchange.askedForPorts = true
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["503"] }))
    office.exchange.offer(ports: ports)
    b.manner = .refuses(486)
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["503", "486"] }))
    #expect(Set(office.exchange.freePorts).isSuperset(of: ports))
    #expect(office.settles())
  }

  @Test func aThousandCallsLeaveNothingBehind() {
    let office = Office()
    let (a, b) = office.pair()
    for i in 0..<1000 {
      a.forget()
      b.forget()
      b.manner = i % 3 == 1 ? .rings : i % 3 == 2 ? .refuses(486) : .answers
      a.call(i % 5 == 4 ? "*43" : "1002", now: office.now)
      let ends = ["180", "486", "200"]
      #expect(office.run(until: { a.story.contains { ends.contains($0) } }))
      if a.story.last == "180" { office.run(until: { a.story.last == "200" || !b.story.contains("ACK") }) }
      if a.story.last == "200" { a.hangUp(now: office.now) } else { a.cancel(now: office.now) }
      office.simulation.run(until: office.now + .milliseconds(200))
      if b.dialog != nil && a.dialog != nil && !a.story.contains("487") { a.hangUp(now: office.now) }
      office.simulation.run(until: office.now + .milliseconds(200))
    }
    #expect(office.settles())
    #expect(office.exchange.callsStarted == 1000)
  }
}
