import Crypto
import Testing
import Wire

@testable import SecureVoice

/// The attacker whom the commitment is there for: between two strangers, with as much time as it takes to try values
/// until both ends show the same words.
@Suite struct GrindingTests {
  /// Words of 8 bits are enough to see the difference, and few enough to try all of them.
  private func short(_ schedule: KeySchedule) -> UInt8 { schedule.words.bytes[0] }

  private func bytes(_ name: String, _ number: Int) -> [UInt8] { Hash.sha256("\(name) \(number)") }

  /// What either end computes, with fixed HELLOs.
  private func schedule(_ shared: [UInt8], commit: [UInt8], respond: [UInt8], nonceI: [UInt8]) -> KeySchedule {
    KeySchedule(
      helloI: [UInt8](repeating: 2, count: 18), helloR: [UInt8](repeating: 1, count: 18), commit: commit,
      respond: respond, nonceI: nonceI, sharedSecrets: shared)
  }

  /// Had the initiator's nonce come with the commitment's message, a few hundred tries would do: this is the attack.
  @Test func withoutACommitmentItWouldSucceed() throws {
    let (wanted, tries) = try grind(knowsNonce: true)
    #expect(wanted != nil)
    #expect(tries < 3000)
  }

  /// With it, what is tried is tried against a nonce that may be any: the match holds as often as chance has it.
  @Test func withACommitmentItIsLeftToChance() throws {
    var matches = 0
    for call in 0..<64 {
      let (match, _) = try grind(knowsNonce: false, call: call)
      if match != nil { matches += 1 }
    }
    // One in 256 is expected.
    #expect(matches <= 3)
  }

  /// The attacker has agreed with the far end already, whose words are `wanted`, and now chooses its RESPOND to the near
  /// end. Returns the words where they match in the end.
  private func grind(knowsNonce: Bool, call: Int = 0) throws -> (UInt8?, Int) {
    let near = X25519(secret: bytes("near", call))
    let nonce = bytes("nonce", call)
    let commit = near.publicKey + Hash.sha256(nonce)
    let wanted = bytes("the far end's words", call)[0]
    var (tries, chosen) = (0, [UInt8]())
    // What the attacker believes: the true nonce, or a guess of 256 bits.
    let believed = knowsNonce ? nonce : bytes("guess", call)
    let own = X25519(secret: bytes("attacker", call))
    let shared = try #require(own.shared(with: near.publicKey))
    #expect(near.shared(with: own.publicKey) == shared)
    while tries < 3000 {
      tries += 1
      chosen = own.publicKey + bytes("try", tries)
      if short(schedule(shared, commit: commit, respond: chosen, nonceI: believed)) == wanted { break }
    }
    let real = schedule(shared, commit: commit, respond: chosen, nonceI: nonce)
    return (short(real) == wanted ? wanted : nil, tries)
  }

  /// Nor may the attacker take another nonce than the one it committed to.
  @Test func anotherNonceThanCommittedToIsRefused() {
    var random = RandomSource(seed: [3])
    var secrets = [EphemeralSecrets(&random), EphemeralSecrets(&random)]
    // So that it is the initiator.
    secrets[0].hello = [UInt8](repeating: 0xff, count: 16)
    let attacker = KeyAgreement(
      AgreementSettings(identity: Line.identity(0)), packetSize: 160, secrets: secrets, now: .zero)
    let carrier = Carrier.opus(packet: .milliseconds20)
    var line = Line([SecureCall(carrier, allowsPlain: true, attacker), Line.phone(1)])
    while line.ends[0].agreement.commit.isEmpty { line.step() }
    line.ends[0].agreement.secrets[0].nonce[0] ^= 1
    line.run(100)
    #expect(line.events[1].first == .retrying(.wrongCommitment))
  }

  /// Tries are for one attempt and one retry: a second COMMIT in an attempt changes nothing.
  @Test func anEndAnswersOneCommitAnAttempt() throws {
    var random = RandomSource(seed: [1])
    var agreement = KeyAgreement(
      AgreementSettings(identity: Line.identity(0), offersPostQuantum: false), packetSize: 160, random: &random,
      now: .zero)
    let hello = Hello(offersPostQuantum: false, random: [UInt8](repeating: 0xff, count: 16))
    agreement.receive(AgreementFrame(.hello, attempt: 0, hello.bytes), now: .zero)
    #expect(agreement.role == .responder)
    var answers: Set<[UInt8]> = []
    for n in 0..<20 {
      let commit = X25519(secret: bytes("x", n)).publicKey + bytes("c", n)
      agreement.receive(AgreementFrame(.commit, attempt: 0, commit), now: .zero)
      answers.insert(agreement.respond)
    }
    #expect(answers.count == 1)
  }
}
