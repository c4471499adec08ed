import KernelRelay
import Platform
import RTP
import STUN
import Testing
import Wire

@testable import Media

/// A call in virtual time between a phone that speaks ICE and one that does not.
private final class House {
  static let terms = IceTerms(fragment: "ours", password: "a password of 22 octets", theirs: "first")
  static let home = address("192.0.2.10", 4000)
  static let mapped = address("198.51.100.7", 41000)
  static let other = address("198.51.100.7", 42000)
  static let stranger = address("203.0.113.66", 6666)
  /// The slots of the phone with ICE, and that of the other.
  static let media = 0, control = 1, plain = 2

  let id = StreamID(1)
  var board: Switchboard
  var engine = NoEngine()
  var now = Instant.zero
  var sequence: UInt16 = 100

  init(
    _ terms: IceTerms? = terms, muxes: Bool = false, echo: Bool = false, kernel: Bool = false,
    resumed: Continuation? = nil
  ) {
    board = Switchboard(patience: .seconds(60), desk: KernelDesk(first: 1, step: 1))
    if kernel { board.hear(.opened, now: now) }
    if let resumed { board.perform(.resume(id, .a, resumed), nil, &engine, now: now) }
    set(terms, muxes: muxes, echo: echo, pair: PortPair(port: 16384, rtp: -1, control: -1))
    guard !echo else { return }
    let leg = Leg(port: 16386, remote: Scene.phoneB, accepts: [Payload(0, .pcmu)], sends: [Payload(0, .pcmu)])
    board.perform(.setLeg(id, .b, leg), PortPair(port: 16386, rtp: -1, control: -1), &engine, now: now)
  }

  func set(
    _ terms: IceTerms?, muxes: Bool = false, remote: SocketAddress = home, echo: Bool = false, pair: PortPair? = nil
  ) {
    var leg = Leg(port: 16384, remote: remote, accepts: [Payload(0, .pcmu)], sends: [Payload(0, .pcmu)])
    leg.signalling = House.home.ip
    leg.ice = terms.map { Boxed(wrappedValue: $0) }
    leg.muxesControl = muxes
    board.perform(echo ? .setEcho(id, leg) : .setLeg(id, .a, leg), pair, &engine, now: now)
  }

  /// What comes of a packet: where it goes on to, or what is answered.
  func receive(_ packet: [UInt8], _ slot: Int, from: SocketAddress) -> SocketAddress? {
    var packet = packet
    board.begin(now: now)
    return packet.withUnsafeMutableBytes { board.receive($0, slot: slot, from: from)?.address }
  }

  /// Speech of the phone with SSRC 7; where it goes.
  @discardableResult
  func speak(_ slot: Int = media, from: SocketAddress, ssrc: UInt32 = 7) -> SocketAddress? {
    sequence &+= 1
    return receive(
      RTPHeader(payloadType: 0, sequence: sequence, timestamp: 0, ssrc: ssrc).packet([1, 2]), slot, from: from)
  }

  /// Where the other phone's speech goes.
  var destination: SocketAddress? { speak(House.plain, from: Scene.phoneB, ssrc: 9) }

  func report(_ slot: Int, from: SocketAddress, ssrc: UInt8 = 7) -> SocketAddress? {
    receive([0x80, 201, 0, 1, 0, 0, 0, ssrc], slot, from: from)
  }

  /// A check; what is answered, and where by which slot that goes.
  @discardableResult
  func check(
    _ slot: Int = media, from: SocketAddress, nominates: Bool = false, priority: UInt32 = 100,
    terms: IceTerms = terms, kind: StunKind = .request
  ) -> (kind: StunKind, slot: Int, to: SocketAddress)? {
    var writer = StunWriter(kind, StunTransaction(high: 1, low: UInt64(now.microseconds)))
    writer.append(StunAttribute.username, terms.fragment + Array(":first".utf8))
    writer.append(StunAttribute.priority, [0, 0, 0, UInt8(priority)])
    if nominates { writer.append(StunAttribute.useCandidate, []) }
    writer.appendIntegrity(key: terms.password)
    writer.appendFingerprint()
    #expect(receive(writer.bytes, slot, from: from) == nil)
    var room = [UInt8](repeating: 0, count: 1500)
    let sent = room.withUnsafeMutableBytes { board.next(into: $0) }
    // What was made is gone once it was fetched.
    #expect(room.withUnsafeMutableBytes { board.next(into: $0) } == nil)
    guard let sent, let answer = StunMessage(Array(room[..<sent.count])) else { return nil }
    return (answer.kind, sent.target.slot, sent.target.address)
  }

  /// What signalling was told of where the phone is.
  func told() -> [SocketAddress] {
    board.takeEvents().compactMap { event in
      if case .proved(id, port: 16384, isControl: _, let address) = event { return address }
      return nil
    }
  }
}

