import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// A phone by a connection that only it can open (RFC 5626) loses it in the midst of a call.
@Suite struct AbsenceTests {
  /// The phone's connection goes, with the exchange or by itself, and none is opened to it.
  private func cut(_ phone: Phone, _ office: Office, byKill: Bool) {
    office.box.opensConnections = false
    if byKill {
      office.box.die(now: office.now)
    } else {
      office.exchange.connectionClosed(office.box.flow(to: phone.address), now: office.now)
      office.box.drain(now: office.now)
    }
  }

  /// A call of 1001 and 1002, whose connection is gone: killed with the exchange, or by itself.
  private func lost(byKill: Bool = false) -> (office: Office, a: Phone, b: Phone) {
    Life.$isShort.withValue(byKill) {
      let office = Office()
      office.box.diesOften = false
      let (a, b) = (office.phone("1001", "10.0.0.11"), office.phone("1002", "10.0.0.12", port: 40012))
      office.connect(a, b)
      cut(b, office, byKill: byKill)
      return (office, a, b)
    }
  }

  @Test(arguments: [false, true]) func aByeWaitsForThePhonesReturn(byKill: Bool) {
    let (office, a, b) = lost(byKill: byKill)
    a.hangUp(now: office.now)
    office.run(40)
    #expect(a.story == ["200"] && b.story.isEmpty && office.exchange.calls.count == 1)
    b.register(now: office.now)
    #expect(office.run(5, until: { b.story.contains("BYE") && office.exchange.calls.isEmpty }))
    #expect(office.settles())
  }

  @Test func aHoldWaitsForThePhonesReturn() {
    let (office, a, b) = lost()
    a.reinvite(.sendonly, now: office.now)
    office.run(20)
    #expect(!a.story.contains("200") && b.story.isEmpty)
    b.register(now: office.now)
    #expect(office.run(5, until: { a.story.last == "200" && b.story.contains("INVITE") }))
    a.hangUp(now: office.now)
    #expect(office.run(5, until: { b.story.last == "BYE" }))
    #expect(office.settles())
  }

  @Test func aRequestOfThePhoneItselfIsAReturnToo() {
    let (office, a, b) = lost()
    a.reinvite(.sendonly, now: office.now)
    office.run(5)
    b.inDialog(.info, now: office.now)
    #expect(office.run(5, until: { b.story.contains("INVITE") && a.story.contains("200") }))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func whoDoesNotReturnIsGivenUpAfter64Seconds() {
    let (office, a, b) = lost()
    a.hangUp(now: office.now)
    office.run(63)
    #expect(office.exchange.calls.count == 1)
    #expect(office.run(2, until: { office.exchange.calls.isEmpty }) && b.story.isEmpty)
    #expect(office.settles())
  }

  @Test func anotherPhoneOfTheNumberIsNotTakenForIt() {
    let (office, a, b) = lost()
    a.hangUp(now: office.now)
    let other = office.phone("1002", "10.0.0.13", port: 40013)
    office.run(5)
    #expect(other.story.isEmpty && b.story.isEmpty)
    #expect(office.settles())
  }

  /// A lamp's phone, whose subscription outlives its connection.
  @Test(arguments: [false, true]) func aLampIsToldWhatItMissedOnceItsPhoneIsBack(byKill: Bool) {
    Life.$isShort.withValue(byKill) {
      let office = Office()
      office.box.diesOften = false
      let (a, b) = office.pair()
      let watcher = office.phone("1003", "10.0.0.13", port: 40013)
      watcher.ask(.subscribe, now: office.now) { request in
        request.uri = try! URI("sip:1002@office.lan")
        request.headers.append(.event, "dialog")
      }
      #expect(office.run(2, until: { watcher.notifies.count == 1 }))
      cut(watcher, office, byKill: byKill)
      office.connect(a, b)
      office.run(40)
      #expect(watcher.notifies.count == 1)
      watcher.register(now: office.now)
      #expect(office.run(2, until: { watcher.notifies.count == 2 }))
      let told = String(decoding: watcher.notifies.last?.body ?? [], as: UTF8.self)
      #expect(told.contains("state=\"full\"") && told.contains("<state>confirmed</state>"))
      // From then on it is told as ever.
      a.hangUp(now: office.now)
      #expect(office.run(2, until: { watcher.notifies.count == 3 }))
      #expect(office.settles())
    }
  }
}
