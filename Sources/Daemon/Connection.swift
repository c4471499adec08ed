import Platform
import SIP
import Wire

/// One TCP connection of a phone: its framing, its unsent bytes and its deadlines.
final class Connection {
  let number: UInt32
  let socket: StreamSocket
  let remote: SocketAddress
  /// Known once the connection stands.
  var local: SocketAddress
  var framer = StreamFramer()
  /// Still being opened by us.
  var isConnecting: Bool
  /// Whether it has brought a whole message or keep-alive.
  var isProven = false
  var lastHeard: Instant
  /// When unsent bytes last became fewer; nil while there are none.
  var stalledSince: Instant?
  /// Closes once all is written.
  var closesWhenWritten = false
  /// The flows of connection 0 that were sent here: who uses one learns of the end by that name.
  var aliases: [Flow] = []
  /// What the poller was told.
  var isWatchedForWriting = false
  private var queue: WriteQueue

  init(
    number: UInt32, socket: StreamSocket, local: SocketAddress, remote: SocketAddress, isConnecting: Bool,
    queueLimit: Int, now: Instant
  ) {
    self.number = number
    self.socket = socket
    self.local = local
    self.remote = remote
    self.isConnecting = isConnecting
    lastHeard = now
    queue = WriteQueue(limit: queueLimit)
  }

  var flow: Flow { Flow(transport: .tcp, local: local, remote: remote, connection: number) }
  var wantsToWrite: Bool { isConnecting || !queue.isEmpty }
  var hasUnsent: Bool { !queue.isEmpty }

  /// When the connection has to be looked at next.
  func deadline(_ limits: ConnectionLimits) -> Instant {
    if isConnecting { return lastHeard + limits.connect }
    // A message whose rest never comes (RFC 4475 §3.1.2.2); less is an empty line that a phone keeps the way open by.
    let isMidway = framer.pending > 3
    let silence = lastHeard + (isProven && !isMidway ? limits.idle : limits.patience)
    guard let stalledSince else { return silence }
    return min(silence, stalledSince + limits.stall)
  }

  /// Takes bytes to write; false where the reader is too slow for them.
  func enqueue(_ bytes: [UInt8], now: Instant) -> Bool {
    if stalledSince == nil { stalledSince = now }
    return queue.append(bytes)
  }

  /// Writes what the other end takes now; false once the connection is of no use any more.
  func flush(now: Instant) -> Bool {
    guard !isConnecting else { return true }
    while let front = queue.front {
      switch socket.write(front) {
      case .moved(let count):
        queue.advance(count)
        stalledSince = now
      case .wouldBlock: return true
      case .closed, .failed: return false
      }
    }
    stalledSince = nil
    return !closesWhenWritten
  }
}
