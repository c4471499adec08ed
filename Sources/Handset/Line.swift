import Platform
import SIP
import Wire

/// The way to the exchange: a port of UDP, or one connection, over TLS where the account says so.
final class Line {
  enum State {
    case connecting, open
    case broken(String)
  }

  /// The most that waits to be written: who does not read so much is gone.
  private static let queueLimit = 1 << 20
  private let poller: Poller
  private let token: UInt64
  private let transport: Transport
  private let remote: SocketAddress
  private let serverName: String
  private let datagrams: UDPSocket?
  private let stream: StreamSocket?
  private let tls: TLSSession?
  private var framer = StreamFramer()
  private var unsent: [UInt8] = []
  private var early: [[UInt8]] = []
  private var isWatchedForWriting = false
  private(set) var state = State.connecting
  let opened: Instant
  private(set) var flow: Flow

  /// Opens the way; `number` tells it from those before.
  init(
    to hop: ServerHop, from ip: IPAddress, number: UInt32, _ client: TLSClient?, _ poller: Poller, token: UInt64
  ) throws(HandsetError) {
    self.poller = poller
    self.token = token
    transport = hop.transport
    remote = hop.address
    serverName = hop.serverName
    opened = Clock.monotonic()
    do throws(PlatformError) {
      if hop.transport == .udp {
        let socket = try UDPSocket(binding: SocketAddress(ip, port: 0, scope: hop.address.scope))
        datagrams = socket
        stream = nil
        try poller.add(socket.descriptor, .readable, token: token)
      } else {
        let socket = try StreamSocket.connect(to: hop.address, dscp: 24)
        datagrams = nil
        stream = socket
        try poller.add(socket.descriptor, [.readable, .writable], token: token)
        isWatchedForWriting = true
      }
    } catch {
      throw .file(error)
    }
    let local = datagrams?.localAddress ?? SocketAddress(ip, port: 0)
    flow = Flow(transport: hop.transport, local: local, remote: hop.address)
    if hop.transport == .tls, let client {
      do throws(TLSError) {
        tls = try TLSSession(connecting: client, to: hop.serverName)
      } catch {
        throw .noAuthorities(error)
      }
    } else {
      tls = nil
    }
    if hop.transport == .udp {
      state = .open
    } else {
      flow.connection = number
      if hop.transport == .tls { flow.serverName = hop.serverName }
    }
  }

  func close() {
    if let tls, tls.isEstablished {
      tls.end()
      unsent += tls.takeOutgoing()
    }
    if let stream, !unsent.isEmpty { _ = stream.write(unsent[...]) }
    datagrams?.close()
    stream?.close()
  }

  var isOpen: Bool { if case .open = state { true } else { false } }

  func send(_ bytes: [UInt8]) {
    if let datagrams {
      datagrams.send(bytes, to: remote)
    } else if !isOpen {
      early.append(bytes)
    } else {
      queue(bytes)
      flush()
    }
  }

  private func queue(_ bytes: [UInt8]) {
    if let tls {
      guard (try? tls.send(bytes[...])) != nil else { return fail("TLS failed") }
      unsent += tls.takeOutgoing()
    } else {
      unsent += bytes
    }
    if unsent.count > Self.queueLimit { fail("the exchange does not read") }
  }

  private func fail(_ reason: String) { state = .broken(reason) }

  /// Something is ready; hands over whole messages.
  func ready(_ what: Readiness, _ receiver: DatagramReceiver, _ take: (Message) -> Void) {
    if let datagrams {
      receiver.receive(from: datagrams) { datagram in
        guard datagram.from.ip == remote.ip, let message = try? Message.parse(datagram.bytes) else { return }
        take(message)
      }
      return
    }
    guard let stream else { return }
    if case .connecting = state, flow.local.port == 0, what.contains(.writable) || what.contains(.failed) {
      guard stream.connectError == 0, let local = stream.localAddress else {
        return fail("\(remote.description) does not take the connection")
      }
      flow.local = local
      begin()
    }
    if what.contains(.readable) || what.contains(.hangup) { read(stream, take) }
    flush()
  }

  /// TCP stands; over TLS the handshake follows.
  private func begin() {
    guard let tls else { return established() }
    _ = try? tls.receive([])
    unsent += tls.takeOutgoing()
  }

  private func established() {
    state = .open
    let waiting = early
    early = []
    for bytes in waiting { queue(bytes) }
  }

  private func read(_ stream: StreamSocket, _ take: (Message) -> Void) {
    var wire: [UInt8] = []
    switch stream.read(into: &wire, limit: 65536) {
    case .moved: break
    case .wouldBlock: return
    case .closed: return fail("the exchange closed the connection")
    case .failed(let number): return fail("the connection broke: errno \(number)")
    }
    var plain = wire
    if let tls {
      do throws(TLSError) {
        plain = try tls.receive(wire)
      } catch {
        unsent += tls.takeOutgoing()
        flush()
        return fail(error.description)
      }
      unsent += tls.takeOutgoing()
      if tls.isEstablished, !isOpen { established() }
    }
    framer.receive(plain)
    do throws(SIPError) {
      while let output = try framer.next() {
        switch output {
        case .message(let bytes): if let message = try? Message.parse(bytes, .stream) { take(message) }
        case .ping: queue([13, 10])
        case .pong: break
        }
      }
    } catch {
      fail(error.description)
    }
    if tls?.isEnded == true { fail("the exchange closed the connection") }
  }

  private func flush() {
    guard let stream, flow.local.port != 0 else { return }
    while !unsent.isEmpty {
      switch stream.write(unsent[...]) {
      case .moved(let count): unsent.removeFirst(count)
      case .wouldBlock: return watch(forWriting: true)
      case .closed, .failed: return fail("the exchange closed the connection")
      }
    }
    watch(forWriting: false)
  }

  private func watch(forWriting: Bool) {
    guard let stream, forWriting != isWatchedForWriting else { return }
    isWatchedForWriting = forWriting
    try? poller.change(stream.descriptor, forWriting ? [.readable, .writable] : .readable, token: token)
  }
}
