import Configuration
import DNS
import Numbering
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// Calls to the outside and from there.
struct TrunkCallTests {
  private func scene(_ change: (inout Configuration) -> Void = { _ in }) -> (TrunkScene, Phone) {
    let scene = TrunkScene(change)
    scene.comesUp()
    return (scene, scene.office.phone("1001", "10.0.0.11"))
  }

  // MARK: Out

  @Test func aNumberOutsideIsCalledWithThePasswordThatIsAskedFor() throws {
    let (scene, phone) = scene()
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    let invite = try #require(scene.provider.invites.last)
    #expect(invite.uri.description == "sip:+49891234@198.51.100.1")
    #expect(invite.headers[.from]?.hasPrefix("\"Desk 1001\" <sip:+4930555@198.51.100.1>;tag=") == true)
    #expect(invite.headers[.pAssertedIdentity] == "\"Desk 1001\" <sip:+4930555@198.51.100.1>")
    #expect(invite.headers.contains(.proxyAuthorization) && !invite.headers.contains(.authorization))
    #expect(String(decoding: invite.body, as: UTF8.self).contains("PCMA"))
    #expect(scene.office.run(until: { scene.provider.acks > 0 }))
    #expect(scene.status.calls == 1 && scene.status.callsToday == 1)
    scene.office.run(60)
    phone.hangUp(now: scene.office.now)
    // The BYE is challenged too.
    #expect(scene.office.run(until: { scene.provider.story.suffix(2) == ["BYE", "BYE"] }))
    #expect(settles(scene))
    #expect(scene.status.calls == 0 && (60...61).contains(scene.status.secondsToday))
  }

