import COpenSSL

/// ML-KEM-768 (FIPS 203), the key agreement that a quantum computer is not known to break. OpenSSL has it from 3.5 on.
public struct MLKEM768: Sendable {
  /// Octets of the seed d ‖ z (§7.1), of an encapsulation key, of a ciphertext, and of the shared secret.
  public static let seedCount = 64
  public static let keyCount = 1184
  public static let ciphertextCount = 1088
  public static let sharedCount = 32

  /// Whether the OpenSSL of this build has it.
  public static let isAvailable: Bool = {
    guard let management = EVP_KEYMGMT_fetch(nil, "ML-KEM-768", nil) else { return false }
    EVP_KEYMGMT_free(management)
    return true
  }()

  /// The key that others encapsulate to, 1184 octets.
  public let encapsulationKey: [UInt8]
  private let seed: [UInt8]

  /// `seed` is 64 random octets; nil where OpenSSL has no ML-KEM.
  @export(interface)
  public init?(seed: [UInt8]) {
    guard seed.count == MLKEM768.seedCount, let key = MLKEM768.key("seed", seed, isPrivate: true) else { return nil }
    defer { EVP_PKEY_free(key) }
    var encapsulationKey = [UInt8](repeating: 0, count: MLKEM768.keyCount)
    var count = 0
    guard EVP_PKEY_get_octet_string_param(key, "pub", &encapsulationKey, encapsulationKey.count, &count) == 1,
      count == MLKEM768.keyCount
    else { return nil }
    self.encapsulationKey = encapsulationKey
    self.seed = seed
  }

  /// The secret in a ciphertext, 32 octets; one that nobody knows where it was not made for this key (§6.3), nil where
  /// it is not 1088 octets long.
  @export(interface)
  public func decapsulate(_ ciphertext: [UInt8]) -> [UInt8]? {
    guard ciphertext.count == MLKEM768.ciphertextCount, let key = MLKEM768.key("seed", seed, isPrivate: true) else {
      return nil
    }
    let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
    defer {
      EVP_PKEY_CTX_free(context)
      EVP_PKEY_free(key)
    }
    var shared = [UInt8](repeating: 0, count: MLKEM768.sharedCount)
    var count = shared.count
    let done =
      EVP_PKEY_decapsulate_init(context, nil) == 1
      && EVP_PKEY_decapsulate(context, &shared, &count, ciphertext, ciphertext.count) == 1
    return done && count == MLKEM768.sharedCount ? shared : nil
  }

  /// A secret of 32 octets and the ciphertext that tells it to the owner of a key, made of 32 random octets (§6.2, which
  /// §7.2 calls with such); nil where the key is none (§7.2) or OpenSSL has no ML-KEM.
  @export(interface)
  public static func encapsulate(to encapsulationKey: [UInt8], random: [UInt8]) -> (
    ciphertext: [UInt8], shared: [UInt8]
  )? {
    guard random.count == 32, encapsulationKey.count == keyCount,
      let key = key("pub", encapsulationKey, isPrivate: false)
    else { return nil }
    let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
    defer {
      EVP_PKEY_CTX_free(context)
      EVP_PKEY_free(key)
    }
    var ciphertext = [UInt8](repeating: 0, count: ciphertextCount)
    var shared = [UInt8](repeating: 0, count: sharedCount)
    var (ciphertextLength, sharedLength) = (ciphertext.count, shared.count)
    let done =
      withParameter("ikme", random) { EVP_PKEY_encapsulate_init(context, $0) } == 1
      && EVP_PKEY_encapsulate(context, &ciphertext, &ciphertextLength, &shared, &sharedLength) == 1
    return done && ciphertextLength == ciphertextCount && sharedLength == sharedCount ? (ciphertext, shared) : nil
  }

  /// A key of OpenSSL, which the caller frees; nil where it is none.
  private static func key(_ name: StaticString, _ bytes: [UInt8], isPrivate: Bool) -> OpaquePointer? {
    guard isAvailable, let context = EVP_PKEY_CTX_new_from_name(nil, "ML-KEM-768", nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_fromdata_init(context) == 1 else { return nil }
    var key: OpaquePointer?
    // Private and public, or public alone: EVP_PKEY_KEYPAIR and EVP_PKEY_PUBLIC_KEY, macros that Swift does not see.
    let selection: Int32 = isPrivate ? 0x87 : 0x86
    let done = withParameter(name, bytes) { EVP_PKEY_fromdata(context, &key, selection, $0) }
    return done == 1 ? key : nil
  }

  private static func withParameter(
    _ name: StaticString, _ bytes: [UInt8], _ body: (UnsafeMutablePointer<OSSL_PARAM>) -> Int32
  ) -> Int32 {
    var bytes = bytes
    return bytes.withUnsafeMutableBytes { bytes in
      var parameters = [
        OSSL_PARAM_construct_octet_string(cName(name), bytes.baseAddress, bytes.count), OSSL_PARAM_construct_end(),
      ]
      return body(&parameters)
    }
  }
}
