import Wire

/// The value of WWW-Authenticate, Proxy-Authenticate, Authorization and Proxy-Authorization: a scheme and its parameters
/// (RFC 3261 §20.7, RFC 7616 §3.3).
public struct AuthParameters: Hashable, Sendable {
  public struct Item: Hashable, Sendable {
    public var name: String
    /// Without quotes and backslashes.
    public var value: String
    /// Whether the value stands in quotes.
    public var isQuoted: Bool

    public init(_ name: String, _ value: String, quoted: Bool) {
      self.name = name
      self.value = value
      isQuoted = quoted
    }
  }

  public var scheme: String
  public var items: [Item]

  public init(scheme: String = "Digest", _ items: [Item] = []) {
    self.scheme = scheme
    self.items = items
  }

  public var isDigest: Bool { equalsIgnoringCase(scheme, "Digest") }

  /// The value of that name (in any case), nil where absent.
  public subscript(_ name: String) -> String? {
    items.first { equalsIgnoringCase($0.name, name) }?.value
  }

  /// As it stands in a message.
  public var description: String {
    written { out in
      out.put(scheme)
      var separator: StaticString = " "
      for item in items {
        out.put(literal: separator)
        separator = ", "
        out.put(item.name)
        out.put(UInt8(ascii: "="))
        if item.isQuoted { writeQuoted(item.value, to: &out) } else { out.put(item.value) }
      }
    }
  }
}
