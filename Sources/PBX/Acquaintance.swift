import Configuration
import SIP
import Wire

/// Sources that have proved that they are where they say: by credentials, of which the nonce is bound to the address, by a
/// tag of ours, or because we chose to send there.
struct Acquaintance: Sendable {
  static let limit = 4096
  static let memory = Interval.seconds(3600)

  private var known: [SocketAddress: Instant] = [:]

  func contains(_ source: SocketAddress, now: Instant) -> Bool {
    known[source].map { now - $0 < Self.memory } ?? false
  }

  func sources(now: Instant) -> [IPAddress] {
    known.compactMap { now - $0.value < Self.memory ? $0.key.ip : nil }
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
  /// Whether someone is there who is registered, has proved himself of late, or belongs to a trunk.
  @export(interface)
  public func knows(_ flow: Flow) -> Bool {
    registrar.knows(flow.remote) || acquaintance.contains(flow.remote, now: now)
      || outside.trunks.contains { $0.value.accepts(flow.remote.ip) }
  }

  /// The networks of all whom `knows` is true of, each once, trunks and registered phones first.
  @export(interface)
  public var friends: [NetworkSettings.Prefix] {
    var found: [NetworkSettings.Prefix] = []
    var seen: Set<NetworkSettings.Prefix> = []
    func add(_ prefix: NetworkSettings.Prefix) { if seen.insert(prefix).inserted { found.append(prefix) } }
    for trunk in outside.trunks.values { for source in trunk.sources { add(source) } }
    for address in registrar.sourceAddresses + acquaintance.sources(now: now) {
      add(NetworkSettings.Prefix(address, length: address.isIPv4 ? 32 : 128))
    }
    return found
  }

  /// The sender of a request has proved that it is there, and so is the port at which it wants its answer.
  func becomeAcquainted(_ flow: Flow, by request: Request) {
    acquaintance.note(flow.remote, now: now)
    guard let via = try? request.headers.via else { return }
    let answered = flow.replying(to: via).remote
    if answered != flow.remote { acquaintance.note(answered, now: now) }
  }

  /// Whoever has a dialog proved to be there when it began; another process learns that from the dialog.
  func becomeAcquainted(by dialog: Dialog) {
    acquaintance.note(dialog.flow.remote, now: now)
    if dialog.nextHop.remote != dialog.flow.remote { acquaintance.note(dialog.nextHop.remote, now: now) }
  }

  /// The same of all in a call.
  func becomeAcquainted(by call: Call) {
    if let invite = call.caller.invite { becomeAcquainted(invite.flow, by: invite.request) }
    switch call.state {
    case .talking(let talking), .ending(let talking):
      becomeAcquainted(by: talking.caller.dialog)
      if let callee = talking.callee { becomeAcquainted(by: callee.dialog) }
    case .ringing, .over: break
    }
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
