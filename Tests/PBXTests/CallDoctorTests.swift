import CallDoctor
import Configuration
import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// What the exchange says of calls that went wrong: each cause by calls in which it is one.
struct CallDoctorTests {
  private func last(_ office: Office) throws -> (record: CallRecord, diagnosis: Diagnosis) {
    let record = try #require(office.exchange.records.lastEnded.first)
    return (record, try #require(record.diagnosis))
  }

  /// 1001 calls a number; what is said of that.
  private func failure(
    _ office: Office, calling number: String, _ change: (inout Request) -> Void = { _ in }
  ) throws -> Diagnosis {
    let phone = office.phones.first ?? office.phone("1001", "10.0.0.11")
    phone.call(number, now: office.now, change)
    #expect(office.run(90, until: { office.exchange.records.lastEnded.count == 1 }))
    return try last(office).diagnosis
  }

  /// 1001 calls 1002 for ten seconds, with media as counted.
  private func talk(
    _ office: Office, _ a: Phone, _ b: Phone, caller: LegStatistics, callee: LegStatistics
  ) throws -> Diagnosis {
    office.box.counted = StreamStatistics(a: caller, b: callee)
    office.connect(a, b)
    office.run(10)
    a.hangUp(now: office.now)
    office.run(2)
    return try last(office).diagnosis
  }

  private var some: LegStatistics {
    var some = LegStatistics()
    some.packetsIn = 500
    some.packetsOut = 500
    return some
  }
  private let none = LegStatistics()

  // MARK: Calls that nobody answered

  @Test func aNumberThatLeadsNowhere() throws {
    let diagnosis = try failure(Office(), calling: "1999")
    #expect(diagnosis.cause == .noSuchNumber && diagnosis.sentence.contains("1999 is no number of the house"))
  }

  @Test func anExtensionWithoutAPhone() throws {
    let diagnosis = try failure(Office(), calling: "1002")
    #expect(diagnosis.cause == .notRegistered && diagnosis.sentence.contains("No phone is registered as 1002"))
  }

  @Test func anExtensionWhosePhoneHasTheWrongPassword() throws {
    let office = Office()
    let a = office.phone("1001", "10.0.0.11")
    let b = office.phone("1002", "10.0.0.12", password: "guess", registers: false)
    b.register(now: office.now)
    #expect(office.run(until: { !b.story.isEmpty }))
    let login = try #require(office.exchange.refusedLogins.logins.first)
    #expect(login.cause == .wrongPassword && login.sentence.contains("10.0.0.12 logs in as 1002 with a wrong password"))
    #expect(a.number == "1001")
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .wrongPassword && diagnosis.sentence.contains("10.0.0.12 tries, with a wrong password"))
  }

  @Test func aLoginThatSucceedsIsNoLongerAFailure() throws {
    let office = Office()
    let b = office.phone("1002", "10.0.0.12", password: "guess", registers: false)
    b.register(now: office.now)
    office.run(2)
    _ = office.phone("1002", "10.0.0.12", port: 5062)
    #expect(office.exchange.refusedLogins.logins.isEmpty)
  }

  @Test func aUserThatIsNoExtension() throws {
    let office = Office()
    office.phone("1009", "10.0.0.19", registers: false).register(now: office.now)
    office.run(2)
    let login = try #require(office.exchange.refusedLogins.logins.first)
    #expect(login.cause == .unknownUser && login.sentence.contains("1009, which is no extension"))
  }

