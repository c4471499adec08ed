import Crypto
import Wire

extension Hash {
  /// Its name in a challenge (RFC 7616 §3.3, RFC 8760 §2.2).
  public var digestName: String {
    switch self {
    case .md5: "MD5"
    case .sha256: "SHA-256"
    case .sha512t256: "SHA-512-256"
    }
  }

  /// The hash of that name in any case, without `-sess`.
  public init?(digestName: String) {
    for hash in [Hash.md5, .sha256, .sha512t256] where equalsIgnoringCase(digestName, hash.digestName) {
      self = hash
      return
    }
    return nil
  }

  /// The `response` of RFC 7616 §3.4.1. Without `use`, as RFC 2069 had it and RFC 3261 §22.4 item 6 keeps it.
  func digestResponse(secret: String, method: Method, uri: String, nonce: String, use: DigestUse?) -> String {
    let a2 = hex(self(method.name + ":" + uri))
    guard let use else { return hex(self(secret + ":" + nonce + ":" + a2)) }
    return hex(self(secret + ":" + nonce + ":" + use.nc + ":" + use.cnonce + ":auth:" + a2))
  }

  /// H(A1): of user, realm and password; bound to a session for the `-sess` algorithms.
  func digestSecret(_ username: String, _ realm: String, _ password: String, session: (nonce: String, cnonce: String)?)
    -> String
  {
    let plain = hex(self(username + ":" + realm + ":" + password))
    guard let session else { return plain }
    return hex(self(plain + ":" + session.nonce + ":" + session.cnonce))
  }
}

/// What goes with `qop=auth`: eight hexadecimal digits that count the uses of a nonce, and the client's own nonce.
struct DigestUse {
  let nc: String
  let cnonce: String
}
