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
    var lastHeard: Instant
    /// Whether it has brought a message.
    var isProven = false
    /// When the message that is not whole yet began.
    var midwaySince: Instant?
    var unsent = 0
    /// When unsent bytes last became fewer; nil while there are none.
    var stalledSince: Instant?
    var isWatchedForWriting = false

    init(_ socket: StreamSocket, _ flow: Flow, now: Instant) {
      self.socket = socket
      self.flow = flow
      opened = now
      lastHeard = now
    }

    /// Why it has to end, if it does.
    func dawdling(_ limits: ConnectionLimits, now: Instant) -> String? {
      if !stands { return opened + limits.handshake <= now ? "no WebSocket came of it" : nil }
      if let since = midwaySince ?? (isProven ? nil : opened), since + limits.patience <= now {
        return "no whole message came"
      }
      if let since = stalledSince, since + limits.stall <= now { return "the other end does not read" }
      return nil
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
    _ listener: StreamListener, _ transport: Transport, makeRoom: () -> Void = {}, now: Instant,
    _ report: (ConnectionEvent) -> Void
  ) {
    while let (socket, from) = listener.accept() {
      guard let from = from ?? socket.remoteAddress, let local = socket.localAddress else {
        socket.close()
        continue
      }
      let number = entrance.nextNumber()
      let flow = Flow(transport: transport, local: local, remote: from, connection: number)
      let dawdling = links.values.count { $0.flow.source == flow.source && !$0.stands }
      guard dawdling < limits.handshakesPerSource, entrance.admit(flow.source, limits, makeRoom: makeRoom) else {
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
    if what.contains(.readable) { link.lastHeard = now }
    takeEvents(now: now, report)
    if !server.isMidway(number) { link.midwaySince = nil } else if link.midwaySince == nil { link.midwaySince = now }
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
      if let reason = link.dawdling(limits, now: now) { end(number, reason) }
    }
    takeEvents(now: now, report)
    nextDeadline = links.isEmpty ? nil : now + .seconds(1)
  }

  /// The connection that was silent the longest, of those that nobody needs.
  func stalest(_ isNeeded: (Flow) -> Bool) -> (number: UInt32, heard: Instant)? {
    let others = links.filter { !isNeeded($0.value.flow) }
    return others.min { $0.value.lastHeard < $1.value.lastHeard }.map { ($0.key, $0.value.lastHeard) }
  }

  func giveWay(_ number: UInt32, now: Instant, _ report: (ConnectionEvent) -> Void) {
    end(number, "gives way to another connection")
    takeEvents(now: now, report)
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
          link.isProven = true
          // One that came in pieces is whole, whatever has begun after it.
          link.midwaySince = nil
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
