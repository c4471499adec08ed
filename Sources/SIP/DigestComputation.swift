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
    let a2 = ofParts(method.name, uri)
    guard let use else { return ofParts(secret, nonce, a2) }
    return ofParts(secret, nonce, use.nc, use.cnonce, "auth", a2)
  }

  /// H(A1): of user, realm and password; bound to a session for the `-sess` algorithms.
  func digestSecret(_ username: String, _ realm: String, _ password: String, session: (nonce: String, cnonce: String)?)
    -> String
  {
    let plain = ofParts(username, realm, password)
    guard let session else { return plain }
    return ofParts(plain, session.nonce, session.cnonce)
  }

  /// The hash, in hexadecimal, of parts with colons between them.
  private func ofParts(_ parts: String...) -> String {
    var out = TextWriter(capacity: 192)
    var isFirst = true
    for part in parts {
      if !isFirst { out.put(UInt8(ascii: ":")) }
      isFirst = false
      out.put(part)
    }
    return hex(self(out.bytes))
  }
}

/// What goes with `qop=auth`: eight hexadecimal digits that count the uses of a nonce, and the client's own nonce.
struct DigestUse {
  let nc: String
  let cnonce: String
}
