import CLinux
import Wire

extension SocketAddress {
  init(_ raw: clinux_address) {
    let ip =
      raw.is_ipv4 != 0
      ? IPAddress(ipv4: UInt32(truncatingIfNeeded: raw.low)) : IPAddress(ipv6High: raw.high, low: raw.low)
    self.init(ip, port: raw.port, scope: raw.scope)
  }

  var raw: clinux_address {
    clinux_address(high: ip.high, low: ip.low, scope: scope, port: port, is_ipv4: ip.isIPv4 ? 1 : 0)
  }
}

/// Which addresses a socket takes.
public enum AddressFamily: Sendable {
  case ipv4
  case ipv6Only
  /// IPv6, and IPv4 as mapped addresses.
  case dualStack

  var raw: clinux_family {
    switch self {
    case .ipv4: CLINUX_IPV4
    case .ipv6Only: CLINUX_IPV6_ONLY
    case .dualStack: CLINUX_DUAL_STACK
    }
  }
}

/// One address of one interface that is up.
public struct InterfaceAddress: Sendable {
  public var name: String
  public var ip: IPAddress
  public var scope: UInt32
}

/// What this machine's network is.
public enum Network {
  /// Whether IPv6 sockets can be had and bound here.
  public static func hasIPv6() -> Bool {
    guard let socket = try? UDPSocket(binding: SocketAddress(.anyIPv6, port: 0), family: .ipv6Only) else {
      return false
    }
    socket.close()
    return true
  }

  /// The addresses of the interfaces that are up, loopback included.
  public static func interfaces() -> [InterfaceAddress] {
    let list = InterfaceList()
    _ = clinux_interfaces(
      { context, name, address in
        guard let context, let name, let address else { return }
        let list = Unmanaged<InterfaceList>.fromOpaque(context).takeUnretainedValue()
        let found = SocketAddress(address.pointee)
        list.found.append(InterfaceAddress(name: String(cString: name), ip: found.ip, scope: found.scope))
      }, Unmanaged.passUnretained(list).toOpaque())
    return list.found
  }

  /// The address that a packet to `remote` would leave from; nil where there is no route. Sends nothing.
  public static func localAddress(toward remote: SocketAddress) -> IPAddress? {
    let fd = clinux_udp_socket(remote.ip.isIPv4 ? CLINUX_IPV4 : CLINUX_IPV6_ONLY)
    guard fd >= 0 else { return nil }
    defer { clinux_close(fd) }
    var target = remote.raw
    if target.port == 0 { target.port = 9 }
    var local = clinux_address()
    guard clinux_connect(fd, &target) == 0, clinux_local_address(fd, &local) == 0 else { return nil }
    let ip = SocketAddress(local).ip
    return ip.isUnspecified ? nil : ip
  }
}

/// What the C callback of `Network.interfaces` fills; not local there, for Embedded Swift then cannot use it elsewhere.
private final class InterfaceList {
  var found: [InterfaceAddress] = []
}
