/// An IP address and port; for a link-local IPv6 address also the interface.
public struct SocketAddress: Hashable, Sendable {
  public var ip: IPAddress
  public var port: UInt16
  /// The interface index of a link-local IPv6 address; 0 elsewhere.
  public var scope: UInt32

  public init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
    self.ip = ip
    self.port = port
    self.scope = scope
  }

  /// `192.0.2.1:5060` or `[2001:db8::1]:5060`.
  public var description: String {
    ip.isIPv4 ? "\(ip.description):\(port)" : "[\(ip.description)]:\(port)"
  }
}
