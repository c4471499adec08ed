import COpenSSL

/// AES in Galois/counter mode (NIST SP 800-38D) with a 16-octet tag. The contexts are made once and used for each message.
public final class AESGCM: AEAD, @unchecked Sendable {
  public static let tagCount = 16
  public var tagCount: Int { Self.tagCount }

  private let encryption: OpaquePointer
  private let decryption: OpaquePointer

  /// `key` has 16 or 32 octets.
  @export(interface)
  public init(key: [UInt8]) {
    let cipher =
      switch key.count {
      case 16: aes128
      case 32: aes256
      default: preconditionFailure("AES-GCM takes a key of 16 or 32 octets")
      }
    func context(_ isEncrypting: Int32) -> OpaquePointer {
      guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
      let done = EVP_CipherInit_ex(context, cipher, nil, key, nil, isEncrypting) == 1
      precondition(done, "OpenSSL refused AES-GCM: out of memory, or a build without it")
      return context
    }
    encryption = context(1)
    decryption = context(0)
  }

  deinit {
    EVP_CIPHER_CTX_free(encryption)
    EVP_CIPHER_CTX_free(decryption)
  }

  @export(interface)
  public func seal(
    _ message: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into sealed: UnsafeMutableRawBufferPointer
  ) {
    precondition(nonce.count == 12 && sealed.count == message.count + tagCount)
    let done =
      run(encryption, message, nonce, authenticating, into: sealed)
      && EVP_CIPHER_CTX_ctrl(encryption, EVP_CTRL_AEAD_GET_TAG, 16, sealed.baseAddress! + message.count) == 1
    precondition(done, "OpenSSL refused to encrypt by AES-GCM")
  }

  @export(interface)
  public func open(
    _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, authenticating: UnsafeRawBufferPointer,
    into message: UnsafeMutableRawBufferPointer
  ) -> Bool {
    precondition(nonce.count == 12)
    guard sealed.count >= tagCount, message.count == sealed.count - tagCount else { return false }
    let cipher = UnsafeRawBufferPointer(rebasing: sealed[..<message.count])
    // Taken before decrypting, which may write over it.
    var tag = sealed.loadUnaligned(fromByteOffset: message.count, as: (UInt64, UInt64).self)
    let done =
      EVP_CipherInit_ex(decryption, nil, nil, nil, nonce.octets, 0) == 1
      && EVP_CIPHER_CTX_ctrl(decryption, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
      && run(decryption, cipher, nil, authenticating, into: message)
    if !done { message.initializeMemory(as: UInt8.self, repeating: 0) }
    return done
  }

  private func run(
    _ context: OpaquePointer, _ input: UnsafeRawBufferPointer, _ nonce: UnsafeRawBufferPointer?,
    _ authenticating: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    if let nonce, EVP_CipherInit_ex(context, nil, nil, nil, nonce.octets, -1) != 1 { return false }
    var written: Int32 = 0
    if !authenticating.isEmpty {
      guard EVP_CipherUpdate(context, nil, &written, authenticating.octets, Int32(authenticating.count)) == 1 else {
        return false
      }
    }
    if !input.isEmpty {
      guard EVP_CipherUpdate(context, output.octets, &written, input.octets, Int32(input.count)) == 1 else {
        return false
      }
    }
    // Never given octets by this mode, but the call wants somewhere to write.
    var rest: (UInt64, UInt64) = (0, 0)
    return withUnsafeMutableBytes(of: &rest) { EVP_CipherFinal_ex(context, $0.octets, &written) == 1 }
  }
}

extension UnsafeRawBufferPointer {
  var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
  var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

private nonisolated(unsafe) let aes128 = EVP_CIPHER_fetch(nil, "AES-128-GCM", nil)
private nonisolated(unsafe) let aes256 = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
