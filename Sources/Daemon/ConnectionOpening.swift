import Platform
import SIP
import Wire

/// Why there is no connection to send on.
enum ConnectError: Error {
  case gone
  case tooMany
  case noServerName
  case noTrust
  case platform(PlatformError)
  case tls(TLSError)

  var description: String {
    switch self {
    case .gone: "the connection is gone"
    case .tooMany: "too many connections"
    case .noServerName: "no TLS connection is opened to someone whose name is not known"
    case .noTrust: "there are no authorities to trust"
    case .platform(let error): error.description
    case .tls(let error): error.description
    }
  }
}

extension Connections {
  /// Whom `asks` is true of is asked for a certificate over TLS. No phone is: some end the session then. `makeRoom` may
  /// end a connection where all are taken.
  func accept(
    _ listener: StreamListener, _ transport: Transport, asks: (IPAddress) -> Bool = { _ in false },
    makeRoom: () -> Void = {}, now: Instant, _ report: (ConnectionEvent) -> Void
  ) {
    while let (socket, from) = listener.accept() {
      guard let from = from ?? socket.remoteAddress, let local = socket.localAddress else {
        socket.close()
        continue
      }
      let flow = Flow(transport: transport, local: local, remote: from)
      // Who opens one after the other and finishes none may not keep the processor busy with handshakes.
      let dawdling = transport == .tls && handshakes(of: flow.source) >= limits.handshakesPerSource
      guard !dawdling, entrance.admit(flow.source, limits, makeRoom: makeRoom) else {
        socket.close()
        report(.refused(from))
        continue
      }
      let trust = asks(from.ip) ? tlsClient : nil
      let session = transport == .tls ? tlsServer.flatMap { try? TLSSession(accepting: $0, asking: trust) } : nil
      guard transport == .tcp || session != nil, add(socket, session, flow, isOurs: false, now: now) != nil else {
        socket.close()
        entrance.admission.release(flow.source)
        continue
      }
    }
  }

  /// The connection that the flow names, else one to that address, else a new one.
  func reach(_ flow: Flow, now: Instant) throws(ConnectError) -> Connection {
    if let connection = try find(flow) { return connection }
    return try open(flow, now: now)
  }

  private func find(_ flow: Flow) throws(ConnectError) -> Connection? {
    if flow.connection != 0 {
      guard let connection = byNumber[flow.connection] else { throw .gone }
      return connection
    }
    let same = byNumber.values.first {
      $0.remote == flow.remote && $0.transport == flow.transport && $0.serverName == flow.serverName
        && !$0.closesWhenWritten
    }
    if let same { return same }
    // The latest: the other end may have lost the others unseen.
    return byNumber.values.filter { !$0.closesWhenWritten && $0.standsIn(for: flow) }.max { $0.number < $1.number }
  }

  private func handshakes(of source: IPAddress) -> Int {
    byNumber.values.count { $0.source == source && !$0.isEstablished }
  }

  private func open(_ flow: Flow, now: Instant) throws(ConnectError) -> Connection {
    var session: TLSSession?
    if flow.transport == .tls {
      guard let name = flow.serverName else { throw .noServerName }
      guard let tlsClient else { throw .noTrust }
      do throws(TLSError) {
        session = try TLSSession(connecting: tlsClient, to: name)
      } catch {
        throw .tls(error)
      }
    }
    guard entrance.admission.admit(flow.source, limits) else { throw .tooMany }
    do throws(PlatformError) {
      let socket = try StreamSocket.connect(to: flow.remote, dscp: signallingDSCP)
      if let connection = add(socket, session, flow, isOurs: true, now: now) { return connection }
      socket.close()
    } catch {
      entrance.admission.release(flow.source)
      throw .platform(error)
    }
    entrance.admission.release(flow.source)
    throw .tooMany
  }

  private func add(
    _ socket: StreamSocket, _ session: TLSSession?, _ flow: Flow, isOurs: Bool, now: Instant
  ) -> Connection? {
    let number = entrance.nextNumber()
    let connection = Connection(
      number: number, socket: socket, tls: session, flow: flow, isOurs: isOurs, queueLimit: limits.queue, now: now)
    let what: Readiness = isOurs ? [.readable, .writable] : .readable
    let token = Token.connection(number).packed
    guard (try? poller.add(socket.descriptor, what, token: token)) != nil else { return nil }
    connection.isWatchedForWriting = isOurs
    byNumber[number] = connection
    nextDeadline = earliest(nextDeadline, connection.deadline(limits))
    return connection
  }
}
