import Wire

/// The value of From, To, Contact, Route, Record-Route and their like: an optional name, a URI and parameters
/// (RFC 3261 §20.10). Parameters are always the header's, never the URI's.
public struct NameAddress: Hashable, Sendable {
  /// The name without quotes and backslashes, nil where absent.
  public var displayName: String?
  public var uri: URI
  public var parameters: Parameters

  public init(displayName: String? = nil, _ uri: URI, parameters: Parameters = Parameters()) {
    self.displayName = displayName
    self.uri = uri
    self.parameters = parameters
  }

  /// The tag of From or To; setting nil removes it.
  public var tag: String? {
    get { parameters["tag"] }
    set { parameters["tag"] = newValue }
  }

  /// As it stands in a message: the name quoted, the URI in angle brackets.
  public var description: String {
    written { out in
      if let displayName {
        writeQuoted(displayName, to: &out)
        out.put(UInt8(ascii: " "))
      }
      out.put(UInt8(ascii: "<"))
      uri.write(to: &out)
      out.put(UInt8(ascii: ">"))
      parameters.write(to: &out)
    }
  }
}
