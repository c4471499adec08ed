import Wire

/// What one side's connectivity checks are signed with (RFC 8839 §5.4).
public struct IceCredentials: Hashable, Sendable {
  /// `ice-ufrag`, 4 to 256 characters.
  public var fragment: String
  /// `ice-pwd`, 22 to 256 characters.
  public var password: String

  public init(fragment: String, password: String) {
    self.fragment = fragment
    self.password = password
  }
}

/// What a phone's description says of ICE on one of its streams.
public struct IceDescription: Hashable, Sendable {
  public var credentials: IceCredentials
  /// It makes no checks itself (RFC 8445 §2.5).
  public var isLite = false
  /// It may name candidates later (RFC 8838).
  public var trickles = false
  /// Whether where media is wanted is among its candidates. If not, something on the way has changed the description, or
  /// its author knows nothing of the candidates that it passes on (RFC 8839 §4.2.5).
  public var matches = true
}

/// What both sides have said of ICE on one stream.
public struct IceAgreement: Hashable, Sendable {
  /// The session identifier of our descriptions, another one for each dialog.
  public var session: UInt64
  public var own: IceCredentials
  public var theirs: IceDescription
}

extension SessionDescription {
  /// What is said of ICE for that line; nil where it is not spoken, not well, or was given up for this line.
  func ice(of line: MediaDescription) -> IceDescription? {
    guard let fragment = value(of: "ice-ufrag", line), let password = value(of: "ice-pwd", line),
      isIceText(fragment, from: 4), isIceText(password, from: 22), line.attribute("ice-mismatch") == nil
    else { return nil }
    var ice = IceDescription(credentials: IceCredentials(fragment: fragment, password: password))
    ice.isLite = attributes.contains { $0.name == "ice-lite" }
    ice.trickles = words(value(of: "ice-options", line) ?? "").contains { text($0) == "trickle" }
    let candidates = line.attributes.compactMap { IceCandidate($0) }
    let says = line.attributes.contains { $0.name == "candidate" }
    // Who says that more follow may have named none yet.
    guard says || ice.trickles else { return nil }
    ice.matches = !says || matches(line, candidates)
    return ice
  }

  /// Whether each component's default destination is one of its candidates (RFC 8839 §4.2.5). A host name can't be
  /// compared, and 0.0.0.0 stands for nothing.
  private func matches(_ line: MediaDescription, _ candidates: [IceCandidate]) -> Bool {
    guard let ip = (line.connection ?? connection)?.ip, !ip.isUnspecified else { return true }
    guard candidates.contains(where: { $0.component == 1 && $0.address == SocketAddress(ip, port: line.port) }) else {
      return false
    }
    let control = candidates.filter { $0.component == 2 }
    guard line.attribute("rtcp-mux") == nil, !control.isEmpty else { return true }
    let wanted = line.rtcpAddress(default: ip) ?? SocketAddress(ip, port: line.port &+ 1)
    return control.contains { $0.address == wanted }
  }
}

/// As far as one is needed by who makes no checks.
private struct IceCandidate {
  let component: UInt32
  let address: SocketAddress

  /// `a=candidate:1 1 UDP 2130706431 192.0.2.7 4000 typ host …` (RFC 8839 §5.1).
  init?(_ attribute: Attribute) {
    guard attribute.name == "candidate" else { return nil }
    let parts = words(attribute.value ?? "")
    guard parts.count >= 8, let component = decimal(parts[1], limit: 256), equalsIgnoringCase(text(parts[2]), "UDP"),
      let ip = IPAddress(text(parts[4])), let port = decimal(parts[5], limit: 65535)
    else { return nil }
    self.component = component
    address = SocketAddress(ip, port: UInt16(port))
  }
}

/// Letters, digits, `+` and `/`, at least so many and 256 at most.
private func isIceText(_ text: String, from least: Int) -> Bool {
  (least...256).contains(text.utf8.count)
    && text.utf8.allSatisfy { octet in
      switch octet {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
}
