import Platform
import SIP
import Wire

/// What happened on a connection that the exchange has to know.
enum ConnectionEvent {
  case message([UInt8], Flow)
  /// With why, where it was not simply ended by the other end.
  case closed(Flow, reason: String?)
  /// The stream made no sense: what stands at its head, and why.
  case damaged([UInt8], SIPError, Flow)
  case refused(SocketAddress)
}

/// The connections over TCP and TLS: those that phones opened, and those that we opened to reach one.
final class Connections {
  /// What connections over TLS offer, and whom those that we open trust; without them there are none.
  var tlsServer: TLSServer?
  var tlsClient: TLSClient?
  let poller: Poller
  let limits: ConnectionLimits
  let entrance: Entrance
  var byNumber: [UInt32: Connection] = [:]
  /// The next time to look at deadlines; looking at each after every packet would cost too much.
  var nextDeadline: Instant?

  init(poller: Poller, entrance: Entrance = Entrance(), limits: ConnectionLimits = ConnectionLimits()) {
    self.poller = poller
    self.entrance = entrance
    self.limits = limits
  }

  var count: Int { byNumber.count }
  var hasUnsent: Bool { byNumber.values.contains { $0.hasUnsent } }

  /// Sends on the connection that the flow names, else on one to that address, else on a new one.
  func send(_ bytes: [UInt8], on flow: Flow, now: Instant, _ report: (ConnectionEvent) -> Void) {
    let connection: Connection
    do throws(ConnectError) {
      connection = try reach(flow, now: now)
    } catch {
      return report(.closed(flow, reason: error.description))
    }
    if flow.connection == 0 && !connection.aliases.contains(flow) { connection.aliases.append(flow) }
    guard connection.enqueue(bytes, now: now) else {
      return close(connection, "the other end is too slow", report)
    }
    guard connection.flush() else { return close(connection, nil, report) }
    watch(connection)
  }

  /// From now on so much silence ends the connection.
  func expectKeepAlives(on flow: Flow, within time: Interval) {
    guard let connection = byNumber[flow.connection] else { return }
    connection.mostSilence = time
    nextDeadline = earliest(nextDeadline, connection.deadline(limits))
  }

  /// Sends what can still be said, then closes.
  func finish(_ flow: Flow, with bytes: [UInt8]?, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let connection = byNumber[flow.connection] else { return }
    connection.closesWhenWritten = true
    guard let bytes, connection.enqueue(bytes, now: now), connection.flush() else {
      return close(connection, nil, report)
    }
    watch(connection)
  }

  /// Whoever opened this TLS connection listens at that port, and takes requests by it as well.
  func reuse(_ flow: Flow, port: UInt16) {
    guard let connection = byNumber[flow.connection], connection.transport == .tls, !connection.isOurs else { return }
    connection.advertised = SocketAddress(connection.remote.ip, port: port, scope: connection.remote.scope)
  }

  func ready(_ number: UInt32, _ what: Readiness, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let connection = byNumber[number] else { return }
    if connection.isConnecting {
      let failure = connection.socket.connectError
      guard failure == 0 else { return close(connection, errorText(failure), report) }
      do throws(TLSError) {
        try connection.connected(now: now)
      } catch {
        return close(connection, error.description, report)
      }
    }
    guard connection.flush() else { return close(connection, nil, report) }
    if what.contains(.readable) || what.contains(.hangup) || what.contains(.failed) {
      read(connection, now: now, report)
    }
    if byNumber[number] != nil { watch(connection) }
  }

  /// Closes what has been silent, stalled or unproven for too long.
  func wake(now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let due = nextDeadline, due <= now else { return }
    for connection in byNumber.values where connection.deadline(limits) <= now {
      close(connection, "\(connection.dawdling(limits, now: now))", report)
    }
    nextDeadline = byNumber.values.map { $0.deadline(limits) }.min().map { max($0, now + .seconds(1)) }
  }

  /// The connection that was silent the longest, of those that someone else opened and nobody needs.
  func stalest(_ isNeeded: (Flow) -> Bool) -> (number: UInt32, heard: Instant)? {
    let others = byNumber.values.filter { !$0.isOurs && !isNeeded($0.flow) }
    return others.min { $0.lastHeard < $1.lastHeard }.map { ($0.number, $0.lastHeard) }
  }

  func giveWay(_ number: UInt32, _ report: (ConnectionEvent) -> Void) {
    if let connection = byNumber[number] { close(connection, "gives way to another connection", report) }
  }

  func closeAll() {
    for connection in byNumber.values { connection.close() }
    byNumber = [:]
  }

  private func read(_ connection: Connection, now: Instant, _ report: (ConnectionEvent) -> Void) {
    var bytes: [UInt8] = []
    switch connection.socket.read(into: &bytes, limit: 16384) {
    case .moved: break
    case .wouldBlock: return
    case .closed, .failed: return close(connection, nil, report)
    }
    let goesOn: Bool
    do throws(TLSError) {
      goesOn = try connection.take(bytes, now: now)
    } catch {
      return close(connection, error.description, report)
    }
    guard connection.flush() else { return close(connection, nil, report) }
    takeMessages(connection, now: now, report)
    guard byNumber[connection.number] != nil else { return }
    connection.settled(now: now)
    if !goesOn { close(connection, nil, report) }
  }

  private func takeMessages(_ connection: Connection, now: Instant, _ report: (ConnectionEvent) -> Void) {
    while byNumber[connection.number] != nil {
      do throws(SIPError) {
        guard !connection.closesWhenWritten, let output = try connection.framer.next() else { return }
        switch output {
        case .message(let message):
          connection.advanced()
          report(.message(message, connection.flow))
        case .ping:
          // RFC 5626 §4.4.1: a double CRLF is answered by one.
          guard connection.enqueue([13, 10], now: now), connection.flush() else {
            return close(connection, nil, report)
          }
        case .pong: break
        }
      } catch {
        return report(.damaged(connection.framer.damaged, error, connection.flow))
      }
    }
  }

  /// Drops a connection that was closed by whoever decided so, and says why.
  private func close(_ connection: Connection, _ reason: String?, _ report: (ConnectionEvent) -> Void) {
    guard byNumber.removeValue(forKey: connection.number) != nil else { return }
    connection.close()
    entrance.admission.release(connection.source)
    report(.closed(connection.flow, reason: reason))
    for flow in connection.aliases { report(.closed(flow, reason: reason)) }
  }

  private func watch(_ connection: Connection) {
    nextDeadline = earliest(nextDeadline, connection.deadline(limits))
    guard connection.wantsToWrite != connection.isWatchedForWriting else { return }
    connection.isWatchedForWriting = connection.wantsToWrite
    let what: Readiness = connection.wantsToWrite ? [.readable, .writable] : .readable
    try? poller.change(connection.socket.descriptor, what, token: Token.connection(connection.number).packed)
  }
}