/// ICE on the ports of a stream, as a lite agent (RFC 8445).
@Suite struct IceTests {
  @Test func section12_1_nothingIsSentAndNobodyIsHeardBeforeACheck() {
    let house = House()
    #expect(house.destination == nil)
    // Not even who speaks from the address that SDP names, or from the host of the phone's SIP.
    #expect(house.speak(from: House.home) == nil && house.speak(from: House.stranger) == nil)
    #expect(house.report(House.control, from: address("192.0.2.10", 4001)) == nil)
    #expect(house.destination == nil && house.told().isEmpty)
  }

  @Test func anAttackerWithoutThePasswordIsNeitherHeardNorSentAnything() throws {
    let house = House()
    var wrong = House.terms
    wrong.password = Array("what an attacker guesses".utf8)
    let refused = house.check(from: House.stranger, nominates: true, terms: wrong)
    #expect(refused?.kind == .failure && refused?.to == House.stranger)
    #expect(house.speak(from: House.stranger) == nil && house.destination == nil)
    // Later neither.
    house.check(from: House.mapped, nominates: true)
    house.now += .seconds(30)
    house.check(from: House.stranger, nominates: true, priority: 255, terms: wrong)
    #expect(house.speak(from: House.stranger) == nil && house.destination == House.mapped)
    #expect(house.board.entries[0]?.stream.statistics.a.checks == 1)
  }

  @Test func section7_3_1_5_mediaGoesToTheNominatedSource() {
    let house = House()
    let answer = house.check(from: House.mapped)
    #expect(answer?.kind == .success && answer?.slot == House.media && answer?.to == House.mapped)
    // Any checked pair will do until one is nominated.
    #expect(house.destination == House.mapped)
    #expect(house.speak(from: House.mapped) == Scene.phoneB)
    house.check(from: House.other, nominates: true)
    #expect(house.destination == House.other)
    #expect(house.speak(from: House.other) == Scene.phoneB)
    #expect(house.told() == [House.mapped, House.other])
    // The other one is checked, so that what is still on its way is heard; it moves nothing.
    #expect(house.speak(from: House.mapped) == Scene.phoneB && house.destination == House.other)
  }

  @Test func section8_1_1_ofPairsNominatedAtOnceTheBestCountsAndALaterOneMovesIt() {
    let house = House()
    house.check(from: House.mapped, nominates: true, priority: 200)
    house.now += .milliseconds(40)
    house.check(from: House.other, nominates: true, priority: 100)
    #expect(house.destination == House.mapped)
    house.check(from: House.home, nominates: true, priority: 250)
    #expect(house.destination == House.home)
    house.now += .seconds(20)
    house.check(from: House.other, nominates: true, priority: 100)
    #expect(house.destination == House.other && house.speak(from: House.other) == Scene.phoneB)
  }

  @Test func anotherPortOfATranslatorIsFollowedOnceItWasChecked() {
    let house = House()
    house.check(from: House.mapped, nominates: true)
    #expect(house.speak(from: House.mapped) == Scene.phoneB)
    house.now += .seconds(3)
    #expect(house.speak(from: House.other) == nil)
    // RFC 7675: the phone goes on asking for consent, without a nomination.
    #expect(house.check(from: House.other)?.kind == .success)
    #expect(house.speak(from: House.other) == Scene.phoneB && house.destination == House.other)
  }

  @Test func section11_keepAlivesAreNotAnswered() {
    let house = House()
    #expect(house.check(from: House.mapped, kind: .indication) == nil)
    #expect(house.destination == nil)
  }

  @Test func section8_eachComponentHasItsOwnPair() {
    let house = House()
    house.check(from: House.mapped, nominates: true)
    #expect(house.report(House.control, from: House.other) == nil)
    #expect(house.check(House.control, from: House.other, nominates: true)?.slot == House.control)
    #expect(house.report(House.control, from: House.other)?.port == Scene.phoneB.port + 1)
    #expect(house.report(House.control, from: House.stranger) == nil)
    // The other phone's reports go there.
    #expect(house.speak(House.plain, from: Scene.phoneB, ssrc: 9) == House.mapped)
    #expect(house.report(3, from: address("192.0.2.20", 5001), ssrc: 9) == House.other)
    #expect(house.told() == [House.mapped, House.other])
  }

  @Test func withOnePortForBothItsPairServesReportsToo() {
    let house = House(muxes: true)
    #expect(house.report(House.media, from: House.mapped) == nil)
    house.check(from: House.mapped, nominates: true)
    #expect(house.report(House.media, from: House.mapped)?.port == Scene.phoneB.port + 1)
    #expect(house.report(House.media, from: House.stranger) == nil)
  }

  @Test func rfc8445_9_aRestartKeepsMediaWhereItIsUntilTheNewPairIsNominated() {
    let house = House()
    house.check(from: House.mapped, nominates: true, priority: 200)
    var new = House.terms
    new.fragment = Array("new".utf8)
    new.password = Array("another password of 30 octets".utf8)
    new.theirs = Array("second".utf8)
    house.set(new, remote: address("192.0.2.11", 4100))
    #expect(house.destination == House.mapped && house.speak(from: House.mapped) == Scene.phoneB)
    #expect(house.check(from: House.other, nominates: true)?.kind == .failure)
    #expect(house.check(from: House.other, nominates: true, priority: 1, terms: new)?.kind == .success)
    #expect(house.destination == House.other)
    // What signalling says again and without a change leaves all as it is.
    house.set(new)
    #expect(house.destination == House.other && house.speak(from: House.other) == Scene.phoneB)
  }

