import Crypto

/// The cipher suites of SFrame (RFC 9605 §4.5), by their registered numbers. Calls use `aes256GCM`.
public enum SFrameSuite: UInt16, CaseIterable, Sendable {
  case aes128CTR80 = 1
  case aes128CTR64 = 2
  case aes128CTR32 = 3
  case aes128GCM = 4
  case aes256GCM = 5

  /// Octets that a sealed frame is longer than header and payload.
  public var tagCount: Int {
    switch self {
    case .aes128CTR80: 10
    case .aes128CTR64: 8
    case .aes128CTR32: 4
    case .aes128GCM, .aes256GCM: AESGCM.tagCount
    }
  }

  var hash: HKDF { self == .aes256GCM ? .sha512 : .sha256 }

  /// Octets of the key, with that of the MAC in the first three.
  var keyCount: Int {
    switch self {
    case .aes128CTR80, .aes128CTR64, .aes128CTR32: 48
    case .aes128GCM: 16
    case .aes256GCM: 32
    }
  }

  /// The base key of a sender's next ratchet step (§5.1); the one before can't be had from it.
  @export(interface)
  public func ratchet(_ baseKey: [UInt8]) -> [UInt8] {
    hash.expand(hash.extract(baseKey), info: Array("SFrame 1.0 Ratchet".utf8), count: hash.length)
  }
}
