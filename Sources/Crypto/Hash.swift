import COpenSSL

/// The hashes that SIP's digest authentication names (RFC 7616 §3.1, RFC 8760).
public enum Hash: Sendable {
  case md5
  case sha256
  case sha512t256

  /// Octets in a result: 16 for MD5, 32 for the others.
  public var length: Int { self == .md5 ? 16 : 32 }

  /// The hash of the bytes, by OpenSSL.
  public func callAsFunction(_ bytes: [UInt8]) -> [UInt8] {
    let algorithm =
      switch self {
      case .md5: Fetched.md5
      case .sha256: Fetched.sha256
      case .sha512t256: Fetched.sha512t256
      }
    return [UInt8](unsafeUninitializedCapacity: length) { out, count in
      var written: UInt32 = 0
      let done = EVP_Digest(bytes, bytes.count, out.baseAddress, &written, algorithm, nil)
      precondition(done == 1, "OpenSSL refused to hash: out of memory, or a build without this hash")
      count = Int(written)
    }
  }

  /// The hash of the text's UTF-8.
  public func callAsFunction(_ text: String) -> [UInt8] { self(Array(text.utf8)) }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// Looked up once: OpenSSL 3 otherwise searches its providers at each use, which costs more than a short hash.
private enum Fetched {
  nonisolated(unsafe) static let md5 = EVP_MD_fetch(nil, "MD5", nil)
  nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
  nonisolated(unsafe) static let sha512t256 = EVP_MD_fetch(nil, "SHA512-256", nil)
}
