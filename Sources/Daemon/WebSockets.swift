import Platform
import SIP
import Wire

/// The WebSockets (RFC 7118) of phones, most of which are pages in a browser. libwebsockets holds their state; kept here is
/// who they are and when they have to be looked at.
final class WebSockets {
  private final class Link {
    let socket: StreamSocket
    let flow: Flow
    let opened: Instant
    var stands = false
    var unsent = 0
    /// When unsent bytes last became fewer; nil while there are none.
    var stalledSince: Instant?
    var isWatchedForWriting = false

    init(_ socket: StreamSocket, _ flow: Flow, now: Instant) {
      self.socket = socket
      self.flow = flow
      opened = now
    }
  }

  private let poller: Poller
  private let entrance: Entrance
  private let limits: ConnectionLimits
  private let server: WebSocketServer
  private var links: [UInt32: Link] = [:]
  /// Those whose end is of our making, and why.
  private var reasons: [UInt32: String] = [:]
  private(set) var nextDeadline: Instant?

  init(
    poller: Poller, entrance: Entrance, tls: TLSServer, limits: ConnectionLimits = ConnectionLimits()
  ) throws(TLSError) {
    self.poller = poller
    self.entrance = entrance
    self.limits = limits
    server = try WebSocketServer(
      tls: tls, most: limits.total, longest: limits.message, patience: limits.handshake, ping: limits.ping)
  }

  var count: Int { links.count }
  func has(_ number: UInt32) -> Bool { links[number] != nil }

  /// Takes over what a reload changed.
  func configure(origins: [String]) {
    server.origins = origins
    server.renew()
  }

  func accept(
    _ listener: StreamListener, _ transport: Transport, now: Instant, _ report: (ConnectionEvent) -> Void
  ) {
    while let (socket, from) = listener.accept() {
      guard let from = from ?? socket.remoteAddress, let local = socket.localAddress else {
        socket.close()
        continue
      }
      let number = entrance.nextNumber()
      let flow = Flow(transport: transport, local: local, remote: from, connection: number)
      let dawdling = links.values.count { $0.flow.source == flow.source && !$0.stands }
      guard dawdling < limits.handshakesPerSource, entrance.admission.admit(flow.source, limits) else {
        socket.close()
        report(.refused(from))
        continue
      }
      guard server.adopt(socket, isSecure: transport == .wss, number: number) else {
        entrance.admission.release(flow.source)
        continue
      }
      links[number] = Link(socket, flow, now: now)
      if (try? poller.add(socket.descriptor, .readable, token: Token.connection(number).packed)) == nil {
        server.end(number)
      }
      nextDeadline = earliest(nextDeadline, now + .seconds(1))
    }
    takeEvents(now: now, report)
  }

  func ready(_ number: UInt32, _ what: Readiness, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let link = links[number] else { return }
    server.ready(number, link.socket, what)
    takeEvents(now: now, report)
    watch(number, now: now)
  }

  /// A page can't be called by its address: where the connection is gone, so is the phone.
  func send(_ bytes: [UInt8], on flow: Flow, now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let link = links[flow.connection], server.send(bytes, to: flow.connection) else {
      return report(.closed(flow, reason: ConnectError.gone.description))
    }
    server.ready(flow.connection, link.socket, .writable)
    if server.unsent(flow.connection).count > limits.queue { end(flow.connection, "the other end is too slow") }
    takeEvents(now: now, report)
    watch(flow.connection, now: now)
  }

  /// Closes what dawdles, and lets libwebsockets keep its own time.
  func wake(now: Instant, _ report: (ConnectionEvent) -> Void) {
    guard let due = nextDeadline, due <= now else { return }
    server.tick()
    for (number, link) in links {
      if !link.stands && link.opened + limits.handshake <= now { end(number, "no WebSocket came of it") }
      if let since = link.stalledSince, since + limits.stall <= now { end(number, "the other end takes nothing more") }
    }
    takeEvents(now: now, report)
    nextDeadline = links.isEmpty ? nil : now + .seconds(1)
  }

  private func end(_ number: UInt32, _ reason: String) {
    reasons[number] = reason
    server.end(number)
  }

  private func takeEvents(now: Instant, _ report: (ConnectionEvent) -> Void) {
    for event in server.takeEvents() {
      switch event {
      case .opened(let number): links[number]?.stands = true
      case .message(let number, let bytes):
        guard let link = links[number] else { continue }
        if bytes == [13, 10, 13, 10] {
          // RFC 5626 §4.4.1 holds here too (RFC 7118 §6).
          _ = server.send([13, 10], to: number)
          watch(number, now: now)
        } else if !bytes.allSatisfy({ $0 == 13 || $0 == 10 }) {
          report(.message(bytes, link.flow))
        }
      case .closed(let number):
        let reason = reasons.removeValue(forKey: number)
        guard let link = links.removeValue(forKey: number) else { continue }
        entrance.admission.release(link.flow.source)
        report(.closed(link.flow, reason: reason))
      }
    }
  }

  private func watch(_ number: UInt32, now: Instant) {
    guard let link = links[number] else { return }
    let (unsent, wantsToWrite) = server.unsent(number)
    if !wantsToWrite {
      link.stalledSince = nil
    } else if link.stalledSince == nil || unsent < link.unsent {
      link.stalledSince = now
    }
    link.unsent = unsent
    guard wantsToWrite != link.isWatchedForWriting else { return }
    link.isWatchedForWriting = wantsToWrite
    let what: Readiness = wantsToWrite ? [.readable, .writable] : .readable
    try? poller.change(link.socket.descriptor, what, token: Token.connection(number).packed)
  }
}
