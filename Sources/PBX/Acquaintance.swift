import Configuration
import SIP
import Wire

/// Sources that have proved that they are where they say: by credentials, of which the nonce is bound to the address, by a
/// tag or branch of ours, or because we chose to send there.
struct Acquaintance: Sendable {
  static let limit = 4096
  static let memory = Interval.seconds(3600)

  private var known: [SocketAddress: Instant] = [:]

  func contains(_ source: SocketAddress, now: Instant) -> Bool {
    known[source].map { now - $0 < Self.memory } ?? false
  }

  mutating func note(_ source: SocketAddress, now: Instant) {
    if known.count >= Self.limit && known[source] == nil {
      known = known.filter { now - $0.value < Self.memory }
      // Whoever is left out proves himself again.
      if known.count >= Self.limit { known = [:] }
    }
    known[source] = now
  }
}

extension Exchange {
  /// Whether someone is there who is registered, or has proved himself of late.
  @export(interface)
  public func knows(_ flow: Flow) -> Bool {
    registrar.knows(flow.remote) || acquaintance.contains(flow.remote, now: now)
  }

  /// Whether a tag of To is that of a call's leg.
  @export(interface)
  public func hasDialog(_ tag: String) -> Bool { legs[tag] != nil }

  /// Whether a message calls for help, which nothing may keep out.
  @export(interface)
  public func isCallForHelp(_ bytes: [UInt8], from flow: Flow) -> Bool {
    guard
      case .request(let request)? = try? Message.parse(bytes, flow.transport.keepsMessagesApart ? .datagram : .stream),
      request.method == .invite, let number = request.uri.dialledNumber
    else { return false }
    return emergencyPlan(number, from: "") != nil
  }
}
