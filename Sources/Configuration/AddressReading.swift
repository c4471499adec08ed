import Wire

extension YAMLReader {
  /// A host name (RFC 1123 §2.1) or an IP address; in lower case.
  mutating func domain(_ node: YAMLNode) -> String? {
    let expected = "a domain such as office.lan, or an IP address"
    guard let text = text(node, expected: expected) else { return nil }
    guard isHost(text) else {
      refuse(node, expected: expected)
      return nil
    }
    return lowercasedASCII(text)
  }

  mutating func address(_ node: YAMLNode, expected: String) -> IPAddress? {
    if let text = node.text, let address = IPAddress(text) { return address }
    refuse(node, expected: expected)
    return nil
  }

  /// `sip.listen`: one to 16 addresses, none twice.
  mutating func listeners(_ node: YAMLNode) -> [Listener]? {
    distinct(node, of: "addresses such as udp://0.0.0.0:5060", named: { $0.description }) { reader, element in
      if let listener = element.text.flatMap({ Listener($0) }) { return listener }
      let expected = "udp, tcp, tls, ws or wss with an IP address and a port: udp://0.0.0.0:5060 or tls://[::]:5061"
      reader.refuse(element, expected: expected)
      return nil
    }
  }

  /// `sip.websocket_origins`: `https://phone.example.com`, as browsers write them (RFC 6454 §7), or `*`.
  mutating func origins(_ node: YAMLNode) -> [String]? {
    let expected = "the origin of a page, such as https://phone.example.com, or *"
    return distinct(node, of: "origins of pages", named: { $0 }) { reader, element in
      guard let text = reader.text(element, expected: expected) else { return nil }
      if text == "*" { return text }
      let scheme = text.hasPrefix("https://") ? 8 : text.hasPrefix("http://") ? 7 : 0
      let rest = text.utf8.dropFirst(scheme)
      guard scheme > 0, !rest.isEmpty, !rest.contains(UInt8(ascii: "/")) else {
        reader.refuse(element, expected: expected)
        return nil
      }
      return lowercasedASCII(text)
    }
  }

  /// `media.ports`: `16384-17383`, from an even RTP port to an odd RTCP port.
  mutating func mediaPorts(_ node: YAMLNode) -> ClosedRange<UInt16>? {
    let bounds = node.text?.split(separator: "-", omittingEmptySubsequences: false).map {
      decimal(trimmed($0).utf8, limit: 65535)
    }
    guard let bounds, bounds.count == 2, let low = bounds[0], let high = bounds[1], low >= 1024, low <= high else {
      refuse(node, expected: "two ports from 1024 to 65535, the lower first: 16384-17383")
      return nil
    }
    let count = high - low + 1
    guard count >= 4 else {
      refuse(
        node, found: "\(node.found), \(count) \(count == 1 ? "port" : "ports") with room for no call",
        expected: "at least 4 ports: a call takes 4, so 16384-17383 allows 250 calls")
      return nil
    }
    guard low % 2 == 0, high % 2 == 1 else {
      refuse(
        node, expected: "an even first port (RTP) and an odd last port (RTCP)",
        nearest: "\(low + low % 2)-\(high - 1 + high % 2)")
      return nil
    }
    return UInt16(low)...UInt16(high)
  }

  /// `time.servers`: one to 8 host names or addresses.
  mutating func timeServers(_ node: YAMLNode) -> [String]? {
    guard let elements = list(node, of: "time servers", most: 8) else { return nil }
    var servers: [String] = []
    for element in elements {
      if let text = element.text, isHost(text) {
        servers.append(text)
      } else {
        refuse(element, expected: "a time server's name or IP address, such as 192.168.1.1")
      }
    }
    return servers
  }

  /// `network`: a static address with its prefix, gateway and name servers.
  mutating func network(_ node: YAMLNode) -> NetworkSettings {
    var settings = NetworkSettings()
    let section = section(node, of: "network", keys: ["address", "gateway", "name_servers"])
    if let node = section["address"] {
      settings.address = node.text.flatMap { NetworkSettings.Prefix($0) }
      if settings.address == nil { refuse(node, expected: "an address with its prefix length, such as 192.168.1.5/24") }
    }
    if let node = section["gateway"] {
      settings.gateway = address(node, expected: "the router's IP address, such as 192.168.1.1")
      if section["address"] == nil { refuse(node, expected: "'address' beside it: with DHCP the router is told") }
    }
    if let node = section["name_servers"], let elements = list(node, of: "IP addresses", most: 3) {
      for element in elements {
        if let server = address(element, expected: "a name server's IP address") { settings.nameServers.append(server) }
      }
    }
    return settings
  }
}

extension Listener {
  /// `udp://192.0.2.1:5060`, `tls://[::]:5061`; the transport's own port where it is left out.
  init?(_ text: String) {
    let named = Transport.allCases.first { text.hasPrefix($0.rawValue + "://") }
    guard let transport = named else { return nil }
    var rest = text.dropFirst(transport.rawValue.utf8.count + 3)
    let host: Substring
    if rest.utf8.first == UInt8(ascii: "[") {
      guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      host = rest[rest.utf8.index(after: rest.startIndex)..<end]
      rest = rest[rest.utf8.index(after: end)...]
      guard host.utf8.contains(UInt8(ascii: ":")) else { return nil }
    } else {
      let end = rest.utf8.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      host = rest[..<end]
      rest = rest[end...]
    }
    guard let ip = IPAddress(host), !ip.isMulticast else { return nil }
    var port = UInt32(transport.port)
    if !rest.isEmpty {
      guard rest.utf8.first == UInt8(ascii: ":"), let number = decimal(rest.utf8.dropFirst(), limit: 65535), number > 0
      else { return nil }
      port = number
    }
    self.init(transport, SocketAddress(ip, port: UInt16(port)))
  }
}

extension NetworkSettings.Prefix {
  /// `192.168.1.5/24`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(parts[0]),
      let length = decimal(parts[1].utf8, limit: address.isIPv4 ? 32 : 128), length > 0, !address.isUnspecified,
      !address.isMulticast
    else { return nil }
    self.init(address, length: Int(length))
  }
}

/// Whether the text is an IP address or a host name: labels of 1 to 63 letters, digits and inner hyphens.
func isHost(_ text: String) -> Bool {
  if IPAddress(text) != nil { return true }
  let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard text.utf8.count <= 253, let last = labels.last, last.contains(where: { !isDigit($0) }) else { return false }
  return labels.allSatisfy { label in
    (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
      && label.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "-") || (0x61...0x7a).contains($0 | 0x20) }
  }
}

private func trimmed(_ text: Substring) -> Substring {
  var text = text
  while text.utf8.first == UInt8(ascii: " ") { text = text.dropFirst() }
  while text.utf8.last == UInt8(ascii: " ") { text = text.dropLast() }
  return text
}
