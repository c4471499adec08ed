import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 6665 with the packages of RFC 4235 and RFC 3842, and RFC 3428.
struct SubscriptionTests {
  let office = Office()
  let a: Phone
  let b: Phone
  let watcher: Phone

  init() {
    (a, b) = office.pair()
    watcher = office.phone("1003", "10.0.0.13")
  }

  private func subscribe(
    _ event: String = "dialog", to number: String = "1002", expires: String? = "600", accept: String? = nil
  ) {
    watcher.ask(.subscribe, now: office.now) { request in
      request.uri = try! URI("sip:\(number)@office.lan")
      request.headers.append(.event, event)
      if let expires { request.headers.append(.expires, expires) }
      if let accept { request.headers.append(.accept, accept) }
    }
    office.run(1)
  }

  private var told: String { String(decoding: watcher.notifies.last?.body ?? [], as: UTF8.self) }
  private var state: String? { watcher.notifies.last?.headers[.subscriptionState] }

  @Test func aLampShowsRingingTalkingAndSilence() throws {
    subscribe()
    #expect(watcher.story == ["200", "NOTIFY"] && state == "active;expires=600")
    #expect(watcher.notifies.last?.headers[.contentType] == "application/dialog-info+xml")
    #expect(told.contains("version=\"0\" state=\"full\" entity=\"sip:1002@office.lan\"") && !told.contains("<state>"))
    b.manner = .rings
    a.call("1002", now: office.now)
    office.run(1)
    #expect(told.contains("direction=\"recipient\"") && told.contains("<state>early</state>"))
    #expect(told.contains("<identity display=\"Desk 1001\">sip:1001@office.lan</identity>"))
    b.answer(now: office.now)
    office.run(1)
    #expect(told.contains("<state>confirmed</state>"))
    a.hangUp(now: office.now)
    office.run(1)
    #expect(!told.contains("<state>"))
    let versions = watcher.notifies.map { notify in
      String(decoding: notify.body, as: UTF8.self).split(separator: "version=\"").last?.prefix { $0 != "\"" }
    }
    #expect(versions == versions.indices.map { "\($0)" })
    #expect(office.settles())
  }

  /// The lamp's key takes the call that rings there.
  @Test func whatALampToldNamesTheDialogToPickUp() throws {
    subscribe()
    b.manner = .rings
    a.call("1002", now: office.now)
    office.run(1)
    func part(_ name: String) -> Substring? { told.split(separator: "\(name)=\"").last?.prefix { $0 != "\"" } }
    let (callID, local, remote) = (
      try #require(part("call-id")), try #require(part("local-tag")), try #require(part("remote-tag"))
    )
    watcher.call("1002", now: office.now) {
      $0.headers.append(.replaces, "\(callID);to-tag=\(local);from-tag=\(remote);early-only")
    }
    #expect(
      office.run(until: { watcher.story.last == "200" && b.story == ["INVITE", "CANCEL"] }), "\(told) \(watcher.story)")
    office.run(1)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  /// §4.1.2.2, §4.1.2.3, §4.2.1.4.
  @Test func aSubscriptionIsRefreshedEndedAndExpires() throws {
    subscribe(expires: "100")
    for expires in ["100", "0"] {
      watcher.inDialog(.subscribe, now: office.now) { request in
        request.headers.append(.event, "dialog")
        request.headers.append(.expires, expires)
        request.headers.append(.contact, "<sip:1003@10.0.0.13:5060>")
      }
      office.run(1)
    }
    #expect(watcher.story == ["200", "NOTIFY", "200", "NOTIFY", "200", "NOTIFY"])
    #expect(state == "terminated;reason=timeout" && office.exchange.subscriptions.isEmpty)
    watcher.inDialog(.subscribe, now: office.now) { $0.headers.append(.event, "dialog") }
    office.run(1)
    #expect(watcher.story.last == "481")
    subscribe(expires: "60")
    office.run(60)
    #expect(office.exchange.subscriptions.isEmpty && state == "terminated;reason=timeout")
    // A fetch (§4.4.3).
    subscribe(expires: "0")
    #expect(office.exchange.subscriptions.isEmpty && state == "terminated;reason=timeout")
    #expect(office.settles())
  }

