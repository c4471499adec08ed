import COpenSSL

/// AES in counter mode, then HMAC of everything, cut to a few octets: the construction of RFC 9605 §4.5.1.
public final class AESCounterHMAC: AEAD, @unchecked Sendable {
  public let tagCount: Int

  private let cipher: OpaquePointer
  private let mac: OpaquePointer
  private let macCount: Int

  /// `key` is one for AES, of 16 octets, and one for HMAC-SHA-256, of 32; or 32 and, for HMAC-SHA-512, 64.
  @export(interface)
  public init(key: [UInt8], tagCount: Int) {
    let isLarge = key.count == 96
    precondition(isLarge || key.count == 48, "the keys of AES-CTR and HMAC together have 48 or 96 octets")
    let aesCount = isLarge ? 32 : 16
    let authentication = Array(key[aesCount...])
    let macKey = isLarge ? HMACKey(sha512: authentication) : HMACKey(sha256: authentication)
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
    let done = EVP_CipherInit_ex(context, isLarge ? aes256 : aes128, nil, Array(key[..<aesCount]), nil, 1) == 1
    precondition(done, "OpenSSL refused AES-CTR: out of memory, or a build without it")
    cipher = context
    mac = macKey.copy()
    macCount = macKey.length
    self.tagCount = tagCount
  }

  deinit {
    EVP_CIPHER_CTX_free(cipher)
    EVP_MAC_CTX_free(mac)
  }

  @export(interface)
  public func seal(
    _ message: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into sealed: UnsafeMutableRawBufferPointer
  ) {
    precondition(nonce.count == 12 && sealed.count == message.count + tagCount)
    let text = UnsafeMutableRawBufferPointer(rebasing: sealed[..<message.count])
    crypt(message, nonce, into: text)
    let tag = tag(of: UnsafeRawBufferPointer(text), nonce, authenticating)
    withUnsafeBytes(of: tag) { tag in
      for i in 0..<tagCount { sealed[message.count + i] = tag[i] }
    }
  }

  @export(interface)
  public func open(
    _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into message: UnsafeMutableRawBufferPointer
  ) -> Bool {
    precondition(nonce.count == 12)
    guard sealed.count >= tagCount, message.count == sealed.count - tagCount, let start = sealed.baseAddress else {
      return false
    }
    let text = UnsafeRawBufferPointer(rebasing: sealed[..<message.count])
    let tag = tag(of: text, nonce, authenticating)
    guard withUnsafeBytes(of: tag, { CRYPTO_memcmp($0.baseAddress, start + message.count, tagCount) }) == 0 else {
      return false
    }
    crypt(text, nonce, into: message)
    return true
  }

  private func crypt(
    _ input: UnsafeRawBufferPointer, _ nonce: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    // The first block of the key stream is that of the nonce and four octets of zero.
    var start: (UInt64, UInt64) = (0, 0)
    var written: Int32 = 0
    let done = withUnsafeMutableBytes(of: &start) { start in
      start.copyMemory(from: nonce)
      return EVP_CipherInit_ex(cipher, nil, nil, nil, start.octets, 1) == 1
        && (input.isEmpty || EVP_CipherUpdate(cipher, output.octets, &written, input.octets, Int32(input.count)) == 1)
    }
    precondition(done, "OpenSSL refused to encrypt by AES-CTR")
  }

  /// The whole MAC, of which the tag is the first octets.
  private func tag(
    of text: UnsafeRawBufferPointer, _ nonce: UnsafeRawBufferPointer, _ authenticating: UnsafeRawBufferPointer
  ) -> MAC {
    let lengths = (
      UInt64(authenticating.count).bigEndian, UInt64(text.count).bigEndian, UInt64(tagCount).bigEndian
    )
    var result: MAC = (0, 0, 0, 0, 0, 0, 0, 0)
    var count = 0
    let done =
      EVP_MAC_init(mac, nil, 0, nil) == 1
      && withUnsafeBytes(of: lengths) { EVP_MAC_update(mac, $0.octets, 24) } == 1
      && EVP_MAC_update(mac, nonce.octets, nonce.count) == 1
      && EVP_MAC_update(mac, authenticating.octets, authenticating.count) == 1
      && EVP_MAC_update(mac, text.octets, text.count) == 1
      && withUnsafeMutableBytes(of: &result) { EVP_MAC_final(mac, $0.octets, &count, macCount) } == 1
    precondition(done, "OpenSSL refused an HMAC")
    return result
  }

  private typealias MAC = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
}

private nonisolated(unsafe) let aes128 = EVP_CIPHER_fetch(nil, "AES-128-CTR", nil)
private nonisolated(unsafe) let aes256 = EVP_CIPHER_fetch(nil, "AES-256-CTR", nil)
