import COpenSSL

/// HMAC with SHA-256 (RFC 2104, RFC 4231): 32 octets.
public func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] { HMACKey(sha256: key)(message) }

/// HMAC with SHA-1 (RFC 2104, RFC 2202), as STUN has it: 20 octets.
public func hmacSHA1(key: [UInt8], _ message: [UInt8]) -> [UInt8] { HMACKey(sha1: key)(message) }

/// A key of HMAC that many messages are signed with: finding the hash and mixing in the key cost more than a message.
public final class HMACKey: @unchecked Sendable {
  /// Never used itself, only copied.
  private let prepared: OpaquePointer
  /// Octets in a MAC: 20, 32 or 64.
  public let length: Int

  public convenience init(sha1 key: [UInt8]) { self.init("SHA1", length: 20, key) }
  public convenience init(sha256 key: [UInt8]) { self.init("SHA256", length: 32, key) }
  public convenience init(sha512 key: [UInt8]) { self.init("SHA512", length: 64, key) }

  private init(_ hash: StaticString, length: Int, _ key: [UInt8]) {
    // A MAC context refuses an absent key pointer, and an empty Swift array may have none: HMAC pads with zeros anyway.
    let key = key.isEmpty ? [0] : key
    guard let context = EVP_MAC_CTX_new(hmac) else { preconditionFailure("OpenSSL is out of memory") }
    let parameters = [
      OSSL_PARAM_construct_utf8_string(cName("digest"), UnsafeMutablePointer(mutating: cName(hash)), 0),
      OSSL_PARAM_construct_end(),
    ]
    let done = EVP_MAC_init(context, key, key.count, parameters) == 1
    precondition(done, "OpenSSL refused an HMAC: out of memory, or a build without its hash")
    prepared = context
    self.length = length
  }

  deinit { EVP_MAC_CTX_free(prepared) }

  /// The MAC of a message, of `length` octets.
  public func callAsFunction(_ message: [UInt8]) -> [UInt8] {
    let context = copy()
    defer { EVP_MAC_CTX_free(context) }
    return [UInt8](unsafeUninitializedCapacity: length) { out, count in
      let done =
        EVP_MAC_update(context, message, message.count) == 1
        && EVP_MAC_final(context, out.baseAddress, &count, length) == 1
      precondition(done, "OpenSSL refused an HMAC: out of memory")
    }
  }

  /// A context of OpenSSL with this key in it, which the caller frees.
  func copy() -> OpaquePointer {
    guard let context = EVP_MAC_CTX_dup(prepared) else { preconditionFailure("OpenSSL is out of memory") }
    return context
  }
}

private nonisolated(unsafe) let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
