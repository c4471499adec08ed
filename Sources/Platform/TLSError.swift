/// What is wrong with a certificate, a key or a TLS session; `description` says it to a person.
public enum TLSError: Error, Equatable, Sendable {
  /// The file holds no certificate in PEM form.
  case noCertificate(path: String)
  /// The file holds no private key in PEM form without a passphrase.
  case noKey(path: String)
  /// The key is not the certificate's.
  case mismatch(certificate: String, key: String)
  /// The file holds no authority to trust.
  case noAuthority(path: String)
  /// The session failed; OpenSSL's words.
  case session(String)
  case outOfMemory

  public var description: String {
    switch self {
    case .noCertificate(let path): "\(path) holds no certificate; expected PEM text, the server's own certificate first"
    case .noKey(let path): "\(path) holds no private key; expected PEM text without a passphrase"
    case .mismatch(let certificate, let key):
      "the key of \(key) does not belong to the first certificate of \(certificate)"
    case .noAuthority(let path): "\(path) holds no certificate of an authority; expected PEM text"
    case .session(let reason): reason
    case .outOfMemory: "OpenSSL is out of memory"
    }
  }
}
