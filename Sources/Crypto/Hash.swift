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

/// HMAC with SHA-256 (RFC 2104, RFC 4231): 32 octets.
public func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] { HMACKey(sha256: key)(message) }

/// HMAC with SHA-1 (RFC 2104, RFC 2202), as STUN has it: 20 octets.
public func hmacSHA1(key: [UInt8], _ message: [UInt8]) -> [UInt8] { HMACKey(sha1: key)(message) }

/// A key of HMAC that many messages are signed with: finding the hash and mixing in the key cost more than a message.
public final class HMACKey: @unchecked Sendable {
  /// Never used itself, only copied.
  private let prepared: OpaquePointer
  private let length: Int

  public convenience init(sha256 key: [UInt8]) { self.init("SHA256", length: 32, key) }
  public convenience init(sha1 key: [UInt8]) { self.init("SHA1", length: 20, key) }

  private init(_ hash: String, length: Int, _ key: [UInt8]) {
    // A MAC context refuses an absent key pointer, and an empty Swift array may have none: HMAC pads with zeros anyway.
    let key = key.isEmpty ? [0] : key
    guard let context = EVP_MAC_CTX_new(Fetched.hmac) else { preconditionFailure("OpenSSL is out of memory") }
    let done = hash.withCString { name in
      let parameters = [
        OSSL_PARAM_construct_utf8_string("digest", UnsafeMutablePointer(mutating: name), 0), OSSL_PARAM_construct_end(),
      ]
      return EVP_MAC_init(context, key, key.count, parameters) == 1
    }
    precondition(done, "OpenSSL refused an HMAC: out of memory, or a build without its hash")
    prepared = context
    self.length = length
  }

  deinit { EVP_MAC_CTX_free(prepared) }

  /// The MAC of a message, of 32 octets or, with SHA-1, 20.
  public func callAsFunction(_ message: [UInt8]) -> [UInt8] {
    guard let context = EVP_MAC_CTX_dup(prepared) else { preconditionFailure("OpenSSL is out of memory") }
    defer { EVP_MAC_CTX_free(context) }
    return [UInt8](unsafeUninitializedCapacity: length) { out, count in
      let done =
        EVP_MAC_update(context, message, message.count) == 1
        && EVP_MAC_final(context, out.baseAddress, &count, length) == 1
      precondition(done, "OpenSSL refused an HMAC: out of memory")
    }
  }
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
  nonisolated(unsafe) static let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
}