  /// §4.2.2.
  @Test func aWatcherThatHasGoneIsToldNoMore() {
    subscribe()
    watcher.answersOthers = 481
    a.call("1002", now: office.now)
    office.run(1)
    #expect(office.exchange.subscriptions.isEmpty)
    let count = watcher.notifies.count
    a.hangUp(now: office.now)
    office.run(1)
    #expect(watcher.notifies.count == count)
    #expect(office.settles())
  }

  @Test(
    arguments: [
      ("presence", "1002", "600", nil, "489"), ("dialog", "1999", "600", nil, "404"),
      ("dialog", "1002", "10", nil, "423"),
      ("dialog", "1002", "600", "text/plain", "406"), ("message-summary", "1002", "600", nil, "403"),
    ] as [(String, String, String, String?, String)])
  func whatCannotBeSubscribedIsRefused(event: String, number: String, expires: String, accept: String?, status: String)
  {
    subscribe(event, to: number, expires: expires, accept: accept)
    #expect(watcher.story == [status])
    if status == "489" { #expect(watcher.lastResponse?.headers[.allowEvents] == "dialog, message-summary") }
    if status == "423" { #expect(watcher.lastResponse?.headers[.minExpires] == "60") }
    #expect(office.exchange.subscriptions.isEmpty && office.settles())
  }

  @Test func aStrangerSubscribesToNothing() {
    let thief = office.phone("1003", "10.0.0.66", password: "guess-guess", registers: false)
    thief.ask(.subscribe, now: office.now) { $0.headers.append(.event, "dialog") }
    office.run(1)
    #expect(thief.story == ["401"] && office.exchange.subscriptions.isEmpty)
  }

  /// RFC 3842 §3.5.
  @Test func waitingMessagesAreTold() {
    subscribe("message-summary;id=7", to: "1003", expires: nil)
    #expect(told == "Messages-Waiting: no\r\nMessage-Account: sip:1003@office.lan\r\nVoice-Message: 0/0 (0/0)\r\n")
    office.exchange.setMessages("1003", new: 2, old: 8, now: office.now)
    office.box.drain(now: office.now)
    office.run(1)
    #expect(told.hasPrefix("Messages-Waiting: yes\r\n") && told.contains("Voice-Message: 2/8 (0/0)"))
    #expect(watcher.notifies.last?.headers[.event] == "message-summary;id=7")
    office.exchange.setMessages("1003", new: 2, old: 8, now: office.now)
    office.box.drain(now: office.now)
    office.run(1)
    #expect(watcher.notifies.count == 2)
  }

  // MARK: RFC 3428

  private func send(_ text: String, to number: String) {
    a.ask(.message, now: office.now) { request in
      request.uri = try! URI("sip:\(number)@office.lan")
      request.headers.append(.contentType, "text/plain")
      request.body = Array(text.utf8)
    }
  }

  @Test func aMessageReachesEveryPhoneOfANumber() {
    let second = office.phone("1002", "10.0.0.15", port: 40015)
    send("lunch?", to: "1002")
    office.run(1)
    #expect(a.story == ["200"] && b.story == ["MESSAGE"] && second.story == ["MESSAGE"])
    #expect(b.lastRequest?.body == Array("lunch?".utf8) && b.lastRequest?.headers[.contentType] == "text/plain")
    #expect((try? b.lastRequest?.headers.from)?.displayName == "Desk 1001")
    #expect(office.settles())
  }

  @Test(arguments: [(202, "202"), (415, "415"), (404, "480"), (302, "480")])
  func aPhonesAnswerToAMessageReachesItsSender(said: Int, heard: String) {
    b.answersOthers = said
    send("lunch?", to: "1002")
    office.run(1)
    #expect(a.story == [heard])
    #expect(office.settles())
  }

  @Test func aMessageToNobodyIs480Or404() {
    send("lunch?", to: "1999")
    office.run(1)
    b.register(expires: 0, now: office.now)
    office.run(1)
    send("lunch?", to: "1002")
    office.run(1)
    #expect(a.story == ["404", "480"])
    #expect(office.settles())
  }

  @Test func aMessageWithinACallReachesTheOtherPhone() {
    office.connect(a, b)
    a.inDialog(.message, now: office.now) { request in
      request.headers.append(.contentType, "text/plain")
      request.body = Array("can you hear me?".utf8)
    }
    office.run(1)
    #expect(a.story == ["200"] && b.story == ["MESSAGE"] && b.lastRequest?.body == Array("can you hear me?".utf8))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }
}

/// Who calls, on whose behalf and why: RFC 3323, 3325, 3326, 5806 and 7044.
struct IdentityTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func called(_ fields: (HeaderName, String)...) throws -> Headers {
    b.manner = .rings
    a.call("1002", now: office.now) { request in
      for (name, value) in fields { request.headers.append(name, value) }
    }
    #expect(office.run(until: { a.story.last == "180" }))
    let headers = try #require(b.ringing?.request.headers)
    a.cancel(now: office.now)
    #expect(office.settles())
    return headers
  }

  /// RFC 3325 §9: what a phone says of itself counts for nothing; what it has proved is asserted.
  @Test func theProvedNumberIsAssertedWhateverThePhoneSays() throws {
    let headers = try called(
      (.pAssertedIdentity, "<sip:boss@office.lan>"), (.pPreferredIdentity, "<sip:boss@office.lan>"))
    #expect(headers.values(.pAssertedIdentity) == ["\"Desk 1001\" <sip:1001@office.lan>"])
    #expect(!headers.contains(.pPreferredIdentity))
  }

  @Test(arguments: ["id", "header;user", "Id;critical"])
  func aCallerThatWantsPrivacyIsNamedNowhere(privacy: String) throws {
    let headers = try called((.privacy, privacy))
    #expect(try headers.from.uri.description == "sip:anonymous@anonymous.invalid")
    #expect(!headers.contains(.pAssertedIdentity))
    #expect(!headers.fields.contains { $0.value.contains("1001") })
  }

  @Test func privacyNoneIsNone() throws {
    #expect(try called((.privacy, "none")).from.uri.user == "1001")
  }

  /// RFC 5806 §4, RFC 7044 §10, RFC 3261 §21.1.3.
  @Test func aRedirectedCallSaysWhoSentItOn() throws {
    let c = office.phone("1003", "10.0.0.13")
    b.manner = .redirects("<sip:1003@office.lan>")
    c.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] && a.wasForwarded }))
    let headers = try #require(c.ringing?.request.headers)
    #expect(headers[.diversion] == "<sip:1002@office.lan>;reason=unknown")
    #expect(
      headers[.historyInfo] == "<sip:1002@office.lan?Reason=SIP%3Bcause%3D302>;index=1, "
        + "<sip:1003@office.lan;cause=302>;index=1.1;mp=1")
    a.cancel(now: office.now)
    #expect(office.settles())
  }

  /// RFC 3326 §2: why a call was cancelled or ended reaches the other phone.
  @Test func theReasonGoesAcrossTheLegs() throws {
    b.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    a.cancel(reason: "SIP;cause=600;text=\"gone fishing\"", now: office.now)
    office.run(1)
    #expect(b.reasons == ["SIP;cause=600;text=\"gone fishing\""])
    b.manner = .answers
    a.forget()
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    a.inDialog(.bye, now: office.now) { $0.headers.append(.reason, "Q.850;cause=16") }
    office.run(1)
    #expect(b.lastRequest?.headers[.reason] == "Q.850;cause=16")
    #expect(office.settles())
  }
}
