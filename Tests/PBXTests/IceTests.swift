import Crypto
import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// ICE as a lite agent (RFC 8445, RFC 8839): with whom it is agreed, and what is said of it.
struct IceTests {
  private let office = Office()
  private static let first = (fragment: "aBc4", password: "0123456789abcdefABCDEF")
  private static let second = (fragment: "xYz9", password: "abcdefABCDEF0123456789+/")

  private func description(_ body: [UInt8]?) throws -> SessionDescription { try SessionDescription.parse(body ?? []) }

  private func terms(_ side: Media.Side) -> IceTerms? { office.box.media.values.first?[side]?.ice?.wrappedValue }

  /// What the audio line of a description of ours says.
  private func said(_ body: [UInt8]?, _ name: String) throws -> [String] {
    let session = try description(body)
    return session.media[0].attributes.filter { $0.name == name }.map { $0.value ?? "" }
  }

  @Test func rfc8839_4_2_anOfferIsAnsweredWithCredentialsAndTheCandidateThatTheLineNames() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    office.connect(a, b)
    let answer = try description(a.lastResponse?.body)
    #expect(answer.attributes.contains(Attribute("ice-lite")))
    let line = answer.media[0]
    let fragment = try #require(line.attribute("ice-ufrag")?.value)
    let password = try #require(line.attribute("ice-pwd")?.value)
    #expect((4...256).contains(fragment.utf8.count) && (22...256).contains(password.utf8.count))
    #expect(
      try said(a.lastResponse?.body, "candidate") == [
        "1 1 UDP 2130706431 10.0.0.1 \(line.port) typ host", "1 2 UDP 2130706430 10.0.0.1 \(line.port + 1) typ host",
      ])
    let agreed = try #require(terms(.a))
    let dialog = UInt64(answer.origin.sessionID) ?? 0
    #expect(agreed == IceTerms(fragment: fragment, password: password, theirs: "aBc4", dialog: dialog))
    // A way of one leg: the other phone hears nothing of it.
    #expect(terms(.b) == nil)
    let offer = String(decoding: try #require(b.ringing?.request.body), as: UTF8.self)
    #expect(!offer.contains("ice-") && !offer.contains("candidate"))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func whoMuxesHasOneCandidate() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    a.muxes = true
    office.connect(a, b)
    #expect(try said(a.lastResponse?.body, "candidate").count == 1)
  }

  @Test func noTwoCallsHaveTheSameCredentials() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    var seen: Set<String> = []
    for _ in 0..<3 {
      office.connect(a, b)
      seen.formUnion(try said(a.lastResponse?.body, "ice-ufrag") + said(a.lastResponse?.body, "ice-pwd"))
      a.hangUp(now: office.now)
      #expect(office.settles())
    }
    #expect(seen.count == 6)
  }

  @Test func rfc8839_4_2_5_anOfferThatSomethingChangedOnTheWayIsToldSo() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    a.candidatePort = 4444
    office.connect(a, b)
    let answer = try description(a.lastResponse?.body)
    #expect(answer.media[0].attribute("ice-mismatch") != nil && answer.media[0].attribute("ice-ufrag") == nil)
    #expect(!answer.attributes.contains(Attribute("ice-lite")))
    #expect(terms(.a) == nil && office.box.media.values.first?[.a]?.remote?.port == 4000)
  }

  @Test func rfc8445_6_1_1_anotherLiteAgentIsAnsweredAndNotWaitedFor() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    a.isLite = true
    office.connect(a, b)
    #expect(terms(.a)?.makesChecks == false)
    #expect(try said(a.lastResponse?.body, "ice-ufrag").count == 1)
  }

  @Test func rfc8839_4_4_credentialsStayUntilThePhoneChangesItsOwn() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    office.connect(a, b)
    let before = try #require(terms(.a))
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    #expect(terms(.a) == before)
    a.forget()
    // A restart.
    a.ice = Self.second
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    let after = try #require(terms(.a))
    #expect(after.fragment != before.fragment && after.password != before.password)
    #expect(try said(a.lastResponse?.body, "ice-ufrag") == [String(decoding: after.fragment, as: UTF8.self)])
    #expect(after.theirs == Array("xYz9".utf8))
    a.forget()
    // Without it, it is over.
    a.ice = nil
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    #expect(terms(.a) == nil)
    #expect(try said(a.lastResponse?.body, "ice-ufrag") == [])
  }

  @Test func whatTheExchangeOffersInTheSameDialogSaysTheSame() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    office.connect(a, b)
    let before = try #require(terms(.a))
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(try said(a.lastRequest?.body, "ice-pwd") == [String(decoding: before.password, as: UTF8.self)])
    #expect(terms(.a) == before && terms(.b) == nil)
    #expect(try said(b.lastResponse?.body, "ice-ufrag") == [])
  }

  @Test(arguments: [true, false]) func rfc5768_aPhoneIsOfferedICEWhereItsRegistrationSaysSo(says: Bool) throws {
    let a = office.phone("1001", "10.0.0.11")
    let b = office.phone("1002", "10.0.0.12", registers: false)
    if says { b.contactParameters = ";+sip.ice" }
    b.ice = Self.first
    b.register(now: office.now)
    office.run(until: { b.story.contains("200") })
    office.connect(a, b)
    #expect(try said(b.ringing?.request.body, "ice-ufrag").count == (says ? 1 : 0))
    #expect((terms(.b) != nil) == says && terms(.a) == nil)
    // The phone's first offer of its own keeps what its answer said, and so do we.
    let before = terms(.b)
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(!says || terms(.b) == before)
    // A restart is noticed after an answer, too.
    b.forget()
    b.ice = Self.second
    b.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(!says || terms(.b)?.fragment != before?.fragment)
  }

  @Test func rfc5768_aPhoneThatWasOfferedICEMayDoWithout() throws {
    let a = office.phone("1001", "10.0.0.11")
    let b = office.phone("1002", "10.0.0.12", registers: false)
    b.contactParameters = ";+sip.ice"
    b.register(now: office.now)
    office.run(until: { b.story.contains("200") })
    office.connect(a, b)
    #expect(terms(.b) == nil && office.box.media.values.first?[.b]?.remote != nil)
  }

  @Test func anEchoHasItToo() throws {
    let (a, _) = office.pair()
    a.ice = Self.first
    a.call("*43", now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    #expect(terms(.a) != nil)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func rfc8840_furtherCandidatesStayOnTheLegOfTheirPhone() throws {
    let (a, b) = office.pair()
    a.ice = Self.first
    office.connect(a, b)
    a.inDialog(.info, now: office.now) { request in
      request.headers.append(.contentType, "application/trickle-ice-sdpfrag")
      request.body = Array("a=end-of-candidates\r\n".utf8)
    }
    #expect(office.run(until: { a.story.last == "200" }))
    office.run(1)
    #expect(b.story.isEmpty)
  }

  @Test func aTransferThatMovesThePhoneToAnotherPortBeginsAnewThere() throws {
    // RFC 8839 §4.4.1.1.1: another port is another session of ICE.
    let (a, b) = office.pair()
    let c = office.phone("1003", "10.0.0.13", registers: false)
    c.contactParameters = ";+sip.ice"
    c.ice = Self.first
    c.register(now: office.now)
    office.run(until: { c.story.contains("200") })
    office.connect(a, b)
    let line = office.phone("1001", "10.0.0.11", port: 5062, registers: false)
    office.connect(line, c)
    let before = try said(c.ringing?.request.body, "ice-ufrag")
    let replaces = line.replaces.replacing(";", with: "%3B").replacing("=", with: "%3D")
    a.refer("<sip:1003@office.lan?Replaces=\(replaces)>", now: office.now)
    #expect(office.run(until: { c.story.last == "ACK" && a.notices.last == "200 OK" }))
    let after = try said(c.lastRequest?.body, "ice-ufrag")
    #expect(before.count == 1 && after.count == 1 && before != after)
  }

  @Test func whatICEHasFoundOutlivesTheProcess() throws {
    let life = office.box.life ?? Life()
    if office.box.life == nil { office.exchange.keepChanges() }
    let (a, b) = office.pair()
    a.ice = Self.first
    office.connect(a, b)
    let (stream, legs) = try #require(office.box.media.first)
    let port = try #require(legs[.a]?.port)
    let (there, control) = (
      SocketAddress(IPAddress("198.51.100.9")!, port: 41000), SocketAddress(IPAddress("198.51.100.9")!, port: 41001)
    )
    office.box.tell(.proved(stream, port: port, isControl: false, there), now: office.now)
    office.box.tell(.proved(stream, port: port, isControl: true, control), now: office.now)
    try life.keep(office.exchange)
    let heir = Exchange(Office.configuration(), random: RandomSource(seed: [9]), now: office.now)
    try heir.restore(life.values, ports: Array(office.box.portsOffered), now: office.now)
    var resumed: [Continuation] = []
    var terms: [IceTerms?] = []
    while let output = heir.poll() {
      switch output {
      case .media(.resume(_, .a, let from)): resumed.append(from)
      case .media(.setLeg(_, .a, let leg)): terms.append(leg.ice?.wrappedValue)
      default: break
      }
    }
    #expect(resumed == [Continuation(heard: there, control: control, source: nil)])
    #expect(terms == [legs[.a]?.ice?.wrappedValue])
    // Whoever has the port after that call is another phone.
    a.hangUp(now: office.now)
    #expect(office.settles())
    #expect(office.exchange.proved[port] == nil)
  }
}
