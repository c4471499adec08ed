import Wire

/// The transport that a message travels by (RFC 3261 §18, RFC 7118).
public enum Transport: UInt8, Hashable, Sendable {
  case udp, tcp, tls, ws, wss

  /// Whether the transport delivers by itself, so that a transaction sends nothing twice (RFC 3261 §17).
  public var isReliable: Bool { self != .udp }

  /// RFC 7118.
  public var isWebSocket: Bool { self == .ws || self == .wss }

  /// Whether nobody on the way reads what is said.
  public var isSecure: Bool { self == .tls || self == .wss }

  /// Whether each message comes apart from the others, so that it needs no Content-Length (RFC 3261 §18.3, RFC 7118 §5).
  public var keepsMessagesApart: Bool { self != .tcp && self != .tls }

  /// As Via writes it: `UDP`.
  public var viaName: String {
    switch self {
    case .udp: "UDP"
    case .tcp: "TCP"
    case .tls: "TLS"
    case .ws: "WS"
    case .wss: "WSS"
    }
  }

  /// As a `transport` parameter of a URI writes it: `udp`.
  public var parameterName: String {
    switch self {
    case .udp: "udp"
    case .tcp: "tcp"
    case .tls: "tls"
    // RFC 7118 §5.2: the same for both, which the scheme tells apart.
    case .ws, .wss: "ws"
    }
  }

  /// 5060, or 5061 over TLS (RFC 3261 §19.1.2); 80 and 443 for WebSocket (RFC 7118 §5).
  public var defaultPort: UInt16 {
    switch self {
    case .udp, .tcp: 5060
    case .tls: 5061
    case .ws: 80
    case .wss: 443
    }
  }

  /// The transport of that name in any case, as Via or a `transport` parameter writes it.
  public init?(_ name: String) {
    for transport in [Transport.udp, .tcp, .tls, .ws, .wss] where equalsIgnoringCase(name, transport.viaName) {
      self = transport
      return
    }
    return nil
  }
}

/// Where a message came from, or where it is to go.
public struct Flow: Hashable, Sendable {
  public var transport: Transport
  public var local: SocketAddress
  public var remote: SocketAddress
  /// Which connection, by a number that is never used again while the process lives; 0 for UDP.
  public var connection: UInt32
  /// Whom the far end's certificate must name (RFC 5922 §7.2): the domain or address that was looked up, not what DNS
  /// made of it. Only a TLS connection of ours has one; without it none is opened. Requests that come back by such a
  /// connection carry the name that was verified.
  public var serverName: String?

  /// Whom limits count.
  public var source: IPAddress { remote.ip.counted(from: local.ip) }

  public init(
    transport: Transport, local: SocketAddress, remote: SocketAddress, connection: UInt32 = 0,
    serverName: String? = nil
  ) {
    self.transport = transport
    self.local = local
    self.remote = remote
    self.connection = connection
    self.serverName = serverName
  }
}
