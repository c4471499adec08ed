import Platform
import SIP
import Wire

/// One connection of a phone or a trunk: what lies between its wire and SIP, its unsent bytes and its deadlines.
final class Connection {
  let number: UInt32
  let socket: StreamSocket
  let transport: Transport
  let remote: SocketAddress
  /// Whom limits count.
  let source: IPAddress
  /// Known once the connection stands.
  var local: SocketAddress
  /// Of a connection that we opened over TLS: whom the other end proves to be.
  let serverName: String?
  /// Where the other end, which opened it, says that it takes requests, and by this connection as well (RFC 5923).
  var advertised: SocketAddress?
  var framer = StreamFramer()
  /// TCP is still being opened by us.
  var isConnecting: Bool
  /// Whether it has brought a whole message; empty lines are none.
  var isProven = false
  var lastHeard: Instant
  /// How soon silence ends it, where the phone has promised signs of life (RFC 5626 §5.4).
  var mostSilence: Interval?
  /// Closes once all is written.
  var closesWhenWritten = false
  /// The flows of connection 0 that were sent here: who uses one learns of the end by that name.
  var aliases: [Flow] = []
  /// What the poller was told.
  var isWatchedForWriting = false
  /// Nil: SIP travels as it is.
  private let tls: TLSSession?
  let isOurs: Bool
  private let opened: Instant
  /// When the message that is not whole yet began.
  private var midwaySince: Instant?
  /// What waits for the end of the handshake.
  private var early: [[UInt8]] = []
  private var earlyCount = 0
  private var queue: WriteQueue

  init(
    number: UInt32, socket: StreamSocket, tls: TLSSession?, flow: Flow, isOurs: Bool, queueLimit: Int, now: Instant
  ) {
    self.number = number
    self.socket = socket
    self.tls = tls
    transport = flow.transport
    local = flow.local
    remote = flow.remote
    source = flow.source
    serverName = flow.serverName
    self.isOurs = isOurs
    isConnecting = isOurs
    lastHeard = now
    opened = now
    queue = WriteQueue(limit: queueLimit)
  }

  var flow: Flow {
    Flow(transport: transport, local: local, remote: remote, connection: number, serverName: serverName)
  }
  /// Whether it leads where a connection opened for that flow would, to the one who can prove the name.
  func standsIn(for flow: Flow) -> Bool {
    guard let name = flow.serverName, flow.transport == transport, advertised == flow.remote else { return false }
    return tls?.proves(name) == true
  }
  /// Whether SIP can pass.
  var isEstablished: Bool { !isConnecting && tls?.isEstablished != false }
  var wantsToWrite: Bool { isConnecting || !queue.isEmpty }
  var hasUnsent: Bool { !queue.isEmpty || !early.isEmpty }

  /// When the connection has to be looked at next.
  func deadline(_ limits: ConnectionLimits) -> Instant {
    guard isEstablished else { return opened + (isOurs ? limits.connect : limits.handshake) }
    var due = isProven ? lastHeard + (mostSilence ?? limits.idle) : opened + limits.patience
    if let midwaySince { due = min(due, midwaySince + limits.patience) }
    if let since = queue.waitingSince { due = min(due, since + limits.stall) }
    return due
  }

  /// Why `deadline` passed, for the log.
  func dawdling(_ limits: ConnectionLimits, now: Instant) -> StaticString {
    if isConnecting { return "the other end does not answer" }
    if !isEstablished { return "the TLS handshake took too long" }
    if let since = queue.waitingSince, since + limits.stall <= now { return "the other end does not read" }
    if !isProven || midwaySince != nil { return "no whole message came" }
    return "silent for too long"
  }

  /// TCP stands. Over TLS the handshake begins.
  func connected(now: Instant) throws(TLSError) {
    isConnecting = false
    isProven = true
    local = socket.localAddress ?? local
    if let tls {
      _ = try tls.receive([])
      _ = queue.append(tls.takeOutgoing(), now: now)
    }
  }

  /// Takes what was read from the socket; false where nothing more comes.
  func take(_ wire: [UInt8], now: Instant) throws(TLSError) -> Bool {
    lastHeard = now
    // Nobody asks any more what it says.
    if closesWhenWritten { return true }
    guard let tls else {
      framer.receive(wire)
      return true
    }
    let plain: [UInt8]
    do throws(TLSError) {
      plain = try tls.receive(wire)
    } catch {
      // What is left to say is why.
      _ = queue.append(tls.takeOutgoing(), now: now)
      throw error
    }
    framer.receive(plain)
    if tls.isEstablished {
      for bytes in early { try tls.send(bytes[...]) }
      early = []
    }
    _ = queue.append(tls.takeOutgoing(), now: now)
    return !tls.isEnded
  }

  /// Notes how far the stream has come, once all that is whole was taken out of it.
  func settled(now: Instant) {
    // A message whose rest never comes (RFC 4475 §3.1.2.2); less is an empty line that a phone keeps the way open by.
    if framer.pending <= 3 {
      midwaySince = nil
    } else if midwaySince == nil {
      midwaySince = now
    }
  }

  /// A whole message came: what follows it is another one.
  func advanced() {
    isProven = true
    midwaySince = nil
  }

  /// Takes bytes to write; false where the reader is too slow for them, or the session of no use.
  func enqueue(_ bytes: [UInt8], now: Instant) -> Bool {
    guard isEstablished || tls == nil else {
      earlyCount += bytes.count
      early.append(bytes)
      return earlyCount <= queue.limit
    }
    guard let tls else { return queue.append(bytes, now: now) }
    guard (try? tls.send(bytes[...])) != nil else { return false }
    return queue.append(tls.takeOutgoing(), now: now)
  }

  /// Writes what the other end takes now; false once the connection is of no use any more.
  func flush() -> Bool {
    guard !isConnecting else { return true }
    while let front = queue.front {
      switch socket.write(front) {
      case .moved(let count):
        queue.advance(count)
      case .wouldBlock: return true
      case .closed, .failed: return false
      }
    }
    return !closesWhenWritten
  }

  /// Says what can still be said, and closes.
  func close() {
    if let tls, isEstablished {
      tls.end()
      _ = queue.append(tls.takeOutgoing(), now: lastHeard)
    }
    if !isConnecting, let front = queue.front { _ = socket.write(front) }
    socket.close()
  }
}
