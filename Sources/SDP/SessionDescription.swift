import Wire

/// A session description (RFC 8866): what one side wants to send and receive, and where.
/// Lines without a field of their own stay in `otherLines`, so that nothing known to the sender is lost.
public struct SessionDescription: Hashable, Sendable {
  public var origin: Origin
  /// The `s=` line; "-" stands for none.
  public var name: String
  public var connection: Connection?
  /// The lines `i`, `u`, `e`, `p`, `b`, `t`, `r`, `z` and `k`, in the order they came in.
  public var otherLines: [Line]
  public var attributes: [Attribute]
  public var media: [MediaDescription]

  public init(origin: Origin, name: String = "-", connection: Connection? = nil) {
    self.origin = origin
    self.name = name
    self.connection = connection
    otherLines = [.unbounded]
    attributes = []
    media = []
  }
}

extension SessionDescription {
  /// What the line says by that attribute, or else the session.
  func value(of name: String, _ line: MediaDescription) -> String? {
    (line.attribute(name) ?? attributes.first { $0.name == name })?.value
  }
}

/// The `o=` line (RFC 8866 §5.2). Identifier and version are kept as text: phones send more than 64 bits.
public struct Origin: Hashable, Sendable {
  public var username: String
  public var sessionID: String
  public var version: String
  public var address: Connection

  public init(username: String = "-", sessionID: String, version: String, address: Connection) {
    self.username = username
    self.sessionID = sessionID
    self.version = version
    self.address = address
  }
}

/// A network type, address type and address, as in `c=` and `o=` (RFC 8866 §5.7).
public struct Connection: Hashable, Sendable {
  /// `IN`, in practice.
  public var network: String
  /// `IP4` or `IP6`.
  public var addressType: String
  /// An address or a host name, with the TTL and count of a multicast address if there were any.
  public var address: String

  public init(network: String, addressType: String, address: String) {
    self.network = network
    self.addressType = addressType
    self.address = address
  }

  public init(_ ip: IPAddress) {
    self.init(network: "IN", addressType: ip.isIPv4 ? "IP4" : "IP6", address: ip.description)
  }

  /// The unicast address; nil for a host name, a multicast address or a network other than the Internet.
  public var ip: IPAddress? {
    guard equalsIgnoringCase(network, "IN"), let ip = IPAddress(address), !ip.isMulticast else { return nil }
    return ip
  }
}

/// A line that this module carries without a view of its own.
public struct Line: Hashable, Sendable {
  /// The type letter, lower case ASCII.
  public var type: UInt8
  public var value: String

  /// `t=0 0`: a session without bounds in time, as calls are (RFC 3264 §5).
  static let unbounded = Line(type: UInt8(ascii: "t"), value: "0 0")

  public init(type: UInt8, value: String) {
    self.type = type
    self.value = value
  }
}

/// An `a=` line: a flag (`a=sendonly`) or a name with a value (`a=ptime:20`).
public struct Attribute: Hashable, Sendable {
  public var name: String
  public var value: String?

  public init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }
}

/// An `m=` line with the lines below it (RFC 8866 §5.14).
public struct MediaDescription: Hashable, Sendable {
  /// `audio`, `video`, `image`, …
  public var kind: String
  /// 0 means that the stream is refused or removed (RFC 3264 §6).
  public var port: UInt16
  /// The count after the port's slash, if there was one.
  public var portCount: UInt16?
  /// `RTP/AVP`, `RTP/SAVP`, …
  public var transport: String
  /// Payload type numbers, for RTP.
  public var formats: [String]
  public var connection: Connection?
  /// The lines `i`, `b`, `k` and any further `c`, in the order they came in.
  public var otherLines: [Line]
  public var attributes: [Attribute]

  public init(kind: String, port: UInt16, transport: String, formats: [String]) {
    self.kind = kind
    self.port = port
    self.transport = transport
    self.formats = formats
    connection = nil
    otherLines = []
    attributes = []
  }
}
