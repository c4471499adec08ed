import SDP
import SIP
import Wire

/// Whom the phone is, and where it registers.
public struct Account: Sendable {
  public enum Encryption: String, Sendable {
    case off, preferred, required
  }

  /// The address of record: `sip:1001@office.lan;transport=tls`. Its host, port and transport say where the registrar is.
  public var uri: URI
  /// How the exchange is reached, where the address does not say it: `sip:192.0.2.1;transport=tls`.
  public var proxy: URI?
  /// What the registrar knows the phone by, the URI's user where it is another.
  public var user: String
  public var password: String
  public var displayName: String?
  /// Whether voice is encrypted between phone and exchange, by keys in the session descriptions (SDES).
  public var encryption: Encryption = .preferred
  /// A file of the authorities by which the exchange's certificate is judged; nil for those of the system.
  public var authority: String?
  /// Seconds for which registrations are asked for, 60…86400.
  public var expires: UInt32 = 600

  /// Nil where the URI names no user at a host.
  public init?(_ uri: URI, password: String = "") {
    guard uri.isSIP, let user = uri.unescapedUser, ServerTarget(uri) != nil else { return nil }
    self.uri = uri
    self.user = user
    self.password = password
  }

  /// Where requests go first.
  public var server: ServerTarget? { ServerTarget(proxy ?? uri) }

  /// The address of record as From, To and REGISTER have it: without how it is reached.
  var record: URI { URI(uri.scheme, user: uri.user, host: uri.host) }

  /// The registrar's, or somebody's at the same place.
  func neighbour(_ user: String?) -> URI { URI(uri.scheme, user: user, host: uri.host) }

  /// What media may be by a flow of that transport. Keys are named where nobody on the way can read them (RFC 4568 §7.2);
  /// nil where they must be, and would be read.
  func policy(_ transport: Transport) -> MediaPolicy? {
    switch encryption {
    case .off: .plain
    case .preferred: transport.isSecure ? MediaPolicy(.welcome, by: .naming) : .plain
    case .required: transport.isSecure ? MediaPolicy(.must, by: .naming) : nil
    }
  }
}
