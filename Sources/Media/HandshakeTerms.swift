/// What was agreed with a phone on a handshake of DTLS that gives the keys (RFC 5763).
public struct HandshakeTerms: Hashable, Sendable {
  /// Names it: the same as long as the handshake that was is to stand, and no other's.
  public var association: UInt64
  /// Whether the box begins it.
  public var isClient: Bool
  /// Digests of certificates of which one is the phone's: by SHA-256, 384 or 512, as their length says.
  public var fingerprints: [[UInt8]]

  public init(association: UInt64, isClient: Bool, fingerprints: [[UInt8]]) {
    self.association = association
    self.isClient = isClient
    self.fingerprints = fingerprints
  }
}
