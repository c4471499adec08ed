import Configuration
import DNS
import PBX
import Platform
import SIP
import Wire

/// What the exchange has to be told of the world: names, our own addresses, which day it is.
final class OutsideLink {
  /// The clock may be set at any time: on a board that is soon after its start.
  private static let dayCheck = Interval.seconds(60)

  private let resolver: NameResolver
  private var dayIsAskedAt: Instant

  init(poller: Poller, servers: [SocketAddress], now: Instant) throws(PlatformError) {
    resolver = try NameResolver(poller: poller, servers: servers) { Token.names(UInt32(bitPattern: $0)).packed }
    dayIsAskedAt = now
  }

  var nextDeadline: Instant? { earliest(resolver.nextDeadline, dayIsAskedAt) }

  func use(_ servers: [SocketAddress]) throws(PlatformError) { try resolver.use(servers) }

  func ask(_ question: NameQuestion) { resolver.ask(question) }

  func ready(_ socket: UInt32, _ what: Readiness) { resolver.ready(Int32(bitPattern: socket), what) }

  func wake(_ exchange: Exchange, now: Instant) {
    if let due = resolver.nextDeadline, due <= now { resolver.wake() }
    guard dayIsAskedAt <= now else { return }
    let (day, left) = Clock.localDay()
    exchange.dayIs(day, now: now)
    dayIsAskedAt = now + min(max(left, .seconds(1)), OutsideLink.dayCheck)
  }

  /// Hands over the answers that came; whether there were any.
  func deliver(to exchange: Exchange, now: Instant) -> Bool {
    var delivered = false
    while let (question, answer) = resolver.next() {
      exchange.resolved(question, answer, now: now)
      delivered = true
    }
    return delivered
  }
}

/// From where a message to `remote` leaves, with the port at which answers and calls are awaited: that of the listener for
/// the transport, or the usual one where there is none. Nil where no route leads there, or no socket of ours.
func sourceAddress(
  _ transport: SIP.Transport, toward remote: SocketAddress, _ listeners: [Listener]
) -> SocketAddress? {
  guard var ip = Network.localAddress(toward: remote) else { return nil }
  let fitting = listeners.filter {
    $0.description.hasPrefix(transport.parameterName + "://") && $0.address.ip.isIPv4 == remote.ip.isIPv4
  }
  let listener = fitting.first { $0.address.ip == ip } ?? fitting.first { $0.address.ip.isUnspecified } ?? fitting.first
  guard let listener else {
    return transport == .udp ? nil : SocketAddress(ip, port: transport.defaultPort)
  }
  if !listener.address.ip.isUnspecified { ip = listener.address.ip }
  return SocketAddress(ip, port: listener.address.port, scope: remote.scope)
}
