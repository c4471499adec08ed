import Crypto
import SDP
import Testing
import Wire

@Suite struct MediaSecurityTests {
  private static let here = SocketAddress(IPAddress(ipv4: 0x0a00_0001), port: 16384)
  private static let secret = [UInt8](repeating: 5, count: 32)
  private static let key = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
  private static let crypto = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 \(key)\r\n"
  private static let unusable = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(key) UNENCRYPTED_SRTP\r\n"
  private static let plain = "m=audio 4000 RTP/AVP 0\r\n"
  private static let secure = "m=audio 4002 RTP/SAVP 0\r\n"

  private func offer(_ media: String) throws -> SessionDescription {
    try parsed("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + media)
  }

  private func session(_ policy: MediaPolicy) -> LocalSession {
    LocalSession(sessionID: 7, security: OwnSecurity(policy: policy, secret: Self.secret))
  }

  /// What becomes of an offer: the ports of our answer and its number of keys, or why it is refused.
  private func outcome(_ media: String, _ policy: MediaPolicy) throws -> String {
    let description = try offer(media)
    do throws(SDPError) {
      let audio = try description.offeredAudio(policy)
      var session = session(policy)
      let answer = session.answer(description, audio, at: Self.here)
      #expect((session.keys(with: audio) != nil) == answer.media[audio.index].offersCrypto)
      return answer.media.map { $0.port == 0 ? "refused" : $0.offersCrypto ? "secure" : "plain" }
        .joined(separator: " ")
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    (plain, "plain", "plain", "insecureAudio"),
    // RFC 8643: encryption is welcome.
    (plain + crypto, "plain", "secure", "secure"),
    (secure + crypto, "onlySecureAudio", "secure", "secure"),
    // Two lines for the one audio, in either order.
    (plain + secure + crypto, "plain refused", "refused secure", "refused secure"),
    (secure + crypto + plain, "refused plain", "secure refused", "secure refused"),
    // Keys that can't be taken are none, and less than was offered is never answered.
    (secure + unusable, "onlySecureAudio", "noUsableKeys", "noUsableKeys"),
    (plain + unusable, "plain", "plain", "noUsableKeys"),
    (secure, "onlySecureAudio", "onlySecureAudio", "insecureAudio"),
    (secure + unusable + plain, "refused plain", "refused plain", "noUsableKeys"),
  ])
  func anOfferIsAnsweredAsThePolicyHasIt(media: String, off: String, preferred: String, required: String) throws {
    #expect(try outcome(media, .plain) == off)
    #expect(try outcome(media, .optional) == preferred)
    #expect(try outcome(media, .secure) == required)
    // Where anyone reads descriptions, no keys are taken from them.
    let isNamed = media.contains("a=crypto")
    #expect(try outcome(media, MediaPolicy(.must, by: .handshake)) == (isNamed ? "keysInTheOpen" : "insecureAudio"))
  }

  @Test func theAnswerTakesTheFirstKeyThatItCanUnderItsTag() throws {
    let description = try offer(
      Self.secure + Self.unusable + "a=crypto:2 F8_128_HMAC_SHA1_80 \(Self.key)\r\n" + Self.crypto
        + "a=crypto:9 AEAD_AES_128_GCM inline:\(base64([UInt8](repeating: 1, count: 28)))\r\n")
    let audio = try description.offeredAudio(.optional)
    var session = session(.optional)
    let answer = session.answer(description, audio, at: Self.here)
    let said = answer.media[0].attributes.filter { $0.name == "crypto" }.compactMap { CryptoLine($0.value ?? "") }
    #expect(said.map { $0.tag } == [7])
    #expect(answer.media[0].transport == "RTP/SAVP")
    let agreed = try #require(session.keys(with: audio))
    #expect(agreed.own == said[0].keys[0])
    #expect(agreed.theirs == audio.crypto[0].keys)
    #expect(agreed.own != agreed.theirs[0])
    // Another dialog has other keys.
    var another = LocalSession(
      sessionID: 8, security: OwnSecurity(policy: .optional, secret: [UInt8](repeating: 6, count: 32)))
    _ = another.answer(description, audio, at: Self.here)
    #expect(another.keys(with: audio)?.own != agreed.own)
  }

  private func audio() throws -> AudioStream { try offer(Self.plain).offeredAudio() }

  @Test func offersSayWhatThePolicyAsksFor() throws {
    var off = session(.plain)
    var preferred = session(.optional)
    var required = session(.secure)
    #expect(off.offer(try audio(), at: Self.here).media[0].transport == "RTP/AVP")
    #expect(off.last?.media[0].offersCrypto == false)
    #expect(preferred.offer(try audio(), at: Self.here).media[0].transport == "RTP/AVP")
    #expect(required.offer(try audio(), at: Self.here).media[0].transport == "RTP/SAVP")
    for session in [preferred, required] {
      let lines = session.last?.media[0].attributes.filter { $0.name == "crypto" } ?? []
      #expect(lines.compactMap { CryptoLine($0.value ?? "")?.tag } == [1, 2, 3, 4, 5])
      #expect(Set(lines.map { $0.value }).count == 5)
    }
  }

  @Test func anAnswerIsTakenOnlyWhereItIsNoLess() throws {
    let last = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 \(Self.key)\r\n"
    var preferred = session(.optional)
    _ = preferred.offer(try audio(), at: Self.here)
    let heard = try #require(try offer(Self.plain + last).answeredStreams(preferred))
    #expect(preferred.keys(with: heard)?.own.suite == .aesCM128Tag80)
    let plainly = try #require(try offer(Self.plain).answeredStreams(preferred))
    #expect(preferred.keys(with: plainly) == nil)
    // A tag that was not offered with that suite is none; then there is no key.
    let wrong = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(Self.key)\r\n"
    let mistaken = try #require(try offer(Self.plain + wrong).answeredStreams(preferred))
    #expect(preferred.keys(with: mistaken) == nil)
    #expect(try offer(Self.secure + wrong).answeredStreams(preferred) == nil)
    // What was encrypted stays so.
    #expect(preferred.policy(after: plainly) == .optional)
    #expect(preferred.policy(after: heard) == .secure)
    #expect(try offer(Self.plain).answeredStreams(preferred, after: heard) == nil)

    var required = session(.secure)
    _ = required.offer(try audio(), at: Self.here)
    #expect(try offer(Self.plain).answeredStreams(required) == nil)
    #expect(try offer(Self.secure).answeredStreams(required) == nil)
    #expect(try offer(Self.secure + last).answeredStreams(required) != nil)
  }

  @Test func furtherOffersKeepProfileAndKeys() throws {
    let description = try offer("m=audio 4002 RTP/SAVPF 0\r\n" + Self.crypto)
    let heard = try description.offeredAudio(.optional)
    var session = session(.optional)
    _ = session.answer(description, heard, at: Self.here)
    let before = try #require(session.keys(with: heard))
    let again = session.offer(try audio(), at: Self.here, after: heard).media[0]
    #expect(again.transport == "RTP/SAVPF")
    // While the answer is on its way, all stays as it was.
    #expect(session.keys(with: heard) == before)
    let mine = again.attributes.compactMap { $0.name == "crypto" ? CryptoLine($0.value ?? "") : nil }
    #expect(mine.map { $0.keys } == [[before.own]] && mine[0].tag == 7)
  }

  @Test func whoMustBeEncryptedHasNothingPlainBesideIt() throws {
    let media = Self.secure + Self.crypto + "m=video 5000 RTP/AVP 99\r\nm=image 6000 udptl t38\r\n"
    #expect(try offer(media).offeredStreams(.optional).further.count == 2)
    #expect(try offer(media).offeredStreams(.secure).further.isEmpty)
  }

  @Test func whatWasAgreedIsStoredAndReadBack() throws {
    let description = try offer(Self.secure + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \(Self.key)|2^20|1:4 WSH=256\r\n")
    let heard = try description.offeredAudio(.secure)
    var session = session(.secure)
    _ = session.answer(description, heard, at: Self.here)
    var writer = StorageWriter()
    writer.put(session)
    writer.put(heard)
    var reader = StorageReader(writer.bytes)
    let session2 = try reader.value(LocalSession.self)
    let heard2 = try reader.value(AudioStream.self)
    #expect(session2 == session)
    #expect(heard2 == heard)
    #expect(session2.keys(with: heard2)?.window == 256)
  }
}
