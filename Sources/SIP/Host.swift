import Wire

/// The host of a URI or a Via: an address or a name (RFC 3261 §25.1, `host`).
public enum Host: Hashable, Sendable {
  case address(IPAddress)
  case name(String)

  /// As it stands in a message: an IPv6 address in brackets.
  public var description: String {
    switch self {
    case .address(let ip): ip.isIPv4 ? ip.description : "[" + ip.description + "]"
    case .name(let name): name
    }
  }

  func write(to out: inout TextWriter, port: UInt16?) {
    out.put(description)
    if let port {
      out.put(UInt8(ascii: ":"))
      out.put(number: UInt64(port))
    }
  }

  public var address: IPAddress? {
    if case .address(let ip) = self { ip } else { nil }
  }

  /// Names are the same in any case, and with a trailing dot (RFC 3261 §19.1.4, RFC 4343).
  public static func == (a: Host, b: Host) -> Bool {
    switch (a, b) {
    case (.address(let x), .address(let y)): x == y
    case (.name(let x), .name(let y)): foldedHostName(x) == foldedHostName(y)
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .address(let ip): hasher.combine(ip)
    case .name(let name): hasher.combine(foldedHostName(name))
    }
  }
}

private func foldedHostName(_ name: String) -> String {
  let folded = lowercasedASCII(name)
  return folded.utf8.last == UInt8(ascii: ".") ? String(folded.dropLast()) : folded
}
