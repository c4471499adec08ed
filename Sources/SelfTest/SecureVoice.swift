import Crypto
import SecureVoice
import Wire

extension SelfTest {
  /// Two phones and what an exchange may do between them, with ML-KEM where OpenSSL has it.
  static let secureVoice = SelfTestGroup(
    name: "secure voice",
    cases: [
      SelfTestCase("two phones agree on keys as docs/secure-voice-protocol.md says") {
        exampleHash(postQuantum: false) == "3662f479d4d929392f56b17233bbed2c48761ba09a1e4694d027a3109b26a742"
      },
      SelfTestCase("two phones agree on keys with ML-KEM, where OpenSSL has it") {
        exampleHash(postQuantum: true)
          == (MLKEM768.isAvailable ? "c511107212125f4c663c3bc1037b2174c153bd4caad3f8aa2d3f4107cfc58dde" : nil)
      },
      SelfTestCase("what nobody changes is agreed on") { agreement { _ in }.secured == 2 },
      SelfTestCase("taking a capability from a HELLO is noticed") {
        let end = agreement { if $0.kind == .hello { $0.data[1] ^= 1 } }
        return end.secured == 0 && end.faults > 0
      },
      SelfTestCase("another ML-KEM ciphertext is noticed") {
        // Without ML-KEM this is an octet of the responder's random number.
        let end = agreement { if $0.kind == .respond, $0.index == $0.count / 2 { $0.data[$0.data.count / 2] ^= 1 } }
        return end.secured == 0 && end.faults > 0
      },
      SelfTestCase("another ML-KEM key is noticed") {
        let end = agreement { if $0.kind == .commit, $0.index == $0.count / 2 { $0.data[$0.data.count / 2] ^= 1 } }
        return end.secured == 0 && end.faults > 0
      },
    ])

  /// Ten seconds of two phones, whose frames `change` sees on their way: how many are secured in the end, and how many
  /// faults were told.
  private static func agreement(_ change: (inout AgreementFrame) -> Void) -> (secured: Int, faults: Int) {
    var now = Instant.zero
    var phones = (1...2 as ClosedRange<UInt8>).map { number in
      var random = RandomSource(seed: [number])
      let identity = [UInt8](repeating: number, count: 32)
      return KeyAgreement(AgreementSettings(identity: identity), packetSize: 160, random: &random, now: now)
    }
    var faults = 0
    for _ in 0..<500 {
      for end in 0..<2 {
        phones[end].wake(now: now)
        if var frame = phones[end].nextFrame(now: now) {
          change(&frame)
          phones[1 - end].receive(frame, now: now)
        }
        while let event = phones[end].poll() {
          switch event {
          case .failed, .retrying: faults += 1
          default: break
          }
        }
      }
      now += .milliseconds(20)
    }
    return (phones.filter { $0.progress == .secured }.count, faults)
  }

  /// The hash of all that two phones say and compute in the document's example.
  private static func exampleHash(postQuantum: Bool) -> String? {
    ProtocolExample.run(postQuantum: postQuantum).map { hex(Hash.sha256($0.flatMap { $0.bytes })) }
  }
}
