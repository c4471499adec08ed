import Crypto
import Media
import Platform
import Testing
import Wire

@testable import Daemon

/// The exchange's end of a handshake against a phone's, in virtual time but for what OpenSSL waits.
@Suite struct HandshakeTests {
  private let box: DTLSContext
  private let phone: DTLSContext
  private let now = Instant.zero

  init() throws {
    func context() throws -> DTLSContext {
      try DTLSContext(TLSIdentity.nobody(from: 1_704_067_200, until: 2_524_607_999))
    }
    (box, phone) = (try context(), try context())
  }

  private func terms(isClient: Bool, _ fingerprints: [[UInt8]]? = nil) -> HandshakeTerms {
    HandshakeTerms(association: 1, isClient: isClient, fingerprints: fingerprints ?? [phone.fingerprint])
  }

  /// Carries datagrams between both until neither has any; what became of the box's end.
  private func run(
    _ handshake: inout Handshake, _ other: DTLSHandshake, _ first: Handshake.Outcome = .goesOn
  ) throws -> Handshake.Outcome {
    var outcome = first
    try other.receive([])
    while true {
      let (there, here) = (other.takeOutgoing(), handshake.takeOutgoing())
      guard !there.isEmpty || !here.isEmpty else { return outcome }
      for datagram in there {
        let next = handshake.receive(datagram, box, now: now)
        if case .goesOn = next { continue }
        outcome = next
      }
      for datagram in here { try? other.receive(datagram) }
    }
  }

  private func agreed(_ outcome: Handshake.Outcome) throws -> LegKeys {
    guard case .agreed(let keys) = outcome else {
      Issue.record("\(outcome)")
      throw HandshakeTestError()
    }
    return keys
  }

  private func why(_ outcome: Handshake.Outcome) -> String? {
    guard case .failed(let why) = outcome else { return nil }
    return why
  }

  @Test(arguments: [true, false]) func bothEndsHaveTheSameKeys(isClient: Bool) throws {
    var handshake = Handshake(terms(isClient: isClient), hasKeys: false, now: now)
    let other = try DTLSHandshake(phone, isClient: !isClient)
    let keys = try agreed(try run(&handshake, other, handshake.begin(box, now: now)))
    // RFC 5764 §4.2, as the phone has it.
    let octets = try other.export(88)
    let client = Array(octets[0..<32] + octets[64..<76])
    let server = Array(octets[32..<64] + octets[76..<88])
    #expect(keys.own.octets == (isClient ? client : server))
    #expect(keys.theirs.map { $0.octets } == [isClient ? server : client])
    #expect(keys.own.suite == .aeadAES256GCM)
  }

  @Test func aDigestOfAnotherLengthVouchesAsWell() throws {
    let probe = try DTLSHandshake(box, isClient: false)
    let seen = try DTLSHandshake(phone, isClient: true)
    try seen.receive([])
    while probe.state == .waiting {
      for datagram in seen.takeOutgoing() { try probe.receive(datagram) }
      for datagram in probe.takeOutgoing() { try seen.receive(datagram) }
    }
    let digest = probe.fingerprint(.sha512)
    var handshake = Handshake(terms(isClient: false, [[1, 2], digest]), hasKeys: false, now: now)
    _ = try agreed(try run(&handshake, DTLSHandshake(phone, isClient: true)))
  }

  @Test(arguments: [true, false]) func anotherCertificateThanAnnouncedIsRefused(isClient: Bool) throws {
    var handshake = Handshake(terms(isClient: isClient, [box.fingerprint]), hasKeys: false, now: now)
    let other = try DTLSHandshake(phone, isClient: !isClient)
    let outcome = try run(&handshake, other, handshake.begin(box, now: now))
    #expect(why(outcome)?.contains("another certificate") == true)
    #expect(other.state == .ended)
  }

  @Test func aPhoneThatSaysNothingIsGivenUp() {
    var handshake = Handshake(terms(isClient: true), hasKeys: false, now: now)
    _ = handshake.begin(box, now: now)
    #expect(!handshake.takeOutgoing().isEmpty)
    #expect(handshake.nextDeadline(now: now) != nil)
    #expect(why(handshake.wake(now: now + .seconds(29))) == nil)
    #expect(why(handshake.wake(now: now + .seconds(30)))?.contains("did not answer") == true)
  }

  @Test func aPhoneThatLostEverythingBeginsAnewAndUntilThenTheKeysStand() throws {
    var handshake = Handshake(terms(isClient: false), hasKeys: false, now: now)
    let first = try agreed(try run(&handshake, DTLSHandshake(phone, isClient: true)))
    // Someone else tries: what stands is not harmed.
    let stranger = try DTLSContext(TLSIdentity.nobody(from: 1_704_067_200, until: 2_524_607_999))
    #expect(why(try run(&handshake, DTLSHandshake(stranger, isClient: true))) == nil)
    let second = try agreed(try run(&handshake, DTLSHandshake(phone, isClient: true)))
    #expect(first != second)
  }

  @Test func afterAKillThePhoneMayBeginAnew() throws {
    var handshake = Handshake(terms(isClient: false), hasKeys: true, now: now)
    #expect(handshake.isIdle && handshake.nextDeadline(now: now) == nil)
    _ = try agreed(try run(&handshake, DTLSHandshake(phone, isClient: true)))
    // Its memory is given back in the end.
    _ = handshake.wake(now: now + .seconds(31))
    #expect(handshake.isIdle)
  }
}

private struct HandshakeTestError: Error {}
