import Wire

/// A SIP, SIPS, tel or other URI (RFC 3261 §19.1, RFC 3966). Parts stand as received, escapes (`%41`) included.
public struct URI: Hashable, Sendable {
  public enum Scheme: Hashable, Sendable {
    case sip, sips, tel
    /// Any other scheme, in lower case.
    case other(String)

    public var name: String {
      switch self {
      case .sip: "sip"
      case .sips: "sips"
      case .tel: "tel"
      case .other(let name): name
      }
    }
  }

  public var scheme: Scheme
  /// The user part of a SIP URI with its escapes, nil where absent.
  public var user: String?
  /// The password with its escapes, nil where absent.
  public var password: String?
  /// The host of a SIP URI; an empty name for other schemes.
  public var host: Host
  /// The port if one is written.
  public var port: UInt16?
  /// `;transport=tcp;lr`, of a SIP or tel URI.
  public var parameters: Parameters
  /// The `?name=value&…` part of a SIP URI, with its escapes.
  public var headers: [Parameter]
  /// What follows the colon of a scheme that is not SIP or SIPS; for tel without its parameters. Else empty.
  public var opaque: String

  public init(
    _ scheme: Scheme = .sip, user: String? = nil, password: String? = nil, host: Host, port: UInt16? = nil,
    parameters: Parameters = Parameters(), headers: [Parameter] = []
  ) {
    self.scheme = scheme
    self.user = user
    self.password = password
    self.host = host
    self.port = port
    self.parameters = parameters
    self.headers = headers
    opaque = ""
  }

  /// A URI that isn't SIP or SIPS.
  public init(_ scheme: Scheme, opaque: String, parameters: Parameters = Parameters()) {
    self.init(scheme, host: .name(""), parameters: parameters)
    self.opaque = opaque
  }

  public var isSIP: Bool { scheme == .sip || scheme == .sips }

  /// The user with escapes resolved: what a dialled number or an extension is compared with.
  public var unescapedUser: String? {
    guard let user else { return nil }
    return unescape(user)
  }

  /// As it stands in a message.
  public var description: String { written(write) }

  func write(to out: inout TextWriter) {
    out.put(scheme.name)
    out.put(UInt8(ascii: ":"))
    if isSIP {
      if let user {
        out.put(user)
        if let password {
          out.put(UInt8(ascii: ":"))
          out.put(password)
        }
        out.put(UInt8(ascii: "@"))
      }
      host.write(to: &out, port: port)
    } else {
      out.put(opaque)
    }
    parameters.write(to: &out)
    var separator = UInt8(ascii: "?")
    for header in headers {
      out.put(separator)
      header.write(to: &out)
      separator = UInt8(ascii: "&")
    }
  }
}
