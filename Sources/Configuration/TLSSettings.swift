import Wire

/// How SIP over TLS is spoken.
public struct TLSSettings: Equatable, Sendable {
  /// Empty: a certificate of an own authority, made at the first start.
  public var certificates: [CertificateFiles] = []
  /// The oldest version that is spoken.
  public var oldest = TLSProtocol.v12
  /// A PEM file of whom is trusted when a server is called; nil: whom the system trusts.
  public var authorities: String?

  public init() {}
}

/// A server's certificate with its chain, and its private key: PEM files, by absolute path.
public struct CertificateFiles: Hashable, Sendable {
  public var certificate: String
  public var key: String

  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}

/// A version of TLS by its number. 1.0 and 1.1 are broken (RFC 8996); some old phones know nothing else.
public enum TLSProtocol: String, CaseIterable, Hashable, Sendable {
  case v10 = "1.0"
  case v11 = "1.1"
  case v12 = "1.2"
  case v13 = "1.3"
}

extension YAMLReader {
  /// `sip.tls`.
  mutating func tls(_ node: YAMLNode) -> TLSSettings {
    var settings = TLSSettings()
    let section = section(node, of: "sip.tls", keys: ["certificates", "oldest_version", "authorities"])
    if let node = section["certificates"] {
      let files = distinct(node, of: "certificates", named: { $0.certificate }) { $0.certificateFiles($1) }
      settings.certificates = files ?? []
    }
    if let node = section["oldest_version"], let version: TLSProtocol = choice(node) { settings.oldest = version }
    if let node = section["authorities"] { settings.authorities = path(node, of: "authorities") }
    return settings
  }

  private mutating func certificateFiles(_ node: YAMLNode) -> CertificateFiles? {
    let section = section(node, of: "sip.tls.certificates", keys: ["certificate", "key"])
    for key in ["certificate", "key"] where section[key] == nil && node.pairs != nil {
      note(.missingKey(key, of: "a certificate"), at: node.position)
    }
    guard let certificateNode = section["certificate"], let keyNode = section["key"] else { return nil }
    let certificate = path(certificateNode, of: "a certificate")
    let key = path(keyNode, of: "its private key")
    guard let certificate, let key else { return nil }
    return CertificateFiles(certificate: certificate, key: key)
  }

  private mutating func path(_ node: YAMLNode, of what: String) -> String? {
    path(node, expected: "the absolute path of a PEM file with \(what), such as /data/tls/office.pem")
  }
}
