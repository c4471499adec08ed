import SIP
import Testing

@testable import PBX

/// What a request may not ask for, and what the refusal says (RFC 3261 §8.2).
struct RefusalTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func connect() { office.connect(a, b) }

  private func saysText(_ request: inout Request) {
    request.headers[.contentType] = "text/plain"
    request.body = Array("hello".utf8)
  }

  private func requires(_ request: inout Request) { request.headers.append(.require, "precondition, sec-agree") }

  @Test func anInviteWithoutSDPInItsBodyIs415AndNamesWhatIsAccepted() {
    a.call("1002", now: office.now) { saysText(&$0) }
    #expect(office.run(until: { a.story == ["415"] }))
    #expect(a.lastResponse?.headers[.accept] == "application/sdp")
    #expect(b.story.isEmpty && office.settles())
  }

  @Test func aReinviteWithoutSDPInItsBodyIs415AndChangesNothing() {
    connect()
    a.inDialog(.invite, now: office.now) { saysText(&$0) }
    #expect(office.run(until: { a.story == ["415"] }))
    #expect(a.lastResponse?.headers[.accept] == "application/sdp" && b.story.isEmpty)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  /// RFC 3261 §8.2.1.
  @Test func aMethodThatIsNotServedGetsTheListOfServedOnes() throws {
    a.ask(.publish, now: office.now) { _ in }
    #expect(office.run(until: { a.story == ["405"] }))
    #expect(
      try a.lastResponse?.headers.allow == [
        .invite, .ack, .cancel, .bye, .options, .info, .prack, .subscribe, .message, .update, .refer,
      ])
  }

  @Test func anUnknownExtensionIs420AndIsNamed() {
    a.call("1002", now: office.now) { requires(&$0) }
    #expect(office.run(until: { a.story == ["420"] }))
    #expect(a.lastResponse?.headers[.unsupported] == "precondition, sec-agree")
    #expect(b.story.isEmpty && office.settles())
  }

  @Test(arguments: [Method.options, .register])
  func anUnknownExtensionIs420OutsideOfCallsToo(method: Method) {
    a.ask(method, now: office.now) { requires(&$0) }
    #expect(office.run(until: { a.story == ["420"] }))
    #expect(a.lastResponse?.headers[.unsupported] == "precondition, sec-agree")
    #expect(office.settles())
  }

  @Test(arguments: [Method.invite, .info, .bye, .options])
  func anUnknownExtensionWithinACallIs420AndTheCallGoesOn(method: Method) {
    connect()
    a.inDialog(method, now: office.now) { requires(&$0) }
    #expect(office.run(until: { a.story == ["420"] }))
    #expect(a.lastResponse?.headers[.unsupported] == "precondition, sec-agree")
    #expect(b.story.isEmpty && office.exchange.status(now: office.now).calls.first?.phase == .connected)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  /// RFC 3261 §12.2.2.
  @Test(arguments: [Method.invite, .info, .bye])
  func anOlderRequestThanTheLastIs500AndDoesNothing(method: Method) {
    connect()
    a.inDialog(.options, now: office.now)
    a.inDialog(method, now: office.now) { $0.headers[.cSeq] = CSeq(1, method).description }
    #expect(office.run(until: { a.story == ["200", "500"] }))
    #expect(b.story.isEmpty && office.exchange.status(now: office.now).calls.first?.phase == .connected)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }
}
