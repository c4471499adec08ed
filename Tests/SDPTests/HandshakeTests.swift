import Crypto
import SDP
import Testing
import Wire

@Suite struct HandshakeTests {
  private static let here = SocketAddress(IPAddress(ipv4: 0x0a00_0001), port: 16384)
  private static let digits = (0..<32).map { _ in "AB" }.joined(separator: ":")
  private static let fingerprint = "a=fingerprint:sha-256 \(digits)\r\n"
  private static let name = "a=tls-id:abcdefghijklmnopqrstuvwxyz\r\n"
  private static let byHandshake = "m=audio 4002 UDP/TLS/RTP/SAVPF 0\r\n"
  private static let crypto =
    "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"

  private func session(_ policy: MediaPolicy, _ number: UInt64 = 7) -> LocalSession {
    LocalSession(
      sessionID: number,
      security: OwnSecurity(
        policy: policy, secret: [UInt8](repeating: 5, count: 32), fingerprint: [UInt8](repeating: 0xcd, count: 32)))
  }

  private func description(_ media: String) throws -> SessionDescription {
    try parsed("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + media)
  }

  private func setup(_ line: MediaDescription?) -> String? { line?.attribute("setup")?.value }

  @Test func aFingerprintIsReadAndWritten() throws {
    let read = try #require(Fingerprint("SHA-256 " + Self.digits.lowercased()))
    #expect(read.octets == [UInt8](repeating: 0xab, count: 32))
    #expect(read.value == "sha-256 " + Self.digits)
    for wrong in [
      "", "sha-256", "sha-256 AB", "sha-1 " + Self.digits, "sha-256 \(Self.digits):AB", "sha-512 " + Self.digits,
      "sha-256 " + Self.digits.replacing("AB:AB", with: "AB;AB"), "sha-256 " + Self.digits.replacing("A", with: "G"),
      "sha-256  \(Self.digits) x",
    ] {
      #expect(Fingerprint(wrong) == nil, "\(wrong)")
    }
  }

  /// An offer's role, and what answers it.
  @Test(arguments: [("actpass", "passive"), ("active", "passive"), ("passive", "active"), (nil, "passive")])
  func theAnswerTakesTheOtherRole(offered: String?, answered: String) throws {
    let offer = try description(Self.byHandshake + Self.fingerprint + (offered.map { "a=setup:\($0)\r\n" } ?? ""))
    let heard = try offer.offeredAudio(MediaPolicy(.welcome, by: .handshake))
    var session = session(MediaPolicy(.welcome, by: .handshake))
    let line = session.answer(offer, heard, at: Self.here).media[0]
    #expect(line.transport == "UDP/TLS/RTP/SAVPF")
    #expect(setup(line) == answered)
    #expect(line.attribute("tls-id") == nil)
    #expect(line.attribute("fingerprint")?.value?.hasPrefix("sha-256 CD:CD") == true)
    let agreed = try #require(session.handshake(with: heard))
    #expect(agreed.isClient == (answered == "active"))
    #expect(agreed.fingerprints == heard.handshake?.fingerprints)
    #expect(session.keys(with: heard) == nil)
  }

  @Test func whoHoldsItsConnectionGetsNoHandshake() throws {
    let offer = try description(Self.byHandshake + Self.fingerprint + "a=setup:holdconn\r\n")
    #expect(throws: SDPError.self) { try offer.offeredAudio(.optional) }
  }

  @Test func keysThatAreNamedInPrivateNeedNoHandshake() throws {
    let both = "m=audio 4002 RTP/SAVP 0\r\n" + Self.crypto + Self.fingerprint + "a=setup:actpass\r\n"
    let heard = try description(both).offeredAudio(.secure)
    #expect(heard.crypto.count == 1 && heard.handshake == nil)
    // Where anyone reads them, the handshake is taken.
    let read = try description(both).offeredAudio(MediaPolicy(.must, by: .handshake))
    #expect(read.crypto.isEmpty && read.handshake != nil)
  }

  @Test(arguments: [
    (MediaPolicy.plain, "RTP/AVP", false), (.optional, "RTP/AVP", true), (.secure, "RTP/SAVP", true),
    (MediaPolicy(.welcome, by: .handshake), "RTP/AVP", false),
    (MediaPolicy(.must, by: .handshake), "UDP/TLS/RTP/SAVP", true),
    (MediaPolicy(.welcome, by: .browser), "UDP/TLS/RTP/SAVPF", true),
    (MediaPolicy(.must, by: .browser), "UDP/TLS/RTP/SAVPF", true),
  ])
  func anOfferHasTheProfileOfItsPolicy(policy: MediaPolicy, profile: String, offers: Bool) throws {
    var session = session(policy)
    let audio = try description("m=audio 4000 RTP/AVP 0\r\n").offeredAudio()
    let line = session.offer(audio, at: Self.here).media[0]
    #expect(line.transport == profile)
    #expect(setup(line) == (offers ? "actpass" : nil))
    #expect((line.attribute("rtcp-mux") != nil) == offers)
    #expect(line.offersCrypto == (policy.encryption != .never && policy.ways == .any))
  }

  @Test func theAnswererBeginsUnlessItSaysOtherwise() throws {
    for (said, isClient) in [("a=setup:active\r\n", false), ("a=setup:passive\r\n", true), ("", true)] {
      var session = session(MediaPolicy(.must, by: .handshake))
      _ = session.offer(try description("m=audio 4000 RTP/AVP 0\r\n").offeredAudio(), at: Self.here)
      let answer = try description("m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n" + Self.fingerprint + said)
      let heard = try #require(try answer.answeredStreams(session))
      #expect(session.handshake(with: heard)?.isClient == isClient)
      // What was encrypted stays so.
      #expect(session.policy(after: heard).mustEncrypt)
      #expect(try description("m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n").answeredStreams(session) == nil)
    }
  }

  @Test func aFingerprintThatNobodyAskedForIsNone() throws {
    var session = session(MediaPolicy(.welcome, by: .handshake))
    _ = session.offer(try description("m=audio 4000 RTP/AVP 0\r\n").offeredAudio(), at: Self.here)
    let heard = try #require(
      try description("m=audio 4002 RTP/AVP 0\r\n" + Self.fingerprint + "a=setup:active\r\n").answeredStreams(session))
    #expect(heard.handshake == nil && session.handshake(with: heard) == nil)
  }

