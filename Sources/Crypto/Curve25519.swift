import COpenSSL

/// A key agreement on Curve25519 (RFC 7748 §5).
public struct X25519: Sendable {
  /// 32 octets.
  public let publicKey: [UInt8]
  private let secret: [UInt8]

  /// `secret` is 32 random octets.
  @export(interface)
  public init(secret: [UInt8]) {
    precondition(secret.count == 32, "an X25519 secret has 32 octets")
    let key = EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, secret, 32)
    defer { EVP_PKEY_free(key) }
    publicKey = rawPublicKey(key)
    self.secret = secret
  }

  /// What is shared with the owner of a public key, 32 octets; nil where the key is not 32 octets long or is one of those
  /// that make it all zero whatever the secret is (§6.1), so that everyone knows it.
  @export(interface)
  public func shared(with other: [UInt8]) -> [UInt8]? {
    guard other.count == 32 else { return nil }
    let ours = EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, secret, 32)
    let theirs = EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, other, 32)
    let context = EVP_PKEY_CTX_new_from_pkey(nil, ours, nil)
    defer {
      EVP_PKEY_CTX_free(context)
      EVP_PKEY_free(theirs)
      EVP_PKEY_free(ours)
    }
    var result = [UInt8](repeating: 0, count: 32)
    var count = 32
    let done =
      EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, theirs) == 1
      && EVP_PKEY_derive(context, &result, &count) == 1 && count == 32
    let zeros = [UInt8](repeating: 0, count: 32)
    return done && !constantTimeEqual(result, zeros) ? result : nil
  }
}

/// Signatures by Ed25519 (RFC 8032 §5.1).
public struct Ed25519: Sendable {
  /// Octets of a signature.
  public static let signatureCount = 64

  /// 32 octets.
  public let publicKey: [UInt8]
  private let secret: [UInt8]

  /// `secret` is 32 random octets.
  @export(interface)
  public init(secret: [UInt8]) {
    precondition(secret.count == 32, "an Ed25519 secret has 32 octets")
    let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, secret, 32)
    defer { EVP_PKEY_free(key) }
    publicKey = rawPublicKey(key)
    self.secret = secret
  }

  /// The signature of a message, 64 octets.
  @export(interface)
  public func sign(_ message: [UInt8]) -> [UInt8] {
    let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, secret, 32)
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
    }
    var signature = [UInt8](repeating: 0, count: Ed25519.signatureCount)
    var count = signature.count
    let done =
      EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key, nil) == 1
      && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    precondition(done && count == Ed25519.signatureCount, "OpenSSL refused to sign by Ed25519")
    return signature
  }

  /// Whether the owner of a public key signed the message.
  @export(interface)
  public static func verify(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
    guard signature.count == signatureCount, publicKey.count == 32,
      let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, 32)
    else { return false }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
    }
    return EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

private func rawPublicKey(_ key: OpaquePointer?) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: 32)
  var count = 32
  let done = EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1
  precondition(done && count == 32, "OpenSSL refused a key of Curve25519: out of memory, or a build without it")
  return bytes
}
