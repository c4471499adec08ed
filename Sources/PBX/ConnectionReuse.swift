import SIP
import Wire

/// The connections that trunks open to us, and that requests to them may go by (RFC 5923).
extension Exchange {
  /// Whether requests of ours go to that address over TLS: who calls from there is asked for a certificate.
  @export(interface)
  public func callsOverTLS(_ ip: IPAddress) -> Bool {
    outside.trunks.values.contains { trunk in
      trunk.hops.contains { $0.transport == .tls && $0.address.ip == ip }
    }
  }

  /// What the topmost Via says is no more than a port: the address is the one that the connection comes from, and the name
  /// is proved by a certificate.
  func noteAlias(_ request: Request, from flow: Flow) {
    // By a connection of ours they come and go anyhow.
    guard flow.transport == .tls, flow.serverName == nil, let via = try? request.headers.via, via.hasAlias,
      callsOverTLS(flow.remote.ip)
    else { return }
    emit(.reuse(flow, port: via.port ?? Transport.tls.defaultPort))
  }
}
