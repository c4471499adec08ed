import Crypto
import Wire

/// What an identity file can be refused for.
public enum IdentityFileError: Error, Sendable, Equatable {
  /// The line, and what was expected there.
  case damaged(line: Int, expected: String)
  case unknownFunction
  case wrongPassphrase

  public var description: String {
    switch self {
    case .damaged(let line, let expected):
      "line \(line): expected \(expected); is it the file that 'sotto keygen' wrote?"
    case .unknownFunction: "this build has not the function that the key is sealed by, or not the memory for it"
    case .wrongPassphrase: "the passphrase is another one, or the file was changed"
    }
  }
}

/// An identity's secret at rest: sealed by AES-256-GCM under a key that is made of a passphrase. A file of six lines:
///
///     sotto identity 1
///     public 64 hexadecimal digits, the Ed25519 key
///     function argon2id KILOBYTES PASSES, or scrypt LOGARITHM
///     salt 32 digits
///     nonce 24 digits
///     sealed 96 digits
///
/// The lines before the last are authenticated with it.
public struct SealedIdentity: Hashable, Sendable {
  private static let title = "sotto identity 1"
  public let publicKey: [UInt8]
  public let function: PassphraseFunction
  private let salt: [UInt8]
  private let nonce: [UInt8]
  private let sealed: [UInt8]

  /// Seals a secret of 32 octets; nil where the passphrase can't be made a key of for want of memory. `random` is 28
  /// octets that were never used before.
  @export(interface)
  public init?(secret: [UInt8], passphrase: [UInt8], function: PassphraseFunction, random: [UInt8]) {
    precondition(secret.count == 32 && random.count == 28, "a secret of 32 octets, and 28 random ones")
    publicKey = Ed25519(secret: secret).publicKey
    self.function = function
    salt = Array(random[..<16])
    nonce = Array(random[16...])
    guard var key = function.key(passphrase, salt: salt) else { return nil }
    defer { wipe(&key) }
    let head = Self.head(publicKey, function, salt, nonce)
    sealed = AESGCM(key: key).sealed(secret, nonce: nonce, authenticating: Array(head.utf8))
  }

  /// The secret, 32 octets.
  @export(interface)
  public func open(_ passphrase: [UInt8]) throws(IdentityFileError) -> [UInt8] {
    guard var key = function.key(passphrase, salt: salt) else { throw .unknownFunction }
    defer { wipe(&key) }
    let head = Array(Self.head(publicKey, function, salt, nonce).utf8)
    guard let secret = AESGCM(key: key).opened(sealed, nonce: nonce, authenticating: head) else {
      throw .wrongPassphrase
    }
    guard Ed25519(secret: secret).publicKey == publicKey else { throw .wrongPassphrase }
    return secret
  }

  /// The file.
  public var text: String { Self.head(publicKey, function, salt, nonce) + "sealed \(hex(sealed))\n" }

  private static func head(
    _ publicKey: [UInt8], _ function: PassphraseFunction, _ salt: [UInt8], _ nonce: [UInt8]
  ) -> String {
    let name =
      switch function {
      case .argon2id(let kilobytes, let passes): "argon2id \(kilobytes) \(passes)"
      case .scrypt(let logarithm): "scrypt \(logarithm)"
      }
    return "\(title)\npublic \(hex(publicKey))\nfunction \(name)\nsalt \(hex(salt))\nnonce \(hex(nonce))\n"
  }

  /// Reads a file.
  @export(interface)
  public init(_ text: String) throws(IdentityFileError) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    guard lines.first == Self.title else { throw .damaged(line: 1, expected: "\"\(Self.title)\"") }
    guard lines.count == 7, lines[6].isEmpty else { throw .damaged(line: min(lines.count, 7), expected: "six lines") }
    publicKey = try Self.octets(lines[1], 2, "public", 32)
    function = try Self.function(lines[2])
    salt = try Self.octets(lines[3], 4, "salt", 16)
    nonce = try Self.octets(lines[4], 5, "nonce", 12)
    sealed = try Self.octets(lines[5], 6, "sealed", 48)
  }

  private static func octets(
    _ line: String, _ number: Int, _ name: String, _ count: Int
  ) throws(IdentityFileError) -> [UInt8] {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, words[0] == name, let found = bytes(hex: String(words[1])), found.count == count else {
      throw .damaged(line: number, expected: "\"\(name)\" and \(2 * count) hexadecimal digits")
    }
    return found
  }

  private static func function(_ line: String) throws(IdentityFileError) -> PassphraseFunction {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    var function: PassphraseFunction?
    if words.count == 4, words[1] == "argon2id", let kilobytes = UInt32(words[2]), let passes = UInt32(words[3]) {
      function = .argon2id(kilobytes: kilobytes, passes: passes)
    } else if words.count == 3, words[1] == "scrypt", let logarithm = UInt32(words[2]) {
      function = .scrypt(logarithm: logarithm)
    }
    guard words[0] == "function", let function, function.isBearable else {
      throw .damaged(
        line: 3, expected: "\"function argon2id\", kilobytes and passes, or \"function scrypt\" and a logarithm")
    }
    return function
  }
}
