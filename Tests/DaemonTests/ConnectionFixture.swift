import Platform
import SIP
import Testing
import Wire

@testable import Daemon

/// The connections on loopback, with what they reported.
final class ConnectionFixture {
  let poller: Poller
  let connections: Connections
  let listener: StreamListener
  var messages: [[UInt8]] = []
  var flows: [Flow] = []
  var closed: [Flow] = []
  var reasons: [String] = []
  var refused = 0
  /// What is spoken where the listener takes connections.
  var transport = Transport.tcp
  var damaged = 0
  /// Whether who connects over TLS is asked for a certificate.
  var asks = false
  /// How far the connections' time is ahead of the clock's.
  var ahead = Interval.zero
  /// Whom all connections are taken from, where there is no room.
  var stranger: (Flow) -> Bool = { _ in false }

  init(_ limits: ConnectionLimits = ConnectionLimits()) throws {
    poller = try Poller()
    connections = Connections(poller: poller, limits: limits)
    listener = try StreamListener(tcp: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 0))
    try poller.add(listener.descriptor, .readable, token: Token.streamListener(1).packed)
  }

  deinit {
    connections.closeAll()
    listener.close()
    poller.close()
  }

  func report(_ event: ConnectionEvent) {
    switch event {
    case .message(let bytes, let flow):
      messages.append(bytes)
      flows.append(flow)
    case .closed(let flow, let reason):
      closed.append(flow)
      if let reason { reasons.append(reason) }
    case .damaged: damaged += 1
    case .refused: refused += 1
    }
  }

  var now: Instant { Clock.monotonic() + ahead }

  /// Lets so much time pass, and what has dawdled be closed.
  func pass(_ time: Interval) {
    ahead = ahead + time
    connections.wake(now: now) { report($0) }
  }

  private func makeRoom() {
    guard let stalest = connections.stalest({ !stranger($0) }) else { return }
    connections.giveWay(stalest.number) { report($0) }
  }

  /// Turns the loop until something holds, for two seconds at most.
  func run(until holds: () -> Bool) -> Bool {
    let end = Clock.monotonic() + .seconds(20)
    while !holds() && Clock.monotonic() < end {
      poller.wait(until: Clock.monotonic() + .milliseconds(10)) { token, what in
        let now = now
        switch Token(packed: token) {
        case .streamListener:
          connections.accept(listener, transport, asks: { _ in asks }, makeRoom: makeRoom, now: now) { report($0) }
        case .connection(let number): connections.ready(number, what, now: now) { report($0) }
        default: break
        }
      }
    }
    return holds()
  }

  /// Where a peer that is not ours listens.
  func peer() throws -> (listener: StreamListener, flow: Flow) {
    let peer = try StreamListener(tcp: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 0))
    let local = SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 5060)
    return (peer, Flow(transport: .tcp, local: local, remote: try #require(peer.localAddress)))
  }
}
