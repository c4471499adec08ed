import Crypto
import Wire

/// The client's side of digest authentication (RFC 7616 §3.4, RFC 3261 §22.2).
public struct DigestClient: Sendable {
  public var username: String
  public var password: String
  /// The nonce used last and how often; a server refuses a count that it has seen.
  private var nonce = ""
  private var count: UInt32 = 0

  public init(username: String, password: String) {
    self.username = username
    self.password = password
  }

  /// The credentials for the first challenge that can be answered: the server put what it prefers first (RFC 8760
  /// §2.4). Nil where none can. `uri` is the Request-URI as it will be sent, `cnonce` something random.
  @export(interface)
  public mutating func respond(
    to challenges: [AuthParameters], method: Method, uri: String, cnonce: String
  ) -> AuthParameters? {
    for challenge in challenges where challenge.isDigest {
      if let answer = respond(to: challenge, method: method, uri: uri, cnonce: cnonce) { return answer }
    }
    return nil
  }

  /// The request once more under the next number, with the credentials that a 401 or 407 asks for (RFC 3261 §22); nil
  /// where none can be given. Credentials that were refused before (`isAgain`) help only where their nonce was stale.
  @export(interface)
  public mutating func answer(
    _ response: Response, to request: Request, isAgain: Bool, cnonce: String
  ) -> (request: Request, number: UInt32)? {
    let isProxy = response.status == 407
    guard
      let challenges = isProxy ? try? response.headers.proxyAuthenticate : try? response.headers.wwwAuthenticate,
      !isAgain || challenges.contains(where: { equalsIgnoringCase($0["stale"] ?? "", "true") }),
      let number = try? request.headers.cSeq.number,
      let credentials = respond(
        to: challenges, method: request.method, uri: request.uri.description, cnonce: cnonce)
    else { return nil }
    var again = request
    again.headers[isProxy ? .proxyAuthorization : .authorization] = credentials.description
    again.headers[.cSeq] = CSeq(number &+ 1, request.method).description
    return (again, number &+ 1)
  }

  private mutating func respond(
    to challenge: AuthParameters, method: Method, uri: String, cnonce: String
  ) -> AuthParameters? {
    guard let realm = challenge["realm"], let nonce = challenge["nonce"] else { return nil }
    let name = challenge["algorithm"]
    let isSession = name.map { lowercasedASCII($0).hasSuffix("-sess") } ?? false
    guard let hash = Hash(digestName: name.map { isSession ? String($0.dropLast(5)) : $0 } ?? "MD5") else { return nil }
    var use: DigestUse?
    if let offered = challenge["qop"] {
      guard splitAtCommas(offered)?.contains(where: { equalsIgnoringCase($0, "auth") }) == true else { return nil }
      count = nonce == self.nonce ? count &+ 1 : 1
      self.nonce = nonce
      let digits = String(count, radix: 16)
      use = DigestUse(nc: String(repeating: "0", count: 8 - digits.utf8.count) + digits, cnonce: cnonce)
    }
    let secret = hash.digestSecret(username, realm, password, session: isSession ? (nonce, cnonce) : nil)
    let response = hash.digestResponse(secret: secret, method: method, uri: uri, nonce: nonce, use: use)
    var answer = AuthParameters([
      .init("username", username, quoted: true), .init("realm", realm, quoted: true),
      .init("nonce", nonce, quoted: true), .init("uri", uri, quoted: true), .init("response", response, quoted: true),
    ])
    if let name { answer.items.append(.init("algorithm", name, quoted: false)) }
    if let use {
      answer.items.append(.init("qop", "auth", quoted: false))
      answer.items.append(.init("nc", use.nc, quoted: false))
      answer.items.append(.init("cnonce", use.cnonce, quoted: true))
    } else if isSession {
      answer.items.append(.init("cnonce", cnonce, quoted: true))
    }
    if let opaque = challenge["opaque"] { answer.items.append(.init("opaque", opaque, quoted: true)) }
    return answer
  }
}
