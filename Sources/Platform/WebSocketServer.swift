import CTLS
import CWebSockets
import Wire

/// What happened on a WebSocket, by the number that its user gave it.
public enum WebSocketEvent {
  /// It stands, and takes messages.
  case opened(UInt32)
  case message(UInt32, [UInt8])
  /// It is gone, and its descriptor closed.
  case closed(UInt32)
}

/// The server's side of WebSockets of the subprotocol `sip` (RFC 6455, RFC 7118), by libwebsockets, over sockets that
/// were accepted elsewhere. After each call `takeEvents` has what happened.
public final class WebSocketServer {
  private var pointer: OpaquePointer?
  private let tls: TLSServer
  private var events: [WebSocketEvent] = []
  /// Pages of these origins may connect, beside those that come from the host that they connect to; `*` for any.
  public var origins: [String] = []

  /// `most` connections, messages of up to `longest` octets; `patience` for each step until a WebSocket stands, `ping`
  /// after which a silent one is asked for a sign of life.
  public init(tls: TLSServer, most: Int, longest: Int, patience: Interval, ping: Interval) throws(TLSError) {
    self.tls = tls
    var handlers = cws_handlers()
    handlers.context = Unmanaged.passUnretained(self).toOpaque()
    handlers.opened = { WebSocketServer.of($0)?.events.append(.opened($1)) }
    handlers.closed = { WebSocketServer.of($0)?.events.append(.closed($1)) }
    handlers.message = { context, number, bytes, count in
      let message = [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
      WebSocketServer.of(context)?.events.append(.message(number, message))
    }
    handlers.allows = { context, origin, host in
      guard let server = WebSocketServer.of(context), let origin, let host else { return 0 }
      return server.allows(String(cString: origin), host: String(cString: host)) ? 1 : 0
    }
    pointer = cws_open(
      &handlers, tls.pointer, Int32(most), longest, Int32(clamping: patience.seconds), Int32(clamping: ping.seconds))
    guard pointer != nil else { throw .outOfMemory }
  }

  deinit { if let pointer { cws_close(pointer) } }

  private static func of(_ context: UnsafeMutableRawPointer?) -> WebSocketServer? {
    context.map { Unmanaged<WebSocketServer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether a page may connect. Programs that are no pages name no origin.
  func allows(_ origin: String, host: String) -> Bool {
    if origin.isEmpty || origins.contains("*") { return true }
    let origin = lowercasedASCII(origin)
    return origins.contains { lowercasedASCII($0) == origin } || origin == "https://" + lowercasedASCII(host)
      || origin == "http://" + lowercasedASCII(host)
  }

  /// What happened since the last time.
  @export(interface)
  public func takeEvents() -> [WebSocketEvent] {
    guard !events.isEmpty else { return [] }
    let taken = events
    events = []
    return taken
  }

  /// Takes over a connected socket; false where it could not, and has closed it.
  @export(interface)
  public func adopt(_ socket: StreamSocket, isSecure: Bool, number: UInt32) -> Bool {
    cws_adopt(pointer, socket.descriptor, isSecure ? 1 : 0, number) == 1
  }

  /// The descriptor of a connection is ready.
  @export(interface)
  public func ready(_ number: UInt32, _ socket: StreamSocket, _ what: Readiness) {
    cws_ready(pointer, number, socket.descriptor, what.rawValue)
  }

  /// To be called every second while there are connections.
  public func tick() { cws_tick(pointer) }

  /// Another oldest version of TLS may hold from now on.
  public func renew() { cws_renew(pointer) }

  /// Queues a message as one frame; false where it is too long or nobody is there.
  @export(interface)
  public func send(_ message: [UInt8], to number: UInt32) -> Bool {
    // RFC 7118 §5: text where it is UTF-8, as pages expect it.
    let isText = String(validating: message, as: UTF8.self) != nil
    return cws_send(pointer, number, message, message.count, isText ? 1 : 0) == 1
  }

  /// Octets that wait to be written, and whether the descriptor has to be watched for writing.
  public func unsent(_ number: UInt32) -> (count: Int, wantsToWrite: Bool) {
    var wants: Int32 = 0
    let count = cws_unsent(pointer, number, &wants)
    return (Int(count), wants != 0)
  }

  /// Whether a message has begun that is not whole yet.
  public func isMidway(_ number: UInt32) -> Bool { cws_is_midway(pointer, number) == 1 }

  /// Closes a connection at once.
  public func end(_ number: UInt32) { cws_end(pointer, number) }
}
