import Platform
import SIP
import Wire

/// What happened on a connection that the exchange has to know.
enum ConnectionEvent {
  case message([UInt8], Flow)
  case closed(Flow)
  /// The stream made no sense: what stands at its head, and why.
  case damaged([UInt8], SIPError, Flow)
  case refused(SocketAddress)
}

/// The TCP connections: those that phones opened, and those that we opened to reach one.
final class Connections {
  private let poller: Poller
  private let limits: ConnectionLimits
  private var admission = Admission()
  private var byNumber: [UInt32: Connection] = [:]
  private var lastNumber: UInt32 = 0
  /// The next time to look at deadlines; looking at each after every packet would cost too much.
  private(set) var nextDeadline: Instant?

  init(poller: Poller, limits: ConnectionLimits = ConnectionLimits()) {
    self.poller = poller
    self.limits = limits
  }

  var count: Int { byNumber.count }
  var hasUnsent: Bool { byNumber.values.contains { $0.hasUnsent } }

  func accept(_ listener: StreamListener, now: Instant, _ report: (ConnectionEvent) -> Void) {
    while let (socket, from) = listener.accept() {
      guard let from = from ?? socket.remoteAddress, let local = socket.localAddress else {
        socket.close()
        continue
      }
      guard admission.admit(from.ip, limits) else {
        socket.close()
        report(.refused(from))
        continue
      }
      add(socket, local: local, remote: from, isConnecting: false, now: now)
    }
  }

  /// Sends on the connection that the flow names, else on one to that address, else on a new one.
  func send(_ bytes: [UInt8], on flow: Flow, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let connection = find(flow) ?? open(flow, now: now) else { return report(.closed(flow)) }
    if flow.connection == 0 && !connection.aliases.contains(flow) { connection.aliases.append(flow) }
    guard connection.enqueue(bytes, now: now), connection.flush(now: now) else {
      return close(connection, report)
    }
    watch(connection)
  }

  /// Sends what can still be said, then closes.
  func finish(_ flow: Flow, with bytes: [UInt8]?, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let connection = byNumber[flow.connection] else { return }
    connection.closesWhenWritten = true
    guard let bytes, connection.enqueue(bytes, now: now), connection.flush(now: now) else {
      return close(connection, report)
    }
    watch(connection)
  }

  func ready(_ number: UInt32, _ what: Readiness, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let connection = byNumber[number] else { return }
    if connection.isConnecting {
      guard connection.socket.connectError == 0 else { return close(connection, report) }
      connection.isConnecting = false
      connection.isProven = true
      connection.local = connection.socket.localAddress ?? connection.local
    }
    guard connection.flush(now: now) else { return close(connection, report) }
    if what.contains(.readable) || what.contains(.hangup) || what.contains(.failed) {
      read(connection, now: now, report)
    }
    if byNumber[number] != nil { watch(connection) }
  }

  /// Closes what has been silent, stalled or unproven for too long.
  func wake(now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let due = nextDeadline, due <= now else { return }
    for connection in byNumber.values where connection.deadline(limits) <= now { close(connection, report) }
    nextDeadline = byNumber.values.map { $0.deadline(limits) }.min().map { max($0, now + .seconds(1)) }
  }

  func closeAll() {
    for connection in byNumber.values { connection.socket.close() }
    byNumber = [:]
  }

  private func read(_ connection: Connection, now: Instant, _ report: (ConnectionEvent) -> Void) {
    var bytes: [UInt8] = []
    switch connection.socket.read(into: &bytes, limit: 16384) {
    case .moved: connection.framer.receive(bytes)
    case .wouldBlock: return
    case .closed, .failed: return close(connection, report)
    }
    connection.lastHeard = now
    while byNumber[connection.number] != nil {
      do throws(SIPError) {
        guard let output = try connection.framer.next() else { return }
        connection.isProven = true
        switch output {
        case .message(let message): report(.message(message, connection.flow))
        case .ping:
          // RFC 5626 §4.4.1: a double CRLF is answered by one.
          guard connection.enqueue([13, 10], now: now), connection.flush(now: now) else {
            return close(connection, report)
          }
        case .pong: break
        }
      } catch {
        return report(.damaged(connection.framer.damaged, error, connection.flow))
      }
    }
  }

  private func find(_ flow: Flow) -> Connection? {
    if flow.connection != 0 { return byNumber[flow.connection] }
    return byNumber.values.first { $0.remote == flow.remote && !$0.closesWhenWritten }
  }

  private func open(_ flow: Flow, now: Instant) -> Connection? {
    guard flow.connection == 0, admission.admit(flow.remote.ip, limits) else { return nil }
    guard let socket = try? StreamSocket.connect(to: flow.remote) else {
      admission.release(flow.remote.ip)
      return nil
    }
    return add(socket, local: flow.local, remote: flow.remote, isConnecting: true, now: now)
  }

  @discardableResult
  private func add(
    _ socket: StreamSocket, local: SocketAddress, remote: SocketAddress, isConnecting: Bool, now: Instant
  ) -> Connection? {
    lastNumber &+= 1
    if lastNumber == 0 { lastNumber = 1 }
    let connection = Connection(
      number: lastNumber, socket: socket, local: local, remote: remote, isConnecting: isConnecting,
      queueLimit: limits.queue, now: now)
    let what: Readiness = isConnecting ? [.readable, .writable] : .readable
    guard (try? poller.add(socket.descriptor, what, token: Token.connection(lastNumber).packed)) != nil else {
      socket.close()
      admission.release(remote.ip)
      return nil
    }
    connection.isWatchedForWriting = isConnecting
    byNumber[lastNumber] = connection
    nextDeadline = earliest(nextDeadline, connection.deadline(limits))
    return connection
  }

  private func watch(_ connection: Connection) {
    nextDeadline = earliest(nextDeadline, connection.deadline(limits))
    guard connection.wantsToWrite != connection.isWatchedForWriting else { return }
    connection.isWatchedForWriting = connection.wantsToWrite
    let what: Readiness = connection.wantsToWrite ? [.readable, .writable] : .readable
    try? poller.change(connection.socket.descriptor, what, token: Token.connection(connection.number).packed)
  }

  private func close(_ connection: Connection, _ report: (ConnectionEvent) -> Void) {
    guard byNumber.removeValue(forKey: connection.number) != nil else { return }
    connection.socket.close()
    admission.release(connection.remote.ip)
    report(.closed(connection.flow))
    for flow in connection.aliases { report(.closed(flow)) }
  }
}
