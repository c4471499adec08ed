import Crypto

/// What both ends compute of the messages and the shared secrets.
struct KeySchedule: Hashable, Sendable {
  private static let protocolName = Array("sotto-e2e-1".utf8)
  /// Octets of a sealed identity: key, signature and tag.
  static let sealedIdentityCount = 32 + Ed25519.signatureCount + AESGCM.tagCount

  /// Hash of everything that was said, with the nonce that the initiator had committed to.
  let transcript: [UInt8]
  let pseudorandomKey: [UInt8]

  init(
    helloI: [UInt8], helloR: [UInt8], commit: [UInt8], respond: [UInt8], nonceI: [UInt8], sharedSecrets: [UInt8]
  ) {
    var said = Self.protocolName
    for message in [helloI, helloR, commit, respond, nonceI] {
      said += [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    }
    transcript = Hash.sha256(said)
    pseudorandomKey = HKDF.sha256.extract(salt: transcript, sharedSecrets)
  }

  init(transcript: [UInt8], pseudorandomKey: [UInt8]) {
    self.transcript = transcript
    self.pseudorandomKey = pseudorandomKey
  }

  private func derived(_ label: String, _ count: Int) -> [UInt8] {
    HKDF.sha256.expand(pseudorandomKey, info: Self.protocolName + Array((" " + label).utf8), count: count)
  }

  /// The base key of the frames that a role sends.
  func voiceKey(of role: SecureSession.Role) -> [UInt8] { derived("sframe " + role.letter, 32) }

  var words: AuthenticationWords { AuthenticationWords(derived("sas", 3)) }

  /// Key and nonce of the one message that a role seals.
  func seal(of role: SecureSession.Role) -> (cipher: AESGCM, nonce: [UInt8]) {
    let bytes = derived("hs " + role.letter, 44)
    return (AESGCM(key: Array(bytes[..<32])), Array(bytes[32...]))
  }

  private func signed(by role: SecureSession.Role) -> [UInt8] {
    Self.protocolName + Array((" " + role.letter).utf8) + transcript
  }

  /// Identity and signature of a role, sealed for the other.
  func sealIdentity(_ identity: Ed25519, as role: SecureSession.Role) -> [UInt8] {
    let (cipher, nonce) = seal(of: role)
    return cipher.sealed(identity.publicKey + identity.sign(signed(by: role)), nonce: nonce)
  }

  /// The identity of the other end, once its seal and signature are right.
  func openIdentity(_ sealed: [UInt8], of role: SecureSession.Role) throws(SecureVoiceFault) -> [UInt8] {
    let (cipher, nonce) = seal(of: role)
    guard sealed.count == Self.sealedIdentityCount, let opened = cipher.opened(sealed, nonce: nonce) else {
      throw .altered
    }
    let identity = Array(opened[..<32])
    guard Ed25519.verify(Array(opened[32...]), of: signed(by: role), by: identity) else { throw .badSignature }
    return identity
  }
}
