import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// Who is encrypted, who is refused, and what is said of it. The network of these tests has no TLS, so keys are let be named
/// without.
struct SecuredTests {
  private static let key = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

  private func office(_ caller: EncryptionSetting, _ callee: EncryptionSetting = .off, open: Bool = true) -> Office {
    Office {
      $0.media.allowsKeysWithoutTLS = open
      $0.extensions["1001"]?.encryption = caller
      $0.extensions["1002"]?.encryption = callee
    }
  }

  /// The caller's offer with that profile and those lines.
  private func offering(_ profile: String, _ crypto: String...) -> (inout Request) -> Void {
    { request in
      var text = String(decoding: request.body, as: UTF8.self)
      text = text.split(separator: "RTP/AVP").joined(separator: profile)
      request.body = Array((text + crypto.map { "a=crypto:\($0)\r\n" }.joined()).utf8)
    }
  }

  private func failure(_ office: Office, _ change: (inout Request) -> Void = { _ in }) throws -> Diagnosis {
    _ = office.pair()
    office.phones[0].call("1002", now: office.now, change)
    #expect(office.run(90, until: { office.exchange.records.lastEnded.count == 1 }))
    office.run(2)
    #expect(office.phones[0].story.last == "488", "\(office.phones[0].story)")
    return try #require(office.exchange.records.lastEnded.first?.diagnosis)
  }

  @Test func whoMustEncryptAndOffersPlainMediaIsRefused() throws {
    let diagnosis = try failure(office(.required))
    #expect(diagnosis.cause == .notEncrypted && diagnosis.sentence.contains("1001 must be encrypted"))
  }

  @Test func keysThatCanNotBeUsedAreNamedAsTheCause() throws {
    let weak = "1 AES_CM_128_HMAC_SHA1_80 \(Self.key) UNENCRYPTED_SRTCP"
    for setting in [EncryptionSetting.required, .preferred] {
      #expect(try failure(office(setting), offering("RTP/SAVP", weak)).cause == .noUsableKeys)
    }
  }

  @Test func keysAreNotTakenWhereAnyoneMayReadThem() throws {
    let good = "1 AES_CM_128_HMAC_SHA1_80 \(Self.key)"
    let required = try failure(office(.required, open: false), offering("RTP/SAVP", good))
    #expect(required.cause == .keysInTheOpen && required.sentence.contains("1001 must be encrypted"))
    #expect(try failure(office(.preferred, open: false), offering("RTP/SAVP", good)).cause == .onlyEncrypted)
    #expect(try failure(office(.off), offering("RTP/SAVP", good)).cause == .onlyEncrypted)
  }

  @Test func aPhoneThatAnswersWithoutAKeyWhereItMustHaveOneIsNotJoined() throws {
    let office = office(.off, .required)
    let (a, b) = office.pair()
    a.call("1002", now: office.now)
    #expect(office.run(90, until: { office.exchange.records.lastEnded.count == 1 }))
    office.run(2)
    #expect(a.story.last == "488" && b.story.contains("BYE"), "\(b.story)")
    let diagnosis = try #require(office.exchange.records.lastEnded.first?.diagnosis)
    #expect(diagnosis.cause == .notEncrypted && diagnosis.sentence.contains("1002 must be encrypted"), "\(diagnosis)")
  }

  @Test(arguments: ["RTP/SAVP", "RTP/AVP"])
  func theMediaThreadIsToldTheKeysOfTheLegThatHasThem(profile: String) throws {
    let office = office(.preferred)
    let (a, b) = office.pair()
    a.call("1002", now: office.now, offering(profile, "3 AES_CM_128_HMAC_SHA1_80 \(Self.key)|2^31"))
    #expect(office.run(until: { b.story.last == "ACK" && a.story.last == "200" }))
    let legs = try #require(office.box.media.first { $0.key.part == 0 }?.value)
    let keys = try #require(legs[.a]?.keys?.wrappedValue)
    #expect(keys.theirs.map { $0.octets } == [fromBase64(Self.key.dropFirst(7).utf8)])
    #expect(keys.own.suite == .aesCM128Tag80 && keys.own != keys.theirs[0])
    #expect(legs[.b]?.keys == nil)
    let status = try #require(office.exchange.status(now: office.now).calls.first)
    #expect(status.callerLeg.encryption == "AES_CM_128_HMAC_SHA1_80")
    #expect(status.calleeLeg?.encryption == nil)
    office.run(10)
    a.hangUp(now: office.now)
    office.run(2)
    let record = try #require(office.exchange.records.lastEnded.first)
    #expect(record.facts.caller.encryption == "AES_CM_128_HMAC_SHA1_80" && record.facts.callee.encryption == nil)
  }

  @Test func aPhoneThatEncryptsByAnotherKeyThanItNamedIsFoundOut() throws {
    let office = office(.preferred)
    let (a, b) = office.pair()
    var forged = LegStatistics()
    forged.dropped.unauthentic = 500
    var heard = LegStatistics()
    heard.packetsIn = 500
    office.box.counted = StreamStatistics(a: forged, b: heard)
    office.connect(a, b)
    office.run(10)
    a.hangUp(now: office.now)
    office.run(2)
    let diagnosis = try #require(office.exchange.records.lastEnded.first?.diagnosis)
    #expect(diagnosis.cause == .wrongKeys)
  }

  @Test func whoCallsForHelpIsHeardWhateverIsRequired() throws {
    var session = LocalSession(
      sessionID: 1, security: OwnSecurity(policy: .secure, secret: [UInt8](repeating: 1, count: 32)))
    session.relax()
    #expect(session.security.policy == .optional)
  }
}
