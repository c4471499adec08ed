import Crypto
import Wire

/// An agreement of two phones with fixed secrets, and the first voice under its keys: the test vectors of
/// `docs/secure-voice-protocol.md`. Each build checks that it comes out so.
public enum ProtocolExample {
  public struct Part: Hashable, Sendable {
    public let name: String
    public let bytes: [UInt8]
  }

  /// What both phones say and compute, in order; nil where ML-KEM is asked for and OpenSSL has none, or where the phones
  /// do not agree.
  @export(interface)
  public static func run(postQuantum: Bool) -> [Part]? {
    guard MLKEM768.isAvailable || !postQuantum else { return nil }
    var phones = [phone(.initiator, postQuantum), phone(.responder, postQuantum)]
    var said: [AgreementFrame.Kind: [UInt8]] = [:]
    var sessions: [SecureSession] = []
    var schedule: KeySchedule?
    for _ in 0..<40 {
      for end in 0..<2 {
        while let frame = phones[end].nextFrame(now: .zero) {
          if frame.index == 0 { for message in phones[end].flight { said[message.kind] = message.bytes } }
          phones[1 - end].receive(frame, now: .zero)
        }
        schedule = phones[0].schedule ?? schedule
        while case .secured(let session)? = phones[end].poll() { sessions.append(session) }
      }
    }
    guard sessions.count == 2, let schedule, sessions[0].words == sessions[1].words,
      sessions[0].sendingKey == sessions[1].receivingKey, sessions[0].receivingKey == sessions[1].sendingKey,
      let commit = said[.commit], let respond = said[.respond], let reveal = said[.reveal], let confirm = said[.confirm]
    else { return nil }
    let hello = phones[0].ownHello
    let key = schedule.voiceKey(of: .initiator)
    let next = Ratchet.suite.ratchet(key)
    return [
      Part(name: "hello_i", bytes: hello),
      Part(name: "hello_r", bytes: phones[1].ownHello),
      Part(name: "frame_hello_i", bytes: AgreementFrame(.hello, attempt: 0, hello).bytes(size: 160)),
      Part(name: "commit", bytes: commit),
      Part(name: "respond", bytes: respond),
      Part(name: "transcript", bytes: schedule.transcript),
      Part(name: "prk", bytes: schedule.pseudorandomKey),
      Part(name: "reveal", bytes: reveal),
      Part(name: "confirm", bytes: confirm),
      Part(name: "sas", bytes: schedule.words.bytes),
      Part(name: "sframe_i", bytes: key),
      Part(name: "sframe_r", bytes: schedule.voiceKey(of: .responder)),
      Part(name: "voice_i_65536", bytes: voice(key, step: 0, counter: 65536)),
      Part(name: "sframe_i_step_1", bytes: next),
      Part(name: "voice_i_step_1_95536", bytes: voice(next, step: 1, counter: 95536)),
    ]
  }

  private static func phone(_ role: SecureSession.Role, _ postQuantum: Bool) -> KeyAgreement {
    func counting(from start: UInt8, _ count: Int) -> [UInt8] { (0..<count).map { start &+ UInt8($0) } }
    let isInitiator = role == .initiator
    let secrets = EphemeralSecrets(
      hello: counting(from: isInitiator ? 0xf0 : 0, 16), x25519: counting(from: isInitiator ? 0x10 : 0x30, 32),
      kemSeed: counting(from: 0x40, MLKEM768.seedCount), kemRandom: counting(from: 0x50, 32),
      nonce: counting(from: isInitiator ? 0x80 : 0xa0, 32))
    let identity = [UInt8](repeating: isInitiator ? 0x11 : 0x22, count: 32)
    return KeyAgreement(
      AgreementSettings(identity: identity, offersPostQuantum: postQuantum), packetSize: 160,
      secrets: [secrets, secrets],
      now: .zero)
  }

  /// 140 octets of 0x5a as a frame.
  private static func voice(_ baseKey: [UInt8], step: UInt64, counter: UInt64) -> [UInt8] {
    var sealer = VoiceSealer(Ratchet(baseKey: baseKey, step: step, start: .zero), counter: counter)
    let voice = [UInt8](repeating: 0x5a, count: 140)
    var frame = [UInt8](repeating: 0, count: 160)
    let count = frame.withUnsafeMutableBytes { frame in
      voice.withUnsafeBytes { sealer.seal($0, into: frame, now: .zero) }
    }
    return Array(frame[..<count])
  }
}
