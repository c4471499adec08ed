import Crypto
import SDP
import Wire

/// The value of an `a=crypto` line may be anything. What is taken has keys of its suite's length, and is the same when it
/// is read as it is written. A description with the line is answered by a line of the same tag and suite, or without one.
func cryptoFault(_ bytes: [UInt8]) -> String? {
  let value = String(decoding: bytes, as: UTF8.self)
  if let line = CryptoLine(value) {
    guard line.keys.allSatisfy({ $0.octets.count == line.suite.length && $0.suite == line.suite }) else {
      return "a key has not the length of its suite"
    }
    guard let again = CryptoLine(line.value), again == line else { return "what was written isn't read as it was" }
  }
  let body = Array("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:".utf8)
  guard let offer = try? SessionDescription.parse(body + bytes + [13, 10]),
    let audio = try? offer.offeredAudio(.secure)
  else { return nil }
  guard let theirs = audio.crypto.first else {
    return audio.handshake == nil ? "audio without a key is taken where it must be encrypted" : nil
  }
  let security = OwnSecurity(policy: .secure, secret: [UInt8](repeating: 9, count: 32))
  var session = LocalSession(sessionID: 7, security: security)
  let answer = session.answer(offer, audio, at: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 16384))
  guard let said = answer.media.first?.attribute("crypto")?.value, let ours = CryptoLine(said),
    ours.tag == theirs.tag, ours.suite == theirs.suite
  else { return "the answer names no key for what is offered" }
  guard let agreed = session.keys(with: audio), agreed.own == ours.keys.first, agreed.theirs == theirs.keys else {
    return "what is agreed is not what both have said"
  }
  return nil
}
