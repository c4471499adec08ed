import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// Who is asked to shake hands by DTLS, and what becomes of the keys.
struct HandshakeTests {
  private static let fingerprint = (0..<32).map { _ in "AB" }.joined(separator: ":")
  private static let key = SRTPKey(.aeadAES128GCM, [UInt8](repeating: 1, count: 28))!
  private static let keys = LegKeys(own: key, theirs: [key])

  private func office(_ caller: EncryptionSetting, _ callee: EncryptionSetting = .off) -> Office {
    Office {
      $0.extensions["1001"]?.encryption = caller
      $0.extensions["1002"]?.encryption = callee
    }
  }

  /// The caller's offer, encrypted by a handshake.
  private func shaking(_ request: inout Request) {
    let text = String(decoding: request.body, as: UTF8.self).replacing("RTP/AVP", with: "UDP/TLS/RTP/SAVPF")
    request.body = Array(
      (text + "a=fingerprint:sha-256 \(Self.fingerprint)\r\na=setup:actpass\r\na=rtcp-mux\r\n").utf8)
  }

  private func connected(_ office: Office) throws -> (a: Phone, b: Phone, stream: StreamID, terms: HandshakeTerms) {
    let (a, b) = office.pair()
    a.call("1002", now: office.now, shaking)
    #expect(office.run(until: { b.story.last == "ACK" && a.story.last == "200" }))
    let (stream, legs) = try #require(office.box.media.first { $0.key.part == 0 })
    let terms = try #require(legs[.a]?.handshake?.wrappedValue)
    #expect(legs[.a]?.keys == nil && legs[.a]?.muxesControl == true && legs[.b]?.handshake == nil)
    return (a, b, stream, terms)
  }

  private func agree(_ office: Office, _ stream: StreamID, _ association: UInt64) {
    office.exchange.agreed(stream, .a, association: association, Self.keys, now: office.now)
    office.box.drain(now: office.now)
  }

  @Test(arguments: [EncryptionSetting.preferred, .required])
  func aHandshakeIsAgreedOnAnyTransport(setting: EncryptionSetting) throws {
    let office = office(setting)
    let (a, _, stream, terms) = try connected(office)
    // The phone may choose, so it begins.
    #expect(!terms.isClient && terms.fingerprints == [[UInt8](repeating: 0xab, count: 32)])
    let answer = try SessionDescription.parse(a.lastResponse?.body ?? [])
    #expect(answer.media[0].transport == "UDP/TLS/RTP/SAVPF")
    #expect(answer.media[0].attribute("setup")?.value == "passive")
    var status = try #require(office.exchange.status(now: office.now).calls.first)
    #expect(status.callerLeg.encryption == nil)
    agree(office, stream, terms.association)
    status = try #require(office.exchange.status(now: office.now).calls.first)
    #expect(status.callerLeg.encryption == "AEAD_AES_128_GCM" && status.calleeLeg?.encryption == nil)
    a.hangUp(now: office.now)
    #expect(office.settles())
    #expect(office.exchange.records.lastEnded.first?.facts.caller.encryption == "AEAD_AES_128_GCM")
  }

  @Test func whoHasItOffIsNotEncrypted() throws {
    let office = office(.off)
    let (a, _) = office.pair()
    a.call("1002", now: office.now, shaking)
    #expect(office.run(90, until: { office.exchange.records.lastEnded.count == 1 }))
    #expect(office.exchange.records.lastEnded.first?.diagnosis?.cause == .onlyEncrypted)
  }

  @Test func keysGoOnInAnotherProcess() throws {
    let office = office(.required)
    let life = Life()
    office.exchange.keepChanges()
    let (a, _, stream, terms) = try connected(office)
    agree(office, stream, terms.association)
    try life.keep(office.exchange)
    let heir = Exchange(office.exchange.configuration, random: RandomSource(seed: [1, 2, 3]), now: office.now)
    try heir.restore(life.values, ports: Array(office.box.portsOffered), now: office.now)
    var kept: Media.Leg?
    while let output = heir.poll() {
      if case .media(.setLeg(stream, .a, let leg)) = output { kept = leg }
    }
    #expect(kept?.keys?.wrappedValue == Self.keys && kept?.handshake?.wrappedValue == terms)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func aHandshakeThatFailsEndsTheCallAndSaysWhy() throws {
    let office = office(.preferred)
    let (a, b, stream, _) = try connected(office)
    office.exchange.disagreed(stream, .a, why: "its phone showed another certificate", now: office.now)
    office.box.drain(now: office.now)
    #expect(office.settles())
    #expect(a.story.contains("BYE") && b.story.contains("BYE"))
    let diagnosis = try #require(office.exchange.records.lastEnded.first?.diagnosis)
    #expect(diagnosis.cause == .handshakeFailed && diagnosis.sentence.contains("1001"))
    #expect(diagnosis.sentence.contains("another certificate"))
  }

  @Test func aPhoneThatRingsMayShakeHandsLater() throws {
    let office = office(.preferred)
    let (a, b) = office.pair()
    b.manner = .announces
    a.call("1002", now: office.now, shaking)
    #expect(office.run(until: { a.story.contains("183") }))
    let stream = try #require(office.box.media.first?.key)
    #expect(office.box.media[stream]?[.a]?.handshake != nil)
    office.exchange.disagreed(stream, .a, why: "its phone did not answer within 30 s", now: office.now)
    office.box.drain(now: office.now)
    b.answer(now: office.now)
    #expect(office.run(until: { a.story.last == "200" && b.story.last == "ACK" }))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func whoMustEncryptIsOfferedAHandshakeWhereKeysWouldBeRead() throws {
    let office = office(.off, .required)
    let (a, b) = office.pair()
    a.call("1002", now: office.now)
    #expect(office.run(90, until: { office.exchange.records.lastEnded.count == 1 }))
    let offer = try SessionDescription.parse(try #require(b.ringing?.request.body))
    #expect(offer.media[0].transport == "UDP/TLS/RTP/SAVP" && !offer.media[0].offersCrypto)
    #expect(offer.media[0].attribute("setup")?.value == "actpass")
    // This phone answers as if it had heard nothing of it, and is not talked to.
    #expect(office.exchange.records.lastEnded.first?.diagnosis?.cause == .notEncrypted)
  }

  @Test(arguments: [EncryptionSetting.preferred, .required])
  func aPageInABrowserIsOfferedWhatItTakes(setting: EncryptionSetting) throws {
    let flow = Flow(
      transport: .ws, local: SocketAddress(IPAddress("10.0.0.1")!, port: 80),
      remote: SocketAddress(IPAddress("10.0.0.9")!, port: 4444), connection: 3)
    let office = office(setting)
    var session = office.exchange.newSession(for: "1001", by: flow)
    session.suit(hasICE: true, by: flow)
    let audio = AudioStream(formats: [Format(0, "PCMU")])
    let line = session.offer(audio, at: SocketAddress(IPAddress("10.0.0.1")!, port: 16384)).media[0]
    #expect(line.transport == "UDP/TLS/RTP/SAVPF")
    for name in ["ice-ufrag", "candidate", "rtcp-mux", "fingerprint", "setup"] {
      #expect(line.attribute(name) != nil, "\(name)")
    }
    #expect(!line.offersCrypto)
  }
}