  @Test func anAssociationStandsUntilFingerprintNameOrRoleChange() throws {
    let policy = MediaPolicy(.must, by: .handshake)
    let first = try description(Self.byHandshake + Self.fingerprint + Self.name + "a=setup:active\r\n")
    let heard = try first.offeredAudio(policy)
    var session = session(policy)
    let said = session.answer(first, heard, at: Self.here)
    let agreed = try #require(session.handshake(with: heard))

    func again(_ attributes: String) throws -> (line: MediaDescription, agreed: HandshakeAgreement?) {
      var session = session
      let offer = try description(Self.byHandshake + attributes)
      let next = try offer.offeredAudio(policy)
      return (session.answer(offer, next, at: Self.here, after: heard).media[0], session.handshake(with: next))
    }
    let same = try again(Self.fingerprint + Self.name + "a=setup:actpass\r\n")
    #expect(same.agreed == agreed)
    #expect(same.line.attribute("tls-id") == said.media[0].attribute("tls-id"))
    let renamed = try again(Self.fingerprint + "a=tls-id:another-name-of-theirs-1\r\na=setup:actpass\r\n")
    #expect(renamed.agreed?.association != agreed.association)
    #expect(renamed.line.attribute("tls-id") != said.media[0].attribute("tls-id"))
    let other = try again(Self.fingerprint.replacing("AB", with: "CD") + Self.name + "a=setup:active\r\n")
    #expect(other.agreed?.association != agreed.association)
    let turned = try again(Self.fingerprint + Self.name + "a=setup:passive\r\n")
    #expect(turned.agreed?.association != agreed.association && turned.agreed?.isClient == true)
    // Ours goes on under the same name, and is the other's to begin or not.
    let offered = session.offer(heard, at: Self.here, after: heard).media[0]
    #expect(offered.attribute("tls-id") == said.media[0].attribute("tls-id"))
    #expect(setup(offered) == "actpass" && !offered.offersCrypto)
    #expect(offered.transport == "UDP/TLS/RTP/SAVPF")
  }

  @Test func anotherDialogIsAnotherAssociation() throws {
    let offer = try description(Self.byHandshake + Self.fingerprint + "a=setup:active\r\n")
    let heard = try offer.offeredAudio(.secure)
    let numbers = [UInt64(1), 2].map { number in
      var session = session(.secure, number)
      _ = session.answer(offer, heard, at: Self.here)
      return session.handshake(with: heard)?.association
    }
    #expect(numbers[0] != nil && numbers[0] != numbers[1])
  }

  @Test func whatWasAgreedIsKept() throws {
    let offer = try description(Self.byHandshake + Self.fingerprint + Self.name + "a=setup:passive\r\n")
    let heard = try offer.offeredAudio(.secure)
    var session = session(.secure)
    _ = session.answer(offer, heard, at: Self.here)
    var writer = StorageWriter()
    writer.put(session)
    writer.put(heard)
    var reader = StorageReader(writer.bytes)
    let (kept, stream) = (try reader.value(LocalSession.self), try reader.value(AudioStream.self))
    #expect(kept.handshake(with: stream) == session.handshake(with: heard))
    #expect(kept == session && stream == heard)
  }
}
