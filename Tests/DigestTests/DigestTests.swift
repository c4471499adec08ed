import Crypto
import Testing
import Wire

@testable import SIP

private let phone = IPAddress(ipv4: 0xc000_020a)
private let uri = try! URI("sip:1002@office.lan")
private let account = DigestAccount(password: "correct-horse-battery", algorithms: [.sha256, .md5])

private func server(mostNonces: Int = 1024) -> DigestServer {
  DigestServer(realm: "office.lan", secret: [UInt8](repeating: 7, count: 32), mostNonces: mostNonces)
}

private func find(_ username: String) -> DigestAccount? { username == "1001" ? account : nil }

private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

private func verify(
  _ server: inout DigestServer, _ answer: AuthParameters?, uri: URI = uri, from source: IPAddress = phone,
  now: Instant = at(10)
) -> DigestVerdict {
  server.verify(
    answer.map { [$0] } ?? [], method: .invite, uri: uri, from: source, now: now, account: find)
}

@Suite struct DigestComputationTests {
  /// RFC 7616 §3.9.1 (MD5, SHA-256) and RFC 2617 §3.5 (another password).
  @Test(arguments: [
    (
      Hash.md5, "http-auth@example.org", "Circle of Life", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec"
    ),
    (
      .sha256, "http-auth@example.org", "Circle of Life", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    ),
    (
      .md5, "testrealm@host.com", "Circle Of Life", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
      "6629fae49393a05397450978507c4ef1"
    ),
  ])
  func thePrintedExamples(
    hash: Hash, realm: String, password: String, nonce: String, cnonce: String, expected: String
  ) throws {
    var client = DigestClient(username: "Mufasa", password: password)
    let challenge = try AuthParameters(
      "Digest realm=\"\(realm)\", qop=\"auth,auth-int\", algorithm=\(hash.digestName), nonce=\"\(nonce)\", opaque=\"x\""
    )
    let given = client.respond(to: [challenge], method: Method("GET"), uri: "/dir/index.html", cnonce: cnonce)
    let answer = try #require(given)
    #expect(answer["response"] == expected)
    #expect(answer["nc"] == "00000001" && answer["opaque"] == "x" && answer["qop"] == "auth")
  }

  /// RFC 7616 §3.4.2: H(A1) of a session, computed here step by step.
  @Test func sessionAlgorithmsBindTheSecretToBothNonces() throws {
    var client = DigestClient(username: "u", password: "p")
    let challenge = try AuthParameters("Digest realm=\"r\", qop=\"auth\", algorithm=MD5-sess, nonce=\"n\"")
    let given = client.respond(to: [challenge], method: .register, uri: "sip:r", cnonce: "c")
    let answer = try #require(given)
    let a1 = hex(Hash.md5(hex(Hash.md5("u:r:p")) + ":n:c"))
    #expect(answer["response"] == hex(Hash.md5(a1 + ":n:00000001:c:auth:" + hex(Hash.md5("REGISTER:sip:r")))))
    #expect(answer["algorithm"] == "MD5-sess")
  }

