import SDP
import Wire

/// What a description says of a handshake may be anything: the bytes stand behind its audio line. What is taken is the same
/// when it is read as it is written; the answer to it has a role that fits and our fingerprint, and what is agreed stays
/// agreed when it is offered once more.
func handshakeFault(_ bytes: [UInt8]) -> String? {
  if let read = Fingerprint(String(decoding: bytes, as: UTF8.self)) {
    guard Fingerprint(read.value) == read else { return "a fingerprint that was written isn't read as it was" }
  }
  let line = "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 "
  let digits = (0..<32).map { _ in "A1" }.joined(separator: ":")
  let body = Array("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\n\(line)\(digits)\r\n".utf8)
  guard let offer = try? SessionDescription.parse(body + bytes + [13, 10]),
    let audio = try? offer.offeredAudio(MediaPolicy(.must, by: .handshake))
  else { return nil }
  guard let theirs = audio.handshake, audio.crypto.isEmpty else { return "audio without a handshake is taken" }
  let own = [UInt8](repeating: 7, count: 32)
  var session = LocalSession(
    sessionID: 7,
    security: OwnSecurity(
      policy: MediaPolicy(.must, by: .handshake), secret: [UInt8](repeating: 9, count: 32), fingerprint: own))
  let here = SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 16384)
  guard audio.index < offer.media.count else { return "the audio stands nowhere" }
  let said = session.answer(offer, audio, at: here).media[audio.index]
  guard said.attribute("fingerprint")?.value.flatMap({ Fingerprint($0) })?.octets == own else {
    return "the answer has not our fingerprint"
  }
  guard let agreed = session.handshake(with: audio), agreed.fingerprints == theirs.fingerprints else {
    return "what is agreed is not what was offered"
  }
  guard agreed.isClient == (theirs.setup == .passive), said.attribute("setup")?.value != "actpass" else {
    return "the roles do not fit"
  }
  _ = session.answer(offer, audio, at: here, after: audio)
  return session.handshake(with: audio) == agreed ? nil : "the same offer once more begins anew"
}
