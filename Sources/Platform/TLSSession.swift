import CTLS
import Wire

/// One TLS session, without a socket: bytes of the wire in, plain text out, and the other way round. After each call
/// `takeOutgoing` has what must go onto the wire.
public final class TLSSession {
  private let pointer: OpaquePointer
  /// Whether the handshake is done: plain text can be sent.
  public private(set) var isEstablished = false
  /// Whether the other end has said that nothing more comes.
  public private(set) var isEnded = false

  private init(_ made: OpaquePointer?) throws(TLSError) {
    guard let made else { throw .outOfMemory }
    pointer = made
  }

  /// The server's end. With `trust` the other end is asked for a certificate, which it need not show.
  @export(interface)
  public convenience init(accepting server: TLSServer, asking trust: TLSClient? = nil) throws(TLSError) {
    try self.init(ctls_session_accept(server.pointer, trust?.pointer))
  }

  /// The client's end; the other one must prove to be `name`, a host or an IP address. Begin with `receive([])`.
  @export(interface)
  public convenience init(connecting client: TLSClient, to name: String) throws(TLSError) {
    try self.init(ctls_session_connect(client.pointer, name, IPAddress(name) == nil ? 0 : 1))
  }

  deinit { ctls_session_free(pointer) }

  /// Whether the other end of an accepted session has shown a certificate that names that host or IP address, and that
  /// an authority vouches for which was trusted when the session began.
  @export(interface)
  public func proves(_ name: String) -> Bool {
    ctls_session_proves(pointer, name, IPAddress(name) == nil ? 0 : 1) == 1
  }

  /// Takes bytes from the wire, and returns the plain text that they held: no more than was fed, and at most one TLS
  /// record (16 KB) that waited for its end. After an error the session is of no use, but what tells the other end why
  /// can still be sent.
  @export(interface)
  public func receive(_ wire: [UInt8]) throws(TLSError) -> [UInt8] {
    guard ctls_session_feed(pointer, wire, wire.count) == 1 else { throw .outOfMemory }
    if !isEstablished {
      switch ctls_session_handshake(pointer) {
      case 1: isEstablished = true
      case 0: return []
      default: throw failure
      }
    }
    var plain: [UInt8] = []
    let chunk = 16384
    while true {
      let had = plain.count
      plain.append(contentsOf: repeatElement(0, count: chunk))
      let count = plain.withUnsafeMutableBytes { ctls_session_read(pointer, $0.baseAddress! + had, chunk) }
      plain.removeLast(chunk - max(0, Int(count)))
      switch count {
      case 1...: continue
      case 0: return plain
      case -1:
        isEnded = true
        return plain
      default: throw failure
      }
    }
  }

  /// Encrypts plain text; only once the session is established.
  @export(interface)
  public func send(_ plain: ArraySlice<UInt8>) throws(TLSError) {
    let done = plain.withUnsafeBytes { ctls_session_write(pointer, $0.baseAddress, $0.count) }
    guard done == 1 else { throw failure }
  }

  /// Says to the other end that nothing more comes.
  public func end() { ctls_session_end(pointer) }

  /// What is to go onto the wire.
  @export(interface)
  public func takeOutgoing() -> [UInt8] {
    let count = ctls_session_pending(pointer)
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { out, taken in
      taken = max(0, Int(ctls_session_take(pointer, out.baseAddress, count)))
    }
  }

  /// `TLSv1.3`
  public var version: String { String(cString: ctls_session_version(pointer)) }

  private var failure: TLSError { .session(String(cString: ctls_session_failure(pointer))) }
}