  @Test func clientTakesTheFirstChallengeItUnderstandsAndCounts() throws {
    var client = DigestClient(username: "1001", password: "p")
    let strange = try AuthParameters("Digest realm=\"r\", nonce=\"n\", algorithm=TOKEN, qop=\"auth\"")
    let integrity = try AuthParameters("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"")
    let good = try AuthParameters("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"")
    let old = try AuthParameters("Digest realm=\"r\", nonce=\"m\"")
    let first = client.respond(to: [strange, integrity, good, old], method: .register, uri: "sip:r", cnonce: "c")
    #expect(first?["algorithm"] == "SHA-256" && first?["nc"] == "00000001")
    let second = client.respond(to: [good], method: .register, uri: "sip:r", cnonce: "c")
    #expect(second?["nc"] == "00000002")
    let legacy = client.respond(to: [old], method: .register, uri: "sip:r", cnonce: "c")
    #expect(legacy?["nc"] == nil && legacy?["response"]?.utf8.count == 32)
    #expect(client.respond(to: [strange], method: .register, uri: "sip:r", cnonce: "c") == nil)
  }
}

@Suite struct DigestServerTests {
  private var digest = server()
  private var client = DigestClient(username: "1001", password: "correct-horse-battery")

  private mutating func answer(stale: Bool = false, to hash: Hash = .sha256, now: Instant = at(10)) -> AuthParameters? {
    let challenges = digest.challenges([.sha256, .md5], from: phone, stale: stale, now: now)
    return client.respond(
      to: challenges.filter { $0["algorithm"] == hash.digestName }, method: .invite, uri: uri.description, cnonce: "c")
  }

  @Test mutating func challengesComeInTheOrderAskedAndSurviveTheWire() throws {
    let challenges = digest.challenges([.sha256, .md5], from: phone, stale: true, now: at(1))
    #expect(challenges.map { $0["algorithm"] } == ["SHA-256", "MD5"])
    #expect(challenges.allSatisfy { $0["stale"] == "true" && $0["qop"] == "auth" && $0["realm"] == "office.lan" })
    #expect(try AuthParameters(challenges[0].description) == challenges[0])
  }

  @Test(arguments: [Hash.md5, .sha256]) mutating func rightPasswordIsAccepted(hash: Hash) throws {
    let made = answer(to: hash)
    let given = try #require(made)
    // As it comes off the wire.
    let parsed = try AuthParameters(given.description)
    #expect(verify(&digest, parsed) == .accepted(username: "1001"))
  }

  @Test mutating func wrongPasswordAndUnknownUserLookAlike() throws {
    client.password = "incorrect-horse"
    #expect(verify(&digest, answer()) == .wrong(username: "1001"))
    client = DigestClient(username: "4711", password: "correct-horse-battery")
    #expect(verify(&digest, answer()) == .wrong(username: "4711"))
  }

  @Test mutating func nothingOrAnotherRealmIsMissing() throws {
    #expect(verify(&digest, nil) == .missing)
    #expect(verify(&digest, try AuthParameters("Digest realm=\"elsewhere\", username=\"1001\"")) == .missing)
    #expect(verify(&digest, try AuthParameters("Bearer realm=\"office.lan\"")) == .missing)
  }

  @Test mutating func theRightOneOfSeveralCredentialsCounts() throws {
    let made = answer()
    let good = try #require(made)
    var bad = good
    bad.items.removeAll { $0.name == "response" }
    bad.items.append(.init("response", "00", quoted: true))
    let elsewhere = try AuthParameters("Digest realm=\"elsewhere\", username=\"1001\"")
    let verdict = digest.verify(
      [elsewhere, bad, good], method: .invite, uri: uri, from: phone, now: at(10), account: find)
    #expect(verdict == .accepted(username: "1001"))
  }

  @Test mutating func aUsedCountIsStale() {
    let given = answer()
    #expect(verify(&digest, given) == .accepted(username: "1001"))
    #expect(verify(&digest, given) == .stale(username: "1001"))
  }

  @Test mutating func countsMayComeOutOfOrderOnceEach() throws {
    let challenge = digest.challenges([.md5], from: phone, now: at(10))
    let answers = (0..<100).map { _ in
      client.respond(to: challenge, method: .invite, uri: uri.description, cnonce: "c")
    }
    for i in [0, 2, 1, 70, 69, 8] { #expect(verify(&digest, answers[i]) == .accepted(username: "1001"), "\(i)") }
    // Used, or more than 64 behind the highest.
    for i in [0, 1, 2, 69, 70, 6, 3] { #expect(verify(&digest, answers[i]) == .stale(username: "1001"), "\(i)") }
    #expect(verify(&digest, answers[99]) == .accepted(username: "1001"))
  }

  @Test mutating func anOldNonceIsStaleAndAFreshOneMendsIt() {
    let given = answer(now: at(10))
    #expect(verify(&digest, given, now: at(311)) == .stale(username: "1001"))
    #expect(verify(&digest, answer(stale: true, now: at(311)), now: at(312)) == .accepted(username: "1001"))
  }

  @Test mutating func aNonceServesItsSourceOnlyAndNoOtherServer() throws {
    #expect(verify(&digest, answer(), from: IPAddress(ipv4: 1)) == .stale(username: "1001"))
    var other = DigestServer(realm: "office.lan", secret: [1])
    #expect(verify(&other, answer()) == .stale(username: "1001"))
    let zeros = String(repeating: "0", count: 48)
    let challenge = try AuthParameters("Digest realm=\"office.lan\", nonce=\"\(zeros)\", qop=\"auth\"")
    let made = client.respond(to: [challenge], method: .invite, uri: uri.description, cnonce: "c")
    var forged = try #require(made)
    #expect(verify(&digest, forged) == .stale(username: "1001"))
    forged.items.append(.init("username", "1001", quoted: true))
    #expect(verify(&digest, forged) == .wrong(username: "1001"))
  }

  @Test mutating func fullLedgerNeverLetsAReplayThrough() {
    digest = server(mostNonces: 8)
    var used: [AuthParameters?] = []
    for i in 0..<50 {
      let given = answer(now: at(10) + .milliseconds(Int64(i)))
      #expect(verify(&digest, given, now: at(11)) == .accepted(username: "1001"))
      used.append(given)
    }
    for given in used { #expect(verify(&digest, given, now: at(12)) == .stale(username: "1001")) }
  }

  @Test(arguments: [
    "sip:1002@192.0.2.1:5060;transport=udp", "sips:1002@office.lan", "sip:%31002@office.lan", "sip:1002@other",
  ])
  mutating func whatPhonesWriteDifferentlyInTheUriIsLetThrough(written: String) throws {
    let challenge = digest.challenges([.md5], from: phone, now: at(10))
    let given = client.respond(to: challenge, method: .invite, uri: written, cnonce: "c")
    #expect(verify(&digest, given) == .accepted(username: "1001"))
  }

  @Test(arguments: ["sip:1003@office.lan", "sip:office.lan", "tel:1002", "1002", ""])
  mutating func credentialsForAnotherNumberAreRefused(written: String) throws {
    let challenge = digest.challenges([.md5], from: phone, now: at(10))
    let given = client.respond(to: challenge, method: .invite, uri: written, cnonce: "c")
    #expect(verify(&digest, given) == .wrong(username: "1001"))
  }

  @Test(
    arguments: [
      ("qop", nil), ("qop", "auth-int"), ("nc", nil), ("nc", "0000000g"), ("nc", "1"), ("nc", "00000000"),
      ("cnonce", nil), ("cnonce", ""), ("algorithm", "MD5-sess"), ("algorithm", "SHA-512-256"), ("uri", nil),
      ("response", nil), ("response", ""), ("username", nil), ("nonce", nil),
    ] as [(String, String?)])
  mutating func answersInAFormThatWasNotAskedForAreRefused(name: String, value: String?) throws {
    let made = answer(to: .md5)
    var given = try #require(made)
    given.items.removeAll { $0.name == name }
    if let value { given.items.append(.init(name, value, quoted: true)) }
    let verdict = verify(&digest, given)
    #expect(verdict == .wrong(username: name == "username" ? "" : "1001"))
  }

  /// RFC 7616 §3.4: `unq` of user and realm; escapes are undone on both sides, and text is UTF-8.
  @Test func escapedAndUnicodeNamesMatch() throws {
    let user = "J\u{e4}s\u{f8}n \"\\\" Doe"
    var digest = DigestServer(realm: "h\"q\\", secret: [3])
    var client = DigestClient(username: user, password: "p\u{e4}ss")
    let challenge = try AuthParameters(digest.challenges([.md5], from: phone, now: at(1))[0].description)
    let answer = client.respond(to: [challenge], method: .invite, uri: uri.description, cnonce: "c")
    let parsed = try AuthParameters(#require(answer).description)
    let verdict = digest.verify([parsed], method: .invite, uri: uri, from: phone, now: at(1)) {
      $0 == user ? DigestAccount(password: "p\u{e4}ss", algorithms: [.md5]) : nil
    }
    #expect(verdict == .accepted(username: user))
  }

  @Test func anAlgorithmThatTheAccountDoesNotTakeIsRefused() throws {
    var digest = server()
    var client = DigestClient(username: "1001", password: "correct-horse-battery")
    let answer = client.respond(
      to: digest.challenges([.md5], from: phone, now: at(1)), method: .invite, uri: uri.description, cnonce: "c")
    let given = try #require(answer)
    let verdict = digest.verify([given], method: .invite, uri: uri, from: phone, now: at(1)) { _ in
      DigestAccount(password: "correct-horse-battery", algorithms: [.sha256])
    }
    #expect(verdict == .wrong(username: "1001"))
  }
}
