import Codecs

/// Tells why frames arrive broken: an exchange that reads the tunnel's octets as sound sends on something that sounds
/// alike. The start of each frame is known, so what became of it is compared with it as sound; and the zeros that end a
/// HELLO remain equal to each other, which no voice is.
struct PathCheck: Hashable, Sendable {
  /// One broken frame may be an accident of the network.
  static let needed = 2

  private var broken = 0
  private var suspect: SecureVoiceFault?

  init() {}

  init(broken: Int, suspect: SecureVoiceFault?) {
    self.broken = broken
    self.suspect = suspect
  }

  var state: (broken: Int, suspect: SecureVoiceFault?) { (broken, suspect) }

  /// What is wrong with the path, once enough payloads that are no frames say so; `law` is nil where the carrier is Opus.
  mutating func look(at payload: UnsafeRawBufferPointer, law: Carrier.Law?) -> SecureVoiceFault? {
    guard let fault = Self.fault(payload, law: law) else { return nil }
    broken += 1
    // A converted frame is the surest sign: it can't be mistaken for another.
    if suspect == nil || fault == .pathConvertsLaw { suspect = fault }
    return broken >= Self.needed ? suspect : nil
  }

  /// What made this payload of a frame; nil where it looks like none.
  private static func fault(_ payload: UnsafeRawBufferPointer, law: Carrier.Law?) -> SecureVoiceFault? {
    if AgreementFrame.isLike(payload) { return .pathRecodes }
    let zeros = 14 + Hello.count
    guard let law, payload.count >= zeros + 8, payload[zeros..<payload.count - 4].allSatisfy({ $0 == payload[zeros] })
    else { return nil }
    let heard = payload.prefix(AgreementFrame.magic.count).map { sample($0, law) }
    for sentLaw in [law, law == .mu ? .a : .mu] {
      guard let gain = gain(of: heard, over: AgreementFrame.magic.map { sample($0, sentLaw) }) else { continue }
      // In 1/256: an eighth of a decibel either way is rounding.
      if !(248...264).contains(gain) { return .pathChangesLoudness }
      return sentLaw == law ? .pathRecodes : .pathConvertsLaw
    }
    return nil
  }

  private static func sample(_ octet: UInt8, _ law: Carrier.Law) -> Int64 {
    // By 16 smaller, so that nothing below overflows.
    Int64(law == .mu ? MuLaw.decode(octet) : ALaw.decode(octet)) / 16
  }

  /// By how much one sound is louder than another, in 1/256; nil where it is not the same but for 2 % of its energy.
  private static func gain(of heard: [Int64], over sent: [Int64]) -> Int64? {
    let both = zip(heard, sent).reduce(0) { $0 + $1.0 * $1.1 }
    let energy = heard.reduce(0) { $0 + $1 * $1 }
    let expected = sent.reduce(0) { $0 + $1 * $1 }
    // An eighth of the loudness is the least that can be told from rounding.
    guard both > 0, energy >= expected / 64, both * both >= energy * (expected - expected / 50) else { return nil }
    return 256 * both / expected
  }
}
