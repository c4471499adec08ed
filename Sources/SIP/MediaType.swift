import Wire

/// The value of Content-Type or an element of Accept: `application/sdp;charset=UTF-8` (RFC 3261 §20.15).
public struct MediaType: Hashable, Sendable {
  /// In lower case.
  public var type: String
  /// In lower case.
  public var subtype: String
  public var parameters: Parameters

  public init(_ type: String, _ subtype: String, parameters: Parameters = Parameters()) {
    self.type = lowercasedASCII(type)
    self.subtype = lowercasedASCII(subtype)
    self.parameters = parameters
  }

  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in
      let type = try scanner.token("a media type such as application/sdp")
      guard scanner.skipSeparator(UInt8(ascii: "/")) else { throw .badValue("/ between type and subtype") }
      let subtype = try scanner.token("a subtype after /")
      return MediaType(type, subtype, parameters: try scanner.parameters())
    }
  }

  public static let sdp = MediaType("application", "sdp")

  public var isSDP: Bool { type == "application" && subtype == "sdp" }

  /// Whether this range of an Accept covers the other type; `*` stands for any.
  public func covers(_ other: MediaType) -> Bool {
    (type == "*" || type == other.type) && (subtype == "*" || subtype == other.subtype)
  }

  public var description: String { type + "/" + subtype + parameters.description }
}