  @Test func theOtherEndHangsUpAndMayHold() {
    let (scene, phone) = scene()
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.acks > 0 }))
    scene.provider.hangUp(now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "BYE" && scene.provider.story.last == "200" }))
    #expect(settles(scene))
  }

  @Test func aReInviteIsProvedToo() {
    let (scene, phone) = scene()
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.acks > 0 }))
    phone.forget()
    phone.reinvite(.sendonly, now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["200"] }))
    phone.hangUp(now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.last == "BYE" && scene.status.calls == 0 }))
    #expect(settles(scene))
  }

  @Test func aCallerWhoGivesUpEndsTheCallOutside() {
    let (scene, phone) = scene()
    scene.provider.manner = .rings
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["180"] }))
    phone.cancel(now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.contains("CANCEL") && phone.story.last == "487" }))
    #expect(settles(scene) && scene.status.calls == 0)
  }

  @Test func callersHaveTheNumbersThatTheRulesGiveThem() throws {
    let (scene, phone) = scene { configuration in
      configuration.trunks[0].callers = [.init(DialPattern("_100X")!, "+49305551")]
      configuration.trunks[0].identity = .asserted
      configuration.trunks[0].callerName = "Example Ltd"
      configuration.trunks[0].format = .national
    }
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    let invite = try #require(scene.provider.invites.last)
    #expect(invite.uri.user == "0891234")
    #expect(invite.headers[.from]?.hasPrefix("\"Example Ltd\" <sip:line1@198.51.100.1>") == true)
    #expect(invite.headers[.pAssertedIdentity] == "\"Example Ltd\" <sip:+49305551@198.51.100.1>")
  }

  @Test func prefixesAreTakenOffAndPutOn() throws {
    let (scene, phone) = scene {
      $0.routes = [TrunkScene.route("_9XX.", ["line"], strip: 1, prepend: "030")]
    }
    phone.call("955123", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    #expect(scene.provider.invites.last?.uri.user == "+493055123")
  }

  @Test func aServiceRouteAndAProxyAreGoneThrough() throws {
    let (scene, phone) = scene { configuration in
      configuration.trunks[0].place = .init(host: "provider.example")
      configuration.trunks[0].outboundProxy = .init(host: "198.51.100.1")
    }
    #expect(scene.status.state == .registered)
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    let invite = try #require(scene.provider.invites.last)
    #expect(invite.uri.description == "sip:+49891234@provider.example")
    #expect(invite.headers[.route] == "<sip:198.51.100.1;lr>")
  }

  // MARK: Failover

  private func two(_ change: @escaping (inout Configuration) -> Void = { _ in }) -> (TrunkScene, Provider, Phone) {
    let scene = TrunkScene { configuration in
      configuration.trunks.append(TrunkScene.line("second", "198.51.100.2", registers: false))
      configuration.routes = [TrunkScene.route("_0.", ["line", "second"])]
      change(&configuration)
    }
    let second = scene.provider("198.51.100.2")
    scene.comesUp()
    scene.office.run(1)
    return (scene, second, scene.office.phone("1001", "10.0.0.11"))
  }

  @Test(arguments: [500, 503, 504, 408, 401]) func anotherTrunkTakesACallThatTheFirstCannot(status: Int) {
    let (scene, second, phone) = two()
    scene.provider.manner = .refuses(status)
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["180", "200"] }))
    #expect(second.invites.count == 1 && scene.status.calls == 0 && scene.status("second").calls == 1)
    phone.hangUp(now: scene.office.now)
    #expect(settles(scene))
  }

  @Test func aSilentTrunkIsGivenFiveSeconds() {
    let (scene, second, phone) = two()
    scene.provider.manner = .dead
    let start = scene.office.now
    phone.call("0891234", now: start)
    #expect(scene.office.run(20, until: { phone.story.last == "200" }))
    #expect((5...6).contains((scene.office.now - start).seconds) && second.invites.count == 1)
    phone.hangUp(now: scene.office.now)
    #expect(settles(scene))
  }

  @Test(arguments: [486, 404, 403, 600, 484]) func theCalleesWordIsFinal(status: Int) {
    let (scene, second, phone) = two()
    scene.provider.manner = .refuses(status)
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == String(status) }))
    #expect(second.invites.isEmpty && settles(scene))
  }

  @Test func aFullTrunkIsPassedOver() {
    let (scene, second, phone) = two { $0.trunks[0].channels = 1 }
    let other = scene.office.phone("1002", "10.0.0.12")
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    other.call("0891235", now: scene.office.now)
    #expect(scene.office.run(until: { other.story.last == "200" }))
    #expect(scene.provider.invites.count == 1 && second.invites.count == 1)
    #expect(scene.status.calls == 1 && scene.status("second").calls == 1)
  }

  @Test func withoutAFreeChannelTheCallerIsTold() {
    let (scene, phone) = scene { $0.trunks[0].channels = 1 }
    let other = scene.office.phone("1002", "10.0.0.12")
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    other.call("0891235", now: scene.office.now)
    #expect(scene.office.run(until: { other.story == ["503"] }))
    #expect(scene.office.box.log.contains { $0.contains("all channels are taken") })
  }

  @Test func whenAllFailTheMostTellingAnswerCounts() {
    let (scene, second, phone) = two()
    scene.provider.manner = .refuses(503)
    second.manner = .refuses(486)
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["486"] }))
    #expect(settles(scene))
  }

  @Test func aTrunkThatIsKnownToBeDownComesLast() {
    let (scene, second, phone) = two()
    scene.provider.manner = .dead
    scene.office.run(80, until: { scene.status.state == .notRegistered })
    let start = scene.office.now
    phone.call("0891234", now: start)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    #expect((scene.office.now - start).seconds < 1 && second.invites.count == 1)
  }

  @Test func serversOfOneTrunkAreTriedInTurn() {
    let scene = TrunkScene { $0.trunks = [TrunkScene.line("line", "sip.provider.example", registers: false)] }
    let second = scene.provider("198.51.100.2")
    let box = scene.office.box
    box.names[NameQuestion("_sip._udp.sip.provider.example", .service)] = .found(
      .services([
        ServiceRecord(priority: 1, weight: 0, port: 5060, target: "a.example"),
        ServiceRecord(priority: 2, weight: 0, port: 5060, target: "b.example"),
      ]), seconds: 300)
    box.names[NameQuestion("a.example", .ipv4)] = .found(.addresses([scene.provider.address.ip]), seconds: 300)
    box.names[NameQuestion("b.example", .ipv4)] = .found(.addresses([second.address.ip]), seconds: 300)
    scene.comesUp()
    let phone = scene.office.phone("1001", "10.0.0.11")
    scene.provider.manner = .refuses(503)
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    #expect(scene.provider.invites.count == 1 && second.invites.count == 1)
    #expect(second.invites.first?.uri.description == "sip:+49891234@sip.provider.example")
  }

  // MARK: Emergency

  @Test(arguments: ["112", "110", "0112", "1-1-2"]) func helpIsCalledWhateverStandsInTheWay(number: String) {
    let (scene, phone) = scene { configuration in
      configuration.trunks[0].channels = 1
      configuration.trunks[0].daily = DailyCap(calls: 1, minutes: 0)
      configuration.toll.extensionCap = DailyCap(calls: 0, minutes: 0)
      // A route that leads 0 outside by stripping it, and none for the numbers themselves.
      configuration.routes = [TrunkScene.route("_0.", ["line"], strip: 1)]
    }
    let other = scene.office.phone("1002", "10.0.0.12")
    scene.provider.call("+49305551", to: "+49305551", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.contains("200") }))
    other.call(number, now: scene.office.now)
    #expect(scene.office.run(until: { other.story.last == "200" }))
    let called = number == "110" ? "110" : "112"
    #expect(scene.provider.invites.last?.uri.user == called)
    // Nobody else's call was ended for it.
    #expect(scene.status.calls == 2 && !phone.story.contains("BYE"))
  }

  @Test func helpIsCalledByEveryTrunkUntilOneTakesIt() {
    let (scene, second, phone) = two { $0.emergency.trunks = ["line"] }
    scene.provider.manner = .refuses(403)
    phone.call("112", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    #expect(second.invites.last?.uri.description == "sip:112@198.51.100.2")
    #expect(second.invites.last?.headers[.from]?.contains("+4930555") == true)
  }

  @Test func theLastPortsAreKeptForHelp() {
    let (scene, phone) = scene { $0.media.ports = 20000...20007 }
    let other = scene.office.phone("1002", "10.0.0.12")
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    other.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { other.story == ["503"] }))
    other.forget()
    other.call("112", now: scene.office.now)
    #expect(scene.office.run(until: { other.story.last == "200" }))
  }

  // MARK: In

  @Test(arguments: ["+49305551", "030 5551", "49305551", "0049305551"])
  func aNumberOfOursReachesItsExtension(number: String) throws {
    let (scene, phone) = scene()
    scene.provider.call(number.filter { $0 != " " }, to: "x", from: "+49891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["INVITE", "ACK"] }))
    #expect(phone.lastRequest?.headers[.from]?.contains("<sip:+49891234@office.lan>") == true)
    #expect(scene.office.run(until: { scene.provider.story.last == "200" }))
    #expect(scene.provider.story.contains("180") && scene.status.calls == 1)
    phone.hangUp(now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.last == "BYE" }))
    #expect(settles(scene) && scene.status.calls == 0)
  }

  @Test func aCallToTheRegisteredContactIsForTheNumberInTo() {
    let (scene, phone) = scene()
    // Not from the registrar's own address: the line that it was told proves it.
    let gateway = scene.provider("198.51.100.77")
    scene.provider.call(nil, to: "+49305551", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["INVITE", "ACK"] }))
    gateway.call("+49305551", to: "+49305551", now: scene.office.now)
    #expect(scene.office.run(until: { gateway.story == ["401"] }))
  }

  @Test func theEchoAndPatternsCanBeReached() {
    let (scene, _) = scene()
    let second = scene.office.phone("1002", "10.0.0.12")
    scene.provider.call("+493055527", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { second.story == ["INVITE", "ACK"] }))
    scene.provider.forget()
    scene.provider.call("+49305559", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story == ["200"] }))
  }

  @Test func otherNumbersGoWhereTheTrunkSaysOrNowhere() {
    let (scene, phone) = scene()
    scene.provider.call("+4930999", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.contains("404") }))
    // Neither an extension's own number nor one of the outside is a way through.
    for number in ["1001", "0891234", "+49891234", "112", "*43"] {
      scene.provider.forget()
      scene.provider.call(number, to: "x", now: scene.office.now)
      #expect(scene.office.run(until: { scene.provider.story.contains("404") }), "\(number)")
    }
    #expect(phone.story.isEmpty && scene.provider.invites.isEmpty)
    scene.reload { $0.trunks[0].otherwise = "1001" }
    scene.provider.call("+4930999", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["INVITE", "ACK"] }))
  }

  @Test func aCallerOutsideWhoClaimsANumberOfTheHouseIsNotBelieved() {
    let (scene, phone) = scene()
    scene.provider.call("+49305551", to: "x", from: "1002", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["INVITE", "ACK"] }))
    #expect(phone.lastRequest?.headers[.from]?.contains("sip:anonymous@") == true)
    #expect(scene.office.box.log.contains { $0.contains("number of the house") })
  }

  @Test func strangersAreChallengedWhateverTheyCallThemselves() {
    let (scene, phone) = scene()
    let stranger = scene.provider("203.0.113.66")
    for from in ["line1", "1001", "+4930555"] {
      stranger.call("+49305551", to: "+49305551", from: from, now: scene.office.now)
      #expect(scene.office.run(until: { stranger.story.last == "401" }))
      stranger.forget()
    }
    #expect(phone.story.isEmpty)
  }

  @Test func networksAndNamesMayBeAcceptedBeside() {
    let (scene, phone) = scene { configuration in
      configuration.trunks[0].acceptFrom = [
        .prefix(.init(IPAddress("203.0.113.64")!, length: 26)), .name("gateways.example"),
      ]
    }
    for (host, isAccepted) in [("203.0.113.66", true), ("203.0.113.63", false), ("203.0.113.130", false)] {
      let gateway = scene.provider(host)
      gateway.call("+49305551", to: "x", now: scene.office.now)
      #expect(scene.office.run(until: { gateway.story.last == (isAccepted ? "200" : "401") }))
      gateway.hangUp(now: scene.office.now)
      scene.office.run(2)
    }
    scene.office.box.names[NameQuestion("gateways.example", .ipv4)] = .found(
      .addresses([IPAddress("192.0.2.200")!]), seconds: 60)
    scene.office.run(100)
    let named = scene.provider("192.0.2.200")
    phone.forget()
    named.call("+49305551", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story == ["INVITE", "ACK"] }))
  }

  @Test func aFullTrunkTakesNoMoreCallsIn() {
    let (scene, phone) = scene { $0.trunks[0].channels = 1 }
    phone.call("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.story.last == "200" }))
    scene.provider.forget()
    scene.provider.call("+493055520", to: "x", now: scene.office.now)
    #expect(scene.office.run(until: { scene.provider.story.last == "486" }))
  }

  @Test func onlyTrunksThatAllowItAreJoined() {
    let (scene, _, _) = two()
    let exchange = scene.office.exchange
    #expect(exchange.mayJoin(trunk: nil, "line") && exchange.mayJoin(trunk: "line", nil))
    #expect(!exchange.mayJoin(trunk: "line", "second") && !exchange.mayJoin(trunk: "line", "line"))
    scene.reload { $0.trunks[0].allowsTransfer = true }
    #expect(!exchange.mayJoin(trunk: "line", "second") && exchange.mayJoin(trunk: "line", "line"))
    scene.reload { $0.trunks[1].allowsTransfer = true }
    #expect(exchange.mayJoin(trunk: "line", "second") && !exchange.mayJoin(trunk: "line", "gone"))
  }

  /// An extension hands a caller from outside on to a number outside.
  private func handOn(_ scene: TrunkScene, _ phone: Phone) -> String? {
    scene.provider.call("+49305551", to: "x", now: scene.office.now)
    scene.office.run(until: { scene.provider.story.last == "200" })
    scene.provider.forget()
    phone.refer("0891234", now: scene.office.now)
    scene.office.run(3)
    return phone.notices.last
  }

  @Test func aCallerFromOutsideIsNotHandedOnToTheOutside() {
    let (scene, phone) = scene()
    #expect(handOn(scene, phone) == "403 Forbidden")
    #expect(scene.provider.invites.isEmpty && scene.status.calls == 1)
    #expect(scene.office.box.log.contains { $0.contains("not handed on to the outside") })
  }

  @Test func unlessTheTrunksAllowItAndThenTheOneWhoDidItPays() {
    let (scene, phone) = scene { $0.trunks[0].allowsTransfer = true }
    #expect(handOn(scene, phone) == "200 OK")
    #expect(scene.provider.invites.count == 1 && scene.status.calls == 2)
    scene.office.run(60)
    #expect((60...70).contains(scene.status.secondsToday) && scene.status.callsToday == 1)
    #expect(scene.office.exchange.outside.toll.calls(.extension("1001")) == 1)
    scene.provider.hangUp(now: scene.office.now)
    #expect(settles(scene) && scene.status.calls == 0)
  }

  @Test func aPhoneIsHandedOnToTheOutside() {
    let (scene, phone) = scene()
    let other = scene.office.phone("1002", "10.0.0.12")
    scene.office.connect(phone, other)
    phone.refer("0891234", now: scene.office.now)
    #expect(scene.office.run(until: { phone.notices.last == "200 OK" }))
    #expect(scene.status.calls == 1 && scene.provider.invites.last?.uri.user == "+49891234")
    phone.refer("0043112345", now: scene.office.now)
    other.hangUp(now: scene.office.now)
    #expect(settles(scene) && scene.status.calls == 0)
  }

  @Test func dearNumbersAreClosedForTransfersToo() {
    let (scene, phone) = scene()
    let other = scene.office.phone("1002", "10.0.0.12")
    scene.office.connect(phone, other)
    phone.refer("0043112345", now: scene.office.now)
    #expect(scene.office.run(until: { phone.notices.last == "403 Forbidden" }))
    #expect(scene.provider.invites.isEmpty)
  }

  /// Whatever belongs to calls is gone once every timer has run out; trunks go on, so not every transaction is.
  private func settles(_ scene: TrunkScene) -> Bool {
    scene.office.run(100)
    let exchange = scene.office.exchange
    return exchange.calls.isEmpty && exchange.legs.isEmpty && exchange.callers.isEmpty && exchange.serverCalls.isEmpty
      && exchange.outside.patience.isEmpty && exchange.outside.toll.meters.isEmpty
      && exchange.outside.sent.count <= 2 && exchange.purposes.count <= 2
      && scene.office.box.portsInMedia + exchange.freePorts.count == scene.office.box.portsOffered.count
  }
}
