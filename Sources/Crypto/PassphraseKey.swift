import COpenSSL

/// How a key is made of a passphrase, slowly on purpose.
public enum PassphraseFunction: Hashable, Sendable {
  /// RFC 9106 with version 0x13 and one lane: kilobytes of memory, passes over it.
  case argon2id(kilobytes: UInt32, passes: UInt32)
  /// RFC 7914 with r = 8 and p = 1: 2^`logarithm` blocks of a kilobyte.
  case scrypt(logarithm: UInt32)

  /// What both may take of whoever is handed a sealed file: 1 GB, and a minute or so.
  private static let mostKilobytes: UInt32 = 1 << 20
  private static let mostPasses: UInt32 = 64

  /// The best that this OpenSSL has, within what a board of 512 MB can spare: Argon2id came with OpenSSL 3.2.
  @export(interface)
  public static var best: PassphraseFunction {
    hasArgon2id ? .argon2id(kilobytes: 65536, passes: 3) : .scrypt(logarithm: 15)
  }

  static var hasArgon2id: Bool {
    let function = EVP_KDF_fetch(nil, "ARGON2ID", nil)
    EVP_KDF_free(function)
    return function != nil
  }

  /// Whether the numbers are sensible, whoever wrote them.
  public var isBearable: Bool {
    switch self {
    case .argon2id(let kilobytes, let passes):
      (8...Self.mostKilobytes).contains(kilobytes) && (1...Self.mostPasses).contains(passes)
    case .scrypt(let logarithm): (1...20).contains(logarithm)
    }
  }

  /// 32 octets; nil where this OpenSSL has not the function, or the memory is not there. `salt` has 8 octets at least.
  @export(interface)
  public func key(_ passphrase: [UInt8], salt: [UInt8]) -> [UInt8]? {
    guard isBearable else { return nil }
    let (name, numbers): (String, [(StaticString, UInt64)])
    switch self {
    case .argon2id(let kilobytes, let passes):
      (name, numbers) = ("ARGON2ID", [("memcost", UInt64(kilobytes)), ("iter", UInt64(passes)), ("lanes", 1)])
    case .scrypt(let logarithm):
      let room = UInt64(Self.mostKilobytes) * 2048
      (name, numbers) = ("SCRYPT", [("n", 1 << UInt64(logarithm)), ("r", 8), ("p", 1), ("maxmem_bytes", room)])
    }
    var passphrase = passphrase.isEmpty ? [0] : passphrase
    var salt = salt
    defer { wipe(&passphrase) }
    let function = EVP_KDF_fetch(nil, name, nil)
    defer { EVP_KDF_free(function) }
    guard function != nil, let context = EVP_KDF_CTX_new(function) else { return nil }
    defer { EVP_KDF_CTX_free(context) }
    // OpenSSL reads names and values where they lie, until the key is made.
    var values = numbers.map { $0.1 }
    var key = [UInt8](repeating: 0, count: 32)
    let done = passphrase.withUnsafeMutableBytes { secret in
      salt.withUnsafeMutableBytes { grain in
        values.withUnsafeMutableBufferPointer { values in
          var list = [octets("pass", secret), octets("salt", grain)]
          for (place, number) in numbers.enumerated() {
            list.append(OSSL_PARAM_construct_uint64(cName(number.0), values.baseAddress! + place))
          }
          list.append(OSSL_PARAM_construct_end())
          return EVP_KDF_derive(context, &key, key.count, list) == 1
        }
      }
    }
    return done ? key : nil
  }

  private func octets(_ name: StaticString, _ bytes: UnsafeMutableRawBufferPointer) -> OSSL_PARAM {
    OSSL_PARAM_construct_octet_string(cName(name), bytes.baseAddress, bytes.count)
  }
}

/// A name for OpenSSL, which reads it where it lies, for as long as it likes.
func cName(_ name: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}
