import Wire

/// One hop of a Via (RFC 3261 §20.42).
public struct Via: Hashable, Sendable {
  /// `UDP`, `TCP`, `TLS` …: as received, for unknown transports are passed on too.
  public var transport: String
  public var host: Host
  public var port: UInt16?
  public var parameters: Parameters

  public init(_ transport: Transport, host: Host, port: UInt16? = nil, parameters: Parameters = Parameters()) {
    self.init(transportName: transport.viaName, host: host, port: port, parameters: parameters)
  }

  public init(transportName: String, host: Host, port: UInt16? = nil, parameters: Parameters = Parameters()) {
    transport = transportName
    self.host = host
    self.port = port
    self.parameters = parameters
  }

  /// What every branch of RFC 3261 begins with (§8.1.1.7).
  public static let magicCookie = "z9hG4bK"

  public var branch: String? {
    get { parameters["branch"] }
    set { parameters["branch"] = newValue }
  }

  /// Whether the branch begins with the magic cookie, in any case, and something follows.
  public var hasRFC3261Branch: Bool {
    guard let branch else { return false }
    return branch.utf8.count > 7 && equalsIgnoringCase(String(branch.prefix(7)), Via.magicCookie)
  }

  /// The address that the message came from, added by the receiver (§18.2.1).
  public var received: IPAddress? {
    get { parameters["received"].flatMap { IPAddress(withoutBrackets($0)) } }
    set { parameters["received"] = newValue?.description }
  }

  /// Whether the sender asks for, or the receiver filled in, the source port (RFC 3581).
  public var hasRport: Bool { parameters.contains("rport") }

  /// The source port that the receiver filled in (RFC 3581 §4).
  public var rport: UInt16? {
    get { parameters["rport"].flatMap { UInt16($0) } }
    set { parameters["rport"] = newValue.map { String($0) } }
  }

  /// Whether the sender takes requests by the connection that this one came by (RFC 5923 §8).
  public var hasAlias: Bool { parameters.contains("alias") }

  public var maddr: String? { parameters["maddr"] }
  public var ttl: UInt8? { parameters["ttl"].flatMap { UInt8($0) } }

  /// `host` or `host:port`, as it stands in the message.
  public var sentBy: String { written { host.write(to: &$0, port: port) } }

  /// As it stands in a message.
  public var description: String {
    written { out in
      out.put(literal: "SIP/2.0/")
      out.put(transport)
      out.put(UInt8(ascii: " "))
      host.write(to: &out, port: port)
      parameters.write(to: &out)
    }
  }
}

private func withoutBrackets(_ text: String) -> String {
  guard text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") else { return text }
  return String(text.dropFirst().dropLast())
}
