import Configuration
import SIP
import Wire

/// A trunk at work.
struct Trunk: Sendable {
  enum Registration: Sendable {
    /// By address: there is nothing to register.
    case none
    /// Not registered; `dueAt` says when it is tried next.
    case absent
    case asking(TransactionID)
    /// Until when it counts, and when it is to be renewed.
    case held(until: Instant, renewAt: Instant)
  }

  /// The server in use, and how it is reached.
  struct Way: Sendable {
    let hop: ServerHop
    let flow: Flow
  }

  var settings: TrunkSettings
  var registration: Registration
  /// All REGISTER requests are of one Call-ID (RFC 3261 §10.2).
  let callID: String
  let tag: String
  var cSeq: UInt32 = 0
  /// By which the calls of its registrar are known: nobody else can guess it.
  let line: String
  /// What registering last asked for; more than the settings where the registrar wants more (423).
  var expires: UInt32
  /// Its servers as DNS last had them, those of this round that failed, and the one that waits for our own address.
  var hops: [ServerHop] = []
  var failedHops: Set<ServerHop> = []
  var nextHop: ServerHop?
  var way: Way?
  /// Addresses of the names that its calls may come from.
  var named: [String: [IPAddress]] = [:]
  /// What requests pass through on the way to the registrar's services (RFC 3608).
  var serviceRoutes: [NameAddress] = []
  /// How the registrar sees us (RFC 3581); a change means that the way in has changed.
  var seenAs: SocketAddress?
  var dueAt: Instant?
  /// Rounds in a row that failed.
  var failures = 0
  /// Nil before anything is known.
  var isReachable: Bool?
  var lastError: String?
  var ping: TransactionID?

  init(_ settings: TrunkSettings, callID: String, tag: String, line: String) {
    self.settings = settings
    self.callID = callID
    self.tag = tag
    self.line = line
    expires = settings.expires
    registration = settings.registers ? .absent : .none
  }

  /// The domain that requests name.
  var host: Host { IPAddress(settings.place.host).map { .address($0) } ?? .name(settings.place.host) }

  /// Where its requests go first (RFC 3261 §8.1.2).
  var target: ServerTarget {
    let place = settings.outboundProxy ?? settings.place
    let host = IPAddress(place.host).map { Host.address($0) } ?? .name(place.host)
    return ServerTarget(host: host, port: place.port, transport: settings.transport.map { $0.sip })
  }

  /// What a request outside of a dialog carries as its route: the proxy, or what the registrar said.
  var routes: [NameAddress] {
    if !serviceRoutes.isEmpty { return serviceRoutes }
    guard let proxy = settings.outboundProxy else { return [] }
    let host = IPAddress(proxy.host).map { Host.address($0) } ?? .name(proxy.host)
    var uri = URI(host: host, port: proxy.port)
    if let transport = settings.transport { uri.parameters["transport"] = transport.sip.parameterName }
    uri.parameters.setFlag("lr")
    return [NameAddress(uri)]
  }

  /// A URI at its domain.
  func uri(_ user: String?) -> URI { URI(user: user, host: host, port: settings.place.port) }

  /// Whether calls by it may be expected to succeed.
  var isUsable: Bool {
    switch registration {
    case .none: isReachable != false
    case .held: true
    case .absent, .asking: false
    }
  }

  /// Whether a call from that address is one of its own.
  func accepts(_ ip: IPAddress) -> Bool {
    if hops.contains(where: { $0.address.ip == ip }) { return true }
    for source in settings.acceptFrom {
      switch source {
      case .prefix(let prefix): if prefix.contains(ip) { return true }
      case .name(let host): if named[host]?.contains(ip) == true { return true }
      }
    }
    return false
  }

  /// All networks that it accepts.
  var sources: [NetworkSettings.Prefix] {
    var addresses = hops.map { $0.address.ip }
    var sources: [NetworkSettings.Prefix] = []
    for source in settings.acceptFrom {
      switch source {
      case .prefix(let prefix): sources.append(prefix)
      case .name(let host): addresses += named[host] ?? []
      }
    }
    return sources + addresses.map { NetworkSettings.Prefix($0, length: $0.isIPv4 ? 32 : 128) }
  }
}

extension TrunkSettings.Transport {
  var sip: SIP.Transport {
    switch self {
    case .udp: .udp
    case .tcp: .tcp
    case .tls: .tls
    }
  }
}

extension NetworkSettings.Prefix {
  func contains(_ ip: IPAddress) -> Bool {
    guard ip.isIPv4 == address.isIPv4 else { return false }
    let width = ip.isIPv4 ? 32 : 128
    // Bits that need not be the same, counted from the lowest.
    let free = width - min(max(length, 0), width)
    let high = free >= 128 ? 0 : free > 64 ? ~UInt64(0) << UInt64(free - 64) : ~UInt64(0)
    let low = free >= 64 ? 0 : ~UInt64(0) << UInt64(free)
    return (ip.high ^ address.high) & high == 0 && (ip.low ^ address.low) & low == 0
  }
}
