import CTLS
import Wire

/// A certificate with its chain and private key.
public final class TLSIdentity {
  let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { ctls_identity_free(pointer) }

  /// Reads PEM files: the server's own certificate first, then those between it and its authority.
  public convenience init(certificate: String, key: String) throws(TLSReadError) {
    let certificates: [UInt8]
    let keyBytes: [UInt8]
    do throws(PlatformError) {
      certificates = try Files.read(certificate, limit: 1 << 20)
      keyBytes = try Files.read(key, limit: 1 << 20)
    } catch {
      throw .file(error)
    }
    var made: OpaquePointer?
    let result = ctls_identity_read(certificates, certificates.count, keyBytes, keyBytes.count, &made)
    if let made {
      self.init(made)
      return
    }
    switch Int(result) {
    case CTLS_NO_CERTIFICATE: throw .content(.noCertificate(path: certificate))
    case CTLS_NO_KEY: throw .content(.noKey(path: key))
    case CTLS_MISMATCH: throw .content(.mismatch(certificate: certificate, key: key))
    default: throw .content(.outOfMemory)
    }
  }

  /// A new authority with a new key. Times in seconds since 1970.
  public static func authority(name: String, from: Int64, until: Int64) throws(TLSError) -> TLSIdentity {
    try make(name, names: [], issuer: nil, from: from, until: until)
  }

  /// A new server certificate with a new key for host names and IP addresses.
  public func issue(for names: [String], from: Int64, until: Int64) throws(TLSError) -> TLSIdentity {
    try Self.make(names.first ?? "", names: names, issuer: self, from: from, until: until)
  }

  /// A certificate that only its fingerprint vouches for, as DTLS-SRTP has them (RFC 5763 §5), with a new key.
  public static func nobody(from: Int64, until: Int64) throws(TLSError) -> TLSIdentity {
    var made: OpaquePointer?
    _ = cdtls_identity_make(from, until, &made)
    guard let made else { throw .outOfMemory }
    return TLSIdentity(made)
  }

  private static func make(
    _ commonName: String, names: [String], issuer: TLSIdentity?, from: Int64, until: Int64
  ) throws(TLSError) -> TLSIdentity {
    // X.520 allows 64 characters.
    let common = String(commonName.prefix(64))
    let alternatives = names.map { (IPAddress($0) == nil ? "DNS:" : "IP:") + $0 }.joined(separator: ",")
    var made: OpaquePointer?
    _ = ctls_identity_make(common, alternatives, issuer?.pointer, from, until, &made)
    guard let made else { throw .outOfMemory }
    return TLSIdentity(made)
  }

  /// The SHA-256 of the certificate, 32 octets.
  public var fingerprint: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    _ = ctls_identity_fingerprint(pointer, &bytes)
    return bytes
  }

  /// `ECDSA` or `RSA`.
  public var keyKind: String { String(cString: ctls_identity_key_kind(pointer)) }
  /// When it runs out, in seconds since 1970.
  public var expiry: Int64 { ctls_identity_expiry(pointer) }
  /// Whether it names that host or address.
  public func names(_ host: String) -> Bool { ctls_identity_names(pointer, host) == 1 }
  public func isSigned(by authority: TLSIdentity) -> Bool {
    ctls_identity_is_signed_by(pointer, authority.pointer) == 1
  }

  /// PEM text of the certificate and its chain.
  public var certificatePEM: [UInt8] { text(ctls_identity_certificate_pem(pointer)) }
  /// PEM text of the private key.
  public var keyPEM: [UInt8] { text(ctls_identity_key_pem(pointer)) }

  private func text(_ made: UnsafeMutablePointer<CChar>?) -> [UInt8] {
    guard let made else { return [] }
    defer { ctls_free(made) }
    return Array(String(cString: made).utf8)
  }
}

/// Why a certificate could not be had from its files.
public enum TLSReadError: Error, Equatable, Sendable {
  case file(PlatformError)
  case content(TLSError)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .content(let error): error.description
    }
  }
}
