import Crypto
import Wire

/// The secret of an identity key: 32 octets for Ed25519, by HKDF (RFC 5869) out of random octets of the operating system
/// and, where somebody spoke, the hash of every sample. Whoever knows the recording knows nothing of the secret: the voice
/// is credited no entropy, and can only add to the random octets, never take from them.
@export(interface)
public func identitySecret(random: [UInt8], recording: [Int16]) -> [UInt8] {
  precondition(random.count == 32, "an identity takes 32 random octets")
  var octets: [UInt8] = []
  octets.reserveCapacity(2 * recording.count)
  for sample in recording {
    let bits = UInt16(bitPattern: sample)
    octets.append(UInt8(truncatingIfNeeded: bits))
    octets.append(UInt8(truncatingIfNeeded: bits >> 8))
  }
  var material = random + Hash.sha256(octets)
  var key = HKDF.sha256.extract(salt: Array("sotto-identity-1".utf8), material)
  defer {
    wipe(&material)
    wipe(&key)
    wipe(&octets)
  }
  return HKDF.sha256.expand(key, info: Array("ed25519".utf8), count: 32)
}

/// How an identity is shown: the SHA-256 of its Ed25519 public key, 64 digits.
@export(interface)
public func identityFingerprint(_ publicKey: [UInt8]) -> String { hex(Hash.sha256(publicKey)) }

/// A fingerprint in groups of four digits, as people compare it.
@export(interface)
public func grouped(_ fingerprint: String) -> [String] {
  let digits = Array(fingerprint.utf8)
  return stride(from: 0, to: digits.count, by: 4).map { start in
    String(decoding: digits[start..<min(start + 4, digits.count)], as: UTF8.self)
  }
}
