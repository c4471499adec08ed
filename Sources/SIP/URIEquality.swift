import Wire

extension URI {
  /// Whether both name the same resource by RFC 3261 §19.1.4. `==` compares what is written.
  @export(interface)
  public func isEquivalent(to other: URI) -> Bool {
    guard scheme == other.scheme else { return false }
    guard isSIP else {
      // RFC 3966 §5 for tel; other schemes are compared as they stand.
      return scheme == .tel
        ? telephoneDigits(opaque) == telephoneDigits(other.opaque) && hasSameParameters(other, all: true)
        : opaque == other.opaque
    }
    return unescapedUser == other.unescapedUser
      && password.map(unescape) == other.password.map(unescape)
      && host == other.host && port == other.port
      && hasSameParameters(other, all: false) && hasSameHeaders(other)
  }

  /// A parameter in both must have the same value. One that is in only one of them doesn't matter, unless it is user,
  /// ttl, method, maddr or transport, which never stand for their default.
  private func hasSameParameters(_ other: URI, all: Bool) -> Bool {
    for (a, b) in [(parameters, other.parameters), (other.parameters, parameters)] {
      for parameter in a.list {
        let name = lowercasedASCII(unescape(parameter.name))
        if let twin = b.unescapedValue(name) {
          // Of equal names in one URI the first counts, on both sides.
          guard a.unescapedValue(name) == twin else { return false }
        } else if all || ["user", "ttl", "method", "maddr", "transport"].contains(name) {
          return false
        }
      }
    }
    return true
  }

  /// Headers count always, in any order.
  private func hasSameHeaders(_ other: URI) -> Bool {
    headers.count == other.headers.count && hasHeaders(of: other) && other.hasHeaders(of: self)
  }

  private func hasHeaders(of other: URI) -> Bool {
    other.headers.allSatisfy { header in
      headers.contains {
        equalsIgnoringCase(unescape($0.name), unescape(header.name))
          && unescape($0.value ?? "") == unescape(header.value ?? "")
      }
    }
  }
}

extension Parameters {
  /// The value in lower case without escapes, empty for a flag, of a name given in the same form; nil where absent.
  fileprivate func unescapedValue(_ name: String) -> String? {
    guard let parameter = list.first(where: { lowercasedASCII(unescape($0.name)) == name }) else { return nil }
    return lowercasedASCII(unescape(parameter.value ?? ""))
  }
}

/// A number without its visual separators (RFC 3966 §5.1.1).
private func telephoneDigits(_ number: String) -> [UInt8] {
  lowercasedASCII(number).utf8.filter { byte in
    byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "(") && byte != UInt8(ascii: ")")
  }
}
