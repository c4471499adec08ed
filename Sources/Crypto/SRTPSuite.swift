/// How media packets are encrypted and signed: the suites that SDP names for SRTP (RFC 4568 §6.2, RFC 6188, RFC 7714).
/// Those of RFC 6188 with 192 bits are left out, because libsrtp derives their keys by AES-256, as nobody else does.
public enum SRTPSuite: UInt8, Hashable, Sendable, CaseIterable {
  case aesCM128Tag80
  case aesCM128Tag32
  case aesCM256Tag80
  case aesCM256Tag32
  case aeadAES128GCM
  case aeadAES256GCM

  /// As in `a=crypto`.
  public var name: String {
    switch self {
    case .aesCM128Tag80: "AES_CM_128_HMAC_SHA1_80"
    case .aesCM128Tag32: "AES_CM_128_HMAC_SHA1_32"
    case .aesCM256Tag80: "AES_256_CM_HMAC_SHA1_80"
    case .aesCM256Tag32: "AES_256_CM_HMAC_SHA1_32"
    case .aeadAES128GCM: "AEAD_AES_128_GCM"
    case .aeadAES256GCM: "AEAD_AES_256_GCM"
    }
  }

  /// Octets of the master key.
  public var keyLength: Int {
    switch self {
    case .aesCM128Tag80, .aesCM128Tag32, .aeadAES128GCM: 16
    case .aesCM256Tag80, .aesCM256Tag32, .aeadAES256GCM: 32
    }
  }

  public var isAEAD: Bool { self == .aeadAES128GCM || self == .aeadAES256GCM }
  /// Octets of the master salt (RFC 3711 §8.2, RFC 7714 §12).
  public var saltLength: Int { isAEAD ? 12 : 14 }
  /// Octets of master key and salt together.
  public var length: Int { keyLength + saltLength }

  /// Octets that a packet of RTP grows by, without an MKI.
  public var tagLength: Int {
    switch self {
    case .aesCM128Tag80, .aesCM256Tag80: 10
    case .aesCM128Tag32, .aesCM256Tag32: 4
    case .aeadAES128GCM, .aeadAES256GCM: 16
    }
  }

  /// Octets that a packet of RTCP grows by, without an MKI: its index and the tag, which is never the short one.
  public var controlTagLength: Int { 4 + (isAEAD ? 16 : 10) }
}

/// A master key of SRTP with its salt.
public struct SRTPKey: Hashable, Sendable {
  public let suite: SRTPSuite
  /// The key, then the salt.
  public let octets: [UInt8]
  /// The MKI by which packets name the key; empty where they do not (RFC 3711 §3.1).
  public let identifier: [UInt8]

  /// Nil where the key has not the length of its suite, or the identifier has more than 128 octets.
  public init?(_ suite: SRTPSuite, _ octets: [UInt8], identifier: [UInt8] = []) {
    guard octets.count == suite.length, identifier.count <= 128 else { return nil }
    self.suite = suite
    self.octets = octets
    self.identifier = identifier
  }
}
