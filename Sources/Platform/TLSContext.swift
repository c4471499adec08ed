import CTLS

/// A version of TLS.
public enum TLSVersion: UInt16, Sendable {
  case v10 = 0x0301
  case v11 = 0x0302
  case v12 = 0x0303
  case v13 = 0x0304
}

/// What a TLS server offers. Its certificates can be replaced at any time; standing sessions keep theirs.
public final class TLSServer {
  let pointer: OpaquePointer

  public init() throws(TLSError) {
    guard let made = ctls_server_new() else { throw .outOfMemory }
    pointer = made
  }

  deinit { ctls_server_free(pointer) }

  /// From now on these certificates are offered: of those that name the host that a client asks for (SNI), else of all,
  /// the first of each kind of key.
  @export(interface)
  public func offer(_ identities: [TLSIdentity], oldest: TLSVersion) throws(TLSError) {
    let pointers = identities.map { Optional($0.pointer) }
    let set = pointers.withUnsafeBufferPointer {
      ctls_server_set(pointer, $0.baseAddress, Int32($0.count), Int32(oldest.rawValue))
    }
    guard set == 1 else { throw .outOfMemory }
  }
}

/// Whom a TLS client trusts.
public final class TLSClient {
  let pointer: OpaquePointer

  /// The authorities of a PEM file, or those of the system where it is nil.
  public init(authorities: String?, oldest: TLSVersion) throws(TLSError) {
    let version = Int32(oldest.rawValue)
    if let authorities {
      guard let made = ctls_client_new(authorities, version) else { throw .noAuthority(path: authorities) }
      pointer = made
    } else {
      guard let made = ctls_client_new(nil, version) else { throw .outOfMemory }
      pointer = made
    }
  }

  deinit { ctls_client_free(pointer) }

  /// From now on servers that ask for a certificate are shown one of these, whose authority they say they trust.
  @export(interface)
  public func present(_ identities: [TLSIdentity]) throws(TLSError) {
    let pointers = identities.map { Optional($0.pointer) }
    let set = pointers.withUnsafeBufferPointer {
      ctls_client_present(pointer, $0.baseAddress, Int32($0.count))
    }
    guard set == 1 else { throw .outOfMemory }
  }
}
