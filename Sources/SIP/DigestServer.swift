import Crypto
import Wire

/// What a user is known by.
public struct DigestAccount: Sendable {
  public var password: String
  /// What its answers may use; the order is that of the challenges.
  public var algorithms: [Hash]

  public init(password: String, algorithms: [Hash]) {
    self.password = password
    self.algorithms = algorithms
  }
}

public enum DigestVerdict: Hashable, Sendable {
  /// The request comes from this user.
  case accepted(username: String)
  /// There are no credentials for this realm: challenge.
  case missing
  /// The password is right but the nonce is old, used or another's: challenge with `stale`, and the phone tries again
  /// without asking anyone.
  case stale(username: String)
  /// Unknown user, wrong password, or an answer in a form that wasn't asked for: challenge as if nothing had come.
  case wrong(username: String)
}

/// The server's side of digest authentication (RFC 7616, RFC 8760, RFC 3261 §22) with `qop=auth`.
///
/// ACK and CANCEL are not to be verified: they can't be challenged (RFC 3261 §22.1).
public struct DigestServer: Sendable {
  /// Credentials of one request that are looked at: each costs as much as three hashes.
  static let mostCredentials = 4

  public var realm: String
  var ledger: NonceLedger
  let secret: [UInt8]
  /// Whether whoever keeps the changes has the secret.
  var isSecretKept = false
  /// Stands in for the password of a user who isn't known, so that the answer takes as long.
  private let decoy: String

  /// `secret`: 32 random bytes. A nonce lasts for `lifetime`; of `mostNonces` at a time the used counts are kept.
  public init(realm: String, secret: [UInt8], lifetime: Interval = .seconds(300), mostNonces: Int = 1024) {
    self.realm = realm
    self.secret = secret
    ledger = NonceLedger(
      key: hmacSHA256(key: secret, Array("nonce".utf8)), lifetime: lifetime, limit: max(mostNonces, 4))
    decoy = hex(hmacSHA256(key: secret, Array("decoy".utf8)))
  }

  /// One challenge for each algorithm in their order, all of one nonce. A user who isn't known is to get what one with
  /// the default algorithms gets.
  @export(interface)
  public mutating func challenges(
    _ algorithms: [Hash], from source: IPAddress, stale: Bool = false, now: Instant
  ) -> [AuthParameters] {
    let nonce = ledger.issue(to: source, now: now)
    return algorithms.map { algorithm in
      var challenge = AuthParameters([
        .init("realm", realm, quoted: true), .init("nonce", nonce, quoted: true),
        .init("algorithm", algorithm.digestName, quoted: false), .init("qop", "auth", quoted: true),
      ])
      if stale { challenge.items.append(.init("stale", "true", quoted: false)) }
      return challenge
    }
  }

  /// Judges the credentials of a request; other realms' and schemes' are passed over.
  @export(interface)
  public mutating func verify(
    _ credentials: [AuthParameters], method: Method, uri: URI, from source: IPAddress, now: Instant,
    account: (String) -> DigestAccount?
  ) -> DigestVerdict {
    var verdict = DigestVerdict.missing
    for given in credentials.filter({ $0.isDigest && $0["realm"] == realm }).prefix(DigestServer.mostCredentials) {
      verdict = judge(given, method, uri, source, now, account)
      if case .accepted = verdict { break }
    }
    return verdict
  }

  private mutating func judge(
    _ given: AuthParameters, _ method: Method, _ uri: URI, _ source: IPAddress, _ now: Instant,
    _ account: (String) -> DigestAccount?
  ) -> DigestVerdict {
    let username = given["username"] ?? ""
    guard let answer = Answer(given) else { return .wrong(username: username) }
    let known = account(answer.username)
    let algorithm = answer.algorithm
    let secret = algorithm.digestSecret(answer.username, realm, known?.password ?? decoy, session: nil)
    let expected = algorithm.digestResponse(
      secret: secret, method: method, uri: answer.uri, nonce: answer.nonce, use: answer.use)
    let isRight = constantTimeEqual(Array(expected.utf8), Array(lowercasedASCII(answer.response).utf8))
    guard isRight, let known, known.algorithms.contains(algorithm), names(answer.uri, uri) else {
      return .wrong(username: username)
    }
    guard case .fresh = ledger.judge(answer.nonce, from: source, now: now),
      ledger.use(answer.nonce, count: answer.count, now: now)
    else { return .stale(username: username) }
    return .accepted(username: username)
  }

  /// Whether the credentials were made for this request's target. Phones differ in what they write as host (the domain,
  /// the proxy's address), as port and as parameters; the nonce already binds the answer to this server, so what
  /// is left to protect is who is called.
  private func names(_ digestURI: String, _ requestURI: URI) -> Bool {
    guard let uri = try? URI(digestURI) else { return false }
    return uri.isSIP == requestURI.isSIP && uri.opaque == requestURI.opaque
      && uri.unescapedUser == requestURI.unescapedUser
  }
}

/// The credentials of one answer, each there once and well-formed.
private struct Answer {
  let username: String
  let nonce: String
  let uri: String
  let response: String
  let algorithm: Hash
  let count: UInt32
  let use: DigestUse

  init?(_ given: AuthParameters) {
    func only(_ name: String) -> String? {
      given.items.count { equalsIgnoringCase($0.name, name) } == 1 ? given[name] : nil
    }
    guard let username = only("username"), let nonce = only("nonce"), let uri = only("uri"),
      let response = only("response"), let nc = only("nc"), let cnonce = only("cnonce"), !cnonce.isEmpty,
      let qop = only("qop"), equalsIgnoringCase(qop, "auth"), only("realm") != nil,
      nc.utf8.count == 8, let count = hexNumber(nc.utf8), count > 0,
      // RFC 7616 §3.4: absent means MD5. The -sess algorithms are never asked for.
      let algorithm = given["algorithm"] == nil ? Hash.md5 : only("algorithm").flatMap({ Hash(digestName: $0) })
    else { return nil }
    self.username = username
    self.nonce = nonce
    self.uri = uri
    self.response = response
    self.algorithm = algorithm
    self.count = UInt32(truncatingIfNeeded: count)
    use = DigestUse(nc: nc, cnonce: cnonce)
  }
}