  @Test(arguments: [(486, Cause.busy, "busy"), (603, .declined, "declined"), (480, .noAnswer, "do-not-disturb")])
  func aCalleeWhoDoesNotWant(status: Int, cause: Cause, word: String) throws {
    let office = Office()
    let (_, b) = office.pair()
    b.manner = .refuses(status)
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == cause && diagnosis.sentence.contains(word) && !diagnosis.cause.isFault)
  }

  @Test func aPhoneThatRefuses() throws {
    let office = Office()
    let (_, b) = office.pair()
    b.manner = .refuses(500)
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .phoneRefused && diagnosis.sentence.contains("by 500"))
  }

  @Test func nobodyAnswers() throws {
    let office = Office()
    let (_, b) = office.pair()
    b.manner = .rings
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .noAnswer && diagnosis.sentence == "Nobody answered at 1002 within 60 s.")
  }

  @Test func theCallerGivesUp() throws {
    let office = Office()
    let (a, b) = office.pair()
    b.manner = .rings
    a.call("1002", now: office.now)
    office.run(5)
    a.cancel(now: office.now)
    office.run(1)
    let diagnosis = try last(office).diagnosis
    #expect(diagnosis.cause == .gaveUp && diagnosis.sentence.contains("1001 gave up after 4 s, before"))
  }

  @Test func aPhoneThatIsOff() throws {
    let office = Office()
    let (_, b) = office.pair()
    office.simulation.net.set(LinkConditions(loss: 1), from: office.box.address, to: b.address)
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .unreachable && diagnosis.sentence.contains("udp 10.0.0.12:5060"))
  }

  @Test func aRequestThatRunsInACircle() throws {
    let diagnosis = try failure(Office(), calling: "1001") { $0.headers[.maxForwards] = "0" }
    #expect(diagnosis.cause == .loop)
  }

  @Test func noMediaPortIsLeft() throws {
    let office = Office { $0.media.ports = 20000...20001 }
    _ = office.pair()
    #expect(try failure(office, calling: "1002").cause == .noPorts)
  }

  @Test func aDescriptionThatCannotBeRead() throws {
    let office = Office()
    _ = office.pair()
    let diagnosis = try failure(office, calling: "1002") { $0.body = Array("v=0\r\nnonsense\r\n".utf8) }
    #expect(diagnosis.cause == .badRequest && diagnosis.sentence.contains("RFC 8866"))
  }

  // MARK: Codecs

  @Test func phonesWithoutACommonCodec() throws {
    let office = Office { $0.extensions["1001"]?.codecs = [.g722] }
    let (a, _) = office.pair()
    a.codecs = ["0 PCMU"]
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .codecs)
    #expect(diagnosis.sentence.contains("1001's phone offers PCMU, and may use G722"))
  }

  @Test func aPhoneThatRefusesItsCodecs() throws {
    let office = Office { $0.extensions["1002"]?.codecs = [.pcma] }
    let (_, b) = office.pair()
    b.manner = .refuses(488)
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .codecs)
    #expect(diagnosis.sentence == "1002's phone takes none of the codecs that it was offered: PCMA.")
  }

  @Test func aPhoneThatInsistsOnEncryption() throws {
    let office = Office()
    _ = office.pair()
    let diagnosis = try failure(office, calling: "1002") { request in
      let text = String(decoding: request.body, as: UTF8.self)
      request.body = Array(text.split(separator: "RTP/AVP").joined(separator: "RTP/SAVP").utf8)
    }
    #expect(diagnosis.cause == .onlyEncrypted && diagnosis.sentence.contains("SRTP"))
  }

  // MARK: Networks

  @Test func aCallerWhoNeverAcknowledges() throws {
    let office = Office()
    let (a, _) = office.pair()
    a.forgetsAck = true
    let diagnosis = try failure(office, calling: "1002")
    #expect(diagnosis.cause == .unacknowledged && diagnosis.sentence.contains("1001's phone never confirmed (ACK)"))
    #expect(diagnosis.facts.contains { $0.contains("no ACK from the caller") })
  }

  /// Its challenge goes to a port that nobody has opened, and so it asks again and again.
  @Test func aPhoneBehindANATThatDoesNotAskForThePort() throws {
    let office = Office()
    let source = SocketAddress(IPAddress("203.0.113.9")!, port: 31005)
    let flow = Flow(transport: .udp, local: office.box.address, remote: source)
    let register = """
      REGISTER sip:office.lan SIP/2.0\r
      Via: SIP/2.0/UDP 192.168.7.5:5060;branch=z9hG4bKnat\r
      Max-Forwards: 70\r
      From: <sip:1002@office.lan>;tag=a\r
      To: <sip:1002@office.lan>\r
      Call-ID: behind\r
      CSeq: 1 REGISTER\r
      Contact: <sip:1002@192.168.7.5>\r
      Content-Length: 0\r
      \r

      """
    for _ in 0..<5 {
      office.exchange.receive(Array(register.utf8), from: flow, now: office.now)
      office.box.drain(now: office.now)
      office.run(1)
    }
    let login = try #require(office.exchange.refusedLogins.logins.first)
    #expect(login.cause == .natWithoutPort && login.user == "1002")
    #expect(login.sentence.contains("192.168.7.5:5060") && login.sentence.contains("'rport'"))
  }

  @Test func oneWhoNeverGetsTheAnswer() throws {
    let office = Office()
    let a = office.phone("1001", "10.0.0.11", registers: false)
    office.simulation.net.set(LinkConditions(loss: 1), from: office.box.address, to: a.address)
    a.register(now: office.now)
    office.run(20)
    let login = try #require(office.exchange.refusedLogins.logins.first)
    #expect(login.cause == .answersLost && login.sentence.contains("never got the answer"))
  }

  @Test func aPhoneThatIsToldAnAddressItCannotReach() throws {
    let office = Office()
    let (a, b) = (office.phone("1001", "10.0.0.11"), office.phone("1002", "203.0.113.9"))
    let diagnosis = try talk(office, a, b, caller: some, callee: none)
    #expect(diagnosis.cause == .toldUnreachable && diagnosis.cause.isFault)
    #expect(diagnosis.sentence.contains("10.0.0.1") && diagnosis.sentence.contains("media.external_address"))
    #expect(diagnosis.facts.contains { $0.contains("callee's packets: 0 came") })
  }

  @Test func aPhoneThatNamesAnAddressThatCannotBeReached() throws {
    let office = Office { $0.media.externalAddress = IPAddress("198.51.100.7") }
    let (a, b) = (office.phone("1001", "10.0.0.11"), office.phone("1002", "203.0.113.9"))
    a.describes = IPAddress("192.168.77.5")
    let diagnosis = try talk(office, b, a, caller: some, callee: none)
    #expect(diagnosis.cause == .namedUnreachable && diagnosis.sentence.contains("named 192.168.77.5"))
  }

  @Test(arguments: [true, false])
  func onePhoneThatSendsNothing(isCaller: Bool) throws {
    let office = Office()
    let (a, b) = office.pair()
    let diagnosis = try talk(office, a, b, caller: isCaller ? none : some, callee: isCaller ? some : none)
    #expect(diagnosis.cause == (isCaller ? .noMediaFromCaller : .noMediaFromCallee))
    #expect(diagnosis.sentence.contains("Nothing was heard of \(isCaller ? "1001" : "1002")"))
  }

  @Test func aPhoneThatIsNotToSendIsNotMissed() throws {
    let office = Office()
    let (a, b) = office.pair()
    a.direction = .recvonly
    #expect(try talk(office, a, b, caller: none, callee: some).cause == .ended)
  }

  @Test func bothPhonesThatSendNothing() throws {
    let office = Office()
    let (a, b) = office.pair()
    let diagnosis = try talk(office, a, b, caller: none, callee: none)
    #expect(diagnosis.cause == .noMedia && diagnosis.sentence.contains("Neither 1001 nor 1002"))
  }

  @Test func mediaFromElsewhere() throws {
    let office = Office()
    let (a, b) = office.pair()
    var strange = none
    strange.dropped.foreign = 400
    #expect(try talk(office, a, b, caller: strange, callee: some).cause == .foreignMedia)
  }

  @Test func aPhoneThatSpeaksICEAndWhoseChecksAreKeptAway() throws {
    let office = Office()
    let (a, b) = office.pair()
    var unchecked = none
    unchecked.checks = 0
    unchecked.dropped.foreign = 400
    let diagnosis = try talk(office, a, b, caller: unchecked, callee: some)
    #expect(diagnosis.cause == .noChecks && diagnosis.sentence.contains("by ICE"))
    #expect(diagnosis.facts.contains { $0.hasSuffix("0 checks by ICE") })
  }

  @Test func aCodecThatWasNotAgreed() throws {
    let office = Office()
    let (a, b) = office.pair()
    var strange = none
    strange.dropped.payloadType = 400
    #expect(try talk(office, a, b, caller: some, callee: strange).cause == .wrongCodecSent)
  }

  @Test func aLineThatLosesPackets() throws {
    let office = Office()
    let (a, b) = office.pair()
    var lossy = some
    lossy.incoming = Quality(loss: 1200, jitter: .milliseconds(31), score: 250)
    let diagnosis = try talk(office, a, b, caller: some, callee: lossy)
    #expect(diagnosis.cause == .poorQuality && diagnosis.sentence.contains("from 1002's phone 12.0 % of the packets"))
  }

  @Test func aGoodCallIsJustThat() throws {
    let office = Office()
    let (a, b) = office.pair()
    let diagnosis = try talk(office, a, b, caller: some, callee: some)
    #expect(diagnosis.cause == .ended && diagnosis.sentence == "1001 hung up after 10 s.")
  }

  // MARK: In the middle of a call

  @Test func aCallThatFallsSilent() throws {
    let office = Office()
    let (a, b) = office.pair()
    office.box.counted = StreamStatistics(a: some, b: some)
    office.connect(a, b)
    office.box.tell(.noMedia(StreamID(office.exchange.calls.keys.first!)), now: office.now)
    office.run(2)
    #expect(try last(office).diagnosis.sentence.contains("Neither side sent any media for a minute"))
  }

  @Test func aPhoneThatHasForgottenTheCall() throws {
    let office = Office()
    let (a, b) = office.pair()
    office.box.counted = StreamStatistics(a: some, b: some)
    office.connect(a, b)
    b.isStrict = true
    b.dialog = nil
    a.reinvite(.sendonly, now: office.now)
    office.run(3)
    #expect(try last(office).diagnosis.cause == .phoneGone)
  }

  @Test func aShutdown() throws {
    let office = Office()
    let (a, b) = office.pair()
    office.box.counted = StreamStatistics(a: some, b: some)
    office.connect(a, b)
    office.exchange.shutdown(now: office.now)
    office.box.drain(now: office.now)
    office.run(2)
    #expect(try last(office).diagnosis.cause == .shutdown)
  }

  // MARK: What is kept

  @Test func theLadderHoldsBothLegsFromTheFirstChallengeToTheLastAnswer() throws {
    let office = Office()
    let (a, b) = office.pair()
    _ = try talk(office, a, b, caller: some, callee: some)
    let record = try last(office).record
    let story = record.ladder.steps.map { "\($0.isIncoming ? "<" : ">") \($0.text)" }
    #expect(story.first == "< INVITE sip:1002@office.lan")
    for step in [
      "> 401 Unauthorized (INVITE)", "> INVITE sip:1002@10.0.0.12:5060", "< 180 Ringing (INVITE)", "> 200 OK (INVITE)",
      "< ACK sip:1002@10.0.0.1:5060", "< 200 OK (BYE)",
    ] { #expect(story.contains(step), "\(story)") }
    #expect(story.count { $0 == "< INVITE sip:1002@office.lan" } == 2)
    let path = try #require(record.ladder.path(of: record.ladder.steps[0]))
    #expect(path.transport == "udp" && path.local == office.box.address && path.remote == a.address)
  }

  @Test func messagesSentAgainAreCounted() throws {
    let office = Office()
    let (_, b) = office.pair()
    office.simulation.net.set(LinkConditions(loss: 1), from: office.box.address, to: b.address)
    _ = try failure(office, calling: "1002")
    let invite = try last(office).record.ladder.steps.first { $0.text.hasPrefix("INVITE sip:1002@10.0.0.12") }
    #expect(invite?.repeats == 6)
  }

  @Test func noPasswordAndNoDigestIsKept() throws {
    let office = Office()
    let (a, b) = office.pair()
    a.keepsWire = true
    _ = try talk(office, a, b, caller: some, callee: some)
    let sent = a.wire.map { String(decoding: $0, as: UTF8.self) }.joined()
    let digest = try #require(sent.firstRange(of: "response=\"")).upperBound
    let response = String(sent[digest...].prefix(32))
    var writer = StorageWriter()
    writer.put(try last(office).record)
    let stored = String(decoding: writer.bytes, as: UTF8.self)
    #expect(stored.contains("INVITE") && !stored.contains(response) && !stored.contains("secret"))
  }

  @Test func strangersDisplaceNothing() throws {
    let office = Office()
    _ = try failure(office, calling: "1999")
    for i in 0..<200 {
      let source = SocketAddress(IPAddress(ipv4: 0xCB00_7100 + UInt32(i % 250)), port: 5060)
      let flow = Flow(transport: .udp, local: office.box.address, remote: source)
      let text = """
        INVITE sip:\(i)@office.lan SIP/2.0\r
        Via: SIP/2.0/UDP \(source.description);branch=z9hG4bK\(i);rport\r
        Max-Forwards: 70\r
        From: <sip:9\(i)@office.lan>;tag=a\r
        To: <sip:\(i)@office.lan>\r
        Call-ID: stranger\(i)\r
        CSeq: 1 INVITE\r
        Authorization: Digest username="9\(i)", realm="office.lan", nonce="x", uri="sip:\(i)@office.lan", response="y", \
        nc=00000001, cnonce="z", qop=auth, algorithm=MD5\r
        Content-Length: 0\r
        \r

        """
      office.exchange.receive(Array(text.utf8), from: flow, now: office.now)
      office.box.drain(now: office.now)
    }
    #expect(office.exchange.records.lastEnded.count == 1)
    #expect(office.exchange.refusedLogins.logins.count == 64)
  }
}
