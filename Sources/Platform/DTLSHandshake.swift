import CTLS

/// What all handshakes of DTLS-SRTP have in common (RFC 5764): the certificate that they show.
public final class DTLSContext {
  let pointer: OpaquePointer
  /// The SHA-256 of the certificate, 32 octets.
  public let fingerprint: [UInt8]

  @export(interface)
  public init(_ identity: TLSIdentity) throws(TLSError) {
    guard let made = cdtls_context_new(identity.pointer) else { throw .outOfMemory }
    pointer = made
    fingerprint = identity.fingerprint
  }

  deinit { cdtls_context_free(pointer) }
}

/// One handshake of DTLS, without a socket: datagrams in, datagrams out. After each call `takeOutgoing` has what must go
/// onto the wire. A client that has not proved that it is where it says gets one short datagram for each of its own
/// (RFC 6347 §4.2.1).
public final class DTLSHandshake {
  /// How far it has come.
  public enum State: Equatable, Sendable {
    case waiting
    case done
    /// The other end has ended it.
    case ended
  }

  /// What a hash of a certificate may be made by.
  public enum Hash: Int32, Sendable {
    case sha256 = 256
    case sha384 = 384
    case sha512 = 512
  }

  private let pointer: OpaquePointer
  // The context must outlive it.
  private let context: DTLSContext
  public private(set) var state = State.waiting

  /// A client's begins with `receive([])`.
  @export(interface)
  public init(_ context: DTLSContext, isClient: Bool) throws(TLSError) {
    guard let made = cdtls_handshake_new(context.pointer, isClient ? 1 : 0) else { throw .outOfMemory }
    pointer = made
    self.context = context
  }

  deinit { cdtls_handshake_free(pointer) }

  /// Takes a datagram; an empty one only goes on.
  @export(interface)
  public func receive(_ datagram: [UInt8]) throws(TLSError) {
    guard datagram.count <= CDTLS_LONGEST else { return }
    try take(cdtls_handshake_feed(pointer, datagram.isEmpty ? nil : datagram, datagram.count))
  }

  /// Sends again what seems to be lost.
  @export(interface)
  public func wake() throws(TLSError) { try take(cdtls_handshake_wake(pointer)) }

  private func take(_ result: Int32) throws(TLSError) {
    switch result {
    case 0: return
    case 1: if state == .waiting { state = .done }
    case -2: state = .ended
    default: throw .session(String(cString: cdtls_handshake_failure(pointer)))
    }
  }

  /// Milliseconds until it is to be woken; nil where it need not be.
  public var delay: Int64? {
    let delay = cdtls_handshake_delay(pointer)
    return delay < 0 ? nil : delay
  }

  /// The datagrams that are to go onto the wire, in their order.
  @export(interface)
  public func takeOutgoing() -> [[UInt8]] {
    var taken: [[UInt8]] = []
    while true {
      let datagram = [UInt8](unsafeUninitializedCapacity: CDTLS_MTU) { out, count in
        count = cdtls_handshake_take(pointer, out.baseAddress)
      }
      guard !datagram.isEmpty else { return taken }
      taken.append(datagram)
    }
  }

  /// Tells the other end that what it has shown is not what was announced.
  public func refuse() { cdtls_handshake_refuse(pointer) }

  /// The digest of the certificate that the other end has shown; empty where it has shown none.
  @export(interface)
  public func fingerprint(_ hash: Hash) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 64) { out, count in
      count = cdtls_handshake_digest(pointer, hash.rawValue, out.baseAddress)
    }
  }

  /// The profile of SRTP that was agreed upon, by its number (RFC 5764 §4.1.2, RFC 7714 §14.2); 0 for none.
  public var profile: Int32 { cdtls_handshake_profile(pointer) }

  /// The client's key, the server's, the client's salt and the server's (RFC 5764 §4.2), all together of that length.
  @export(interface)
  public func export(_ count: Int) throws(TLSError) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: count)
    guard cdtls_handshake_export(pointer, &octets, count) == 1 else { throw .outOfMemory }
    return octets
  }
}
