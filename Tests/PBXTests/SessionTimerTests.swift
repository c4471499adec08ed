import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// RFC 4028 and RFC 3311.
struct SessionTimerTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func call(_ fields: (HeaderName, String)...) {
    a.call("1002", now: office.now) { request in
      for (name, value) in fields { request.headers.append(name, value) }
    }
    office.run(1)
  }

  private func end() {
    a.hangUp(now: office.now)
    #expect(office.run(until: { b.story.last == "BYE" }))
    #expect(office.settles())
  }

  /// RFC 4028 §9, table 2.
  @Test(arguments: [
    ("timer", "600;refresher=uas", "600;refresher=uas"), ("timer", "600;refresher=uac", "600;refresher=uac"),
    ("timer", "600", "600;refresher=uac"), ("timer", "86400", "1800;refresher=uac"),
    ("timer", nil, "1800;refresher=uac"),
    (nil, nil, "1800;refresher=uas"), (nil, "60", "90;refresher=uas"),
  ])
  func theCallerIsGrantedATimeAndTheRefresherThatItKnows(supported: String?, asked: String?, granted: String) throws {
    a.call("1002", now: office.now) { request in
      if let supported { request.headers.append(.supported, supported) }
      if let asked { request.headers.append(.sessionExpires, asked) }
    }
    #expect(office.run(until: { a.story == ["180", "200"] }))
    #expect(a.lastResponse?.headers[.sessionExpires] == granted)
    #expect(a.lastResponse?.headers.requires("timer") == granted.hasSuffix("uac"))
    end()
  }

  @Test func tooBriefASessionIs422() throws {
    call((.supported, "timer"), (.sessionExpires, "60"))
    #expect(a.story == ["422"] && a.lastResponse?.headers[.minSE] == "90")
    call((.supported, "timer"), (.sessionExpires, "60"), (.require, "timer"))
    #expect(a.story == ["422", "422"])
    #expect(office.settles())
  }

  /// §7.1, §7.3: the least that the callee takes is asked for in a second INVITE.
  @Test func a422OfTheCalleeIsMetByALongerTime() throws {
    b.leastSession = 3600
    call()
    #expect(a.story == ["180", "200"] && b.story == ["INVITE", "INVITE", "ACK"])
    #expect(b.ringing?.request.headers[.minSE] == "3600")
    #expect((try b.ringing?.request.headers.cSeq)?.number == 2)
    end()
  }

  /// §10: neither phone knows timers, so both are asked by re-INVITE, which changes nothing.
  @Test func phonesThatKnowNoTimersAreRefreshedByReinvite() throws {
    office.connect(a, b)
    let before = b.lastRequest?.body
    #expect(office.run(899, until: { !a.story.isEmpty }) == false)
    #expect(office.run(2, until: { a.story == ["INVITE", "ACK"] && b.story == ["INVITE", "ACK"] }))
    #expect(b.lastRequest?.body == b.ringing?.request.body && before != nil)
    #expect(try SessionDescription.parse(a.lastRequest?.body ?? []).origin.version == "1")
    office.run(1000)
    #expect(a.story == ["INVITE", "ACK", "INVITE", "ACK"])
    end()
  }

  @Test func phonesThatKnowUpdateAreRefreshedByIt() throws {
    a.allows = "INVITE, ACK, BYE, CANCEL, UPDATE"
    b.allows = "INVITE, ACK, BYE, CANCEL, UPDATE"
    office.connect(a, b)
    office.run(901)
    #expect(a.story == ["UPDATE"] && b.story == ["UPDATE"])
    #expect(a.lastRequest?.body.isEmpty == true && a.lastRequest?.headers[.sessionExpires] == "1800;refresher=uac")
    end()
  }

  @Test func aPhoneThatHasGoneIsFoundOutAndTheOtherTold() {
    office.connect(a, b)
    office.simulation.net.cut(office.box.address, b.address)
    #expect(office.run(940, until: { a.story.last == "BYE" }))
    #expect(office.settles())
  }

  @Test func aPhoneThatDoesNotRefreshIsHungUpShortlyBeforeItsTime() {
    call((.supported, "timer"), (.sessionExpires, "120;refresher=uac"))
    a.forget()
    b.forget()
    #expect(office.run(87, until: { !a.story.isEmpty }) == false)
    #expect(office.run(2, until: { a.story == ["BYE"] && b.story == ["BYE"] }))
    #expect(a.lastRequest?.headers[.reason]?.contains("cause=408") == true)
    #expect(office.settles())
  }

  @Test func aRefreshByUpdateKeepsTheCall() throws {
    call((.supported, "timer"), (.sessionExpires, "120;refresher=uac"))
    a.forget()
    for _ in 0..<4 {
      office.run(60)
      a.inDialog(.update, now: office.now) { request in
        request.headers.append(.supported, "timer")
        request.headers.append(.sessionExpires, "120;refresher=uac")
      }
      office.run(1)
      #expect(a.story.last == "200" && a.lastResponse?.headers[.sessionExpires] == "120;refresher=uac")
    }
    end()
  }

  /// RFC 3311 §5.1: by UPDATE where the other phone knows it, else by re-INVITE.
  @Test(arguments: [true, false])
  func anUpdateWithAnOfferReachesTheOtherPhone(knows: Bool) throws {
    b.allows = knows ? "INVITE, UPDATE" : "INVITE"
    office.connect(a, b)
    a.update(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["200"] && b.story.last == (knows ? "UPDATE" : "ACK") }))
    #expect(b.story == (knows ? ["UPDATE"] : ["INVITE", "ACK"]))
    #expect(try SessionDescription.parse(a.lastResponse?.body ?? []).offeredAudio().direction == .recvonly)
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .held)
    end()
  }

  /// RFC 3311 §5.2.
  @Test func anUpdateThatCrossesAnOfferIsTurnedAway() {
    b.allows = "INVITE, UPDATE"
    office.connect(a, b)
    a.update(.sendonly, now: office.now)
    b.update(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.contains("491") || a.story.contains("491") }))
    office.run(2)
    end()
  }

  @Test func aBrokenSessionExpiresIsIgnored() throws {
    call((.supported, "timer"), (.sessionExpires, "soon"))
    #expect(a.story == ["180", "200"])
    end()
  }
}