  @Test func anotherPhoneInTheSamePlaceHasToProveItself() {
    let house = House()
    house.check(from: House.mapped, nominates: true)
    #expect(house.speak(from: House.mapped) == Scene.phoneB)
    var other = House.terms
    other.dialog = 2
    house.set(other)
    #expect(house.destination == nil && house.speak(from: House.mapped) == nil)
    #expect(house.check(from: House.other)?.kind == .success && house.destination == House.other)
  }

  @Test func whoeverGivesICEUpIsFoundBySDPAgainAndTheOtherWayRound() {
    let house = House()
    house.check(from: House.mapped, nominates: true)
    house.set(nil)
    #expect(house.destination == House.home && house.speak(from: House.home) == Scene.phoneB)
    #expect(house.check(from: House.mapped) == nil)
    house.set(House.terms)
    #expect(house.destination == nil && house.speak(from: House.home) == nil)
  }

  @Test func section6_1_1_anotherLiteAgentIsFoundBySDPAndAnswered() {
    var lite = House.terms
    lite.makesChecks = false
    let house = House(lite)
    #expect(house.destination == House.home && house.speak(from: House.home) == Scene.phoneB)
    #expect(house.check(from: House.home)?.kind == .success)
  }

  @Test func anEchoGoesToTheNominatedSource() {
    let house = House(echo: true)
    #expect(house.speak(from: House.home) == nil)
    house.check(from: House.mapped, nominates: true)
    #expect(house.speak(from: House.mapped) == House.mapped)
  }

  @Test func thePairOutlivesTheProcessAndNobodyElseGainsByThat() {
    let house = House(resumed: Continuation(heard: House.mapped, control: House.other, source: nil))
    #expect(house.destination == House.mapped)
    #expect(house.speak(from: House.home) == nil && house.speak(from: House.stranger) == nil)
    #expect(house.speak(from: House.mapped) == Scene.phoneB)
    #expect(house.report(House.control, from: House.other)?.port == Scene.phoneB.port + 1)
    #expect(house.report(House.control, from: House.stranger) == nil)
  }

  @Test func checksTellThatAPhoneIsThere() {
    let house = House()
    for _ in 0..<10 {
      house.now += .seconds(20)
      house.check(from: House.mapped, nominates: true)
      house.board.checkSilence(now: house.now)
    }
    let silence = { house.board.takeEvents().contains { if case .noMedia = $0 { true } else { false } } }
    #expect(!silence())
    house.now += .seconds(60)
    house.board.checkSilence(now: house.now)
    #expect(silence())
  }

  @Test func aPhoneLosesTheOldestOfManySourcesAndNeverTheNominated() {
    let house = House()
    house.check(from: House.mapped, nominates: true)
    for port in 1...UInt16(ProvedSources.most) { house.check(from: address("198.51.100.7", 50000 + port)) }
    #expect(house.speak(from: address("198.51.100.7", 50001)) == nil)
    #expect(house.speak(from: address("198.51.100.7", 50002)) == Scene.phoneB)
    #expect(house.speak(from: House.mapped) == Scene.phoneB && house.destination == House.mapped)
  }

  @Test func theKernelIsGivenTheNominatedPairAndLosesItToAnother() throws {
    let house = House(kernel: true)
    house.check(from: House.mapped, nominates: true)
    for _ in 0..<10 {
      house.speak(from: House.mapped)
      _ = house.destination
    }
    house.board.handOver()
    var asked = house.board.desk.takeRequests()
    let taken = asked.compactMap { request -> KernelLeg? in
      if case .take(_, let leg) = request { return leg }
      return nil
    }
    #expect(Set(taken.map { $0.source }) == [House.mapped, Scene.phoneB])
    #expect(Set(taken.map { $0.target }) == [House.mapped, Scene.phoneB])
    // What is asked for consent leaves them there, by whichever way it comes.
    house.check(from: House.mapped, nominates: true)
    #expect(house.board.desk.takeRequests().isEmpty)
    house.now += .seconds(5)
    house.check(from: House.other, nominates: true)
    asked = house.board.desk.takeRequests()
    #expect(asked.count == 2 && asked.allSatisfy { if case .leave = $0 { true } else { false } })
  }

  @Test func nonsenseIsNothing() {
    let house = House()
    for packet in [[], [0], [3], [UInt8](repeating: 0, count: 20), [1, 1] + [UInt8](repeating: 0, count: 2000)] {
      #expect(house.receive(packet, House.media, from: House.mapped) == nil)
      #expect(house.receive(packet, House.control, from: House.mapped) == nil)
    }
    #expect(house.destination == nil)
  }
}
