import Wire

extension URI {
  /// Parses a whole URI, without angle brackets or white space.
  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in try URI(&scanner) }
  }

  /// Parses all that the scanner holds.
  init(_ scanner: inout Scanner) throws(SIPError) {
    let name = scanner.take { isAlphanumeric($0) || $0 == 43 || $0 == 45 || $0 == 46 }
    guard !name.isEmpty, !isDigit(scanner.bytes[name.lowerBound]), scanner.skip(UInt8(ascii: ":")) else {
      throw .badValue("a URI that begins with its scheme, such as sip:")
    }
    switch lowercasedASCII(scanner.text(name)) {
    case "sip": try self.init(sip: .sip, &scanner)
    case "sips": try self.init(sip: .sips, &scanner)
    case "tel": try self.init(tel: &scanner)
    case let other:
      let rest = scanner.take(while: isURIByte)
      guard !rest.isEmpty else { throw .badValue("something after the scheme of the URI") }
      try scanner.expectEnd("characters that may stand in a URI")
      self.init(.other(other), opaque: scanner.text(rest))
    }
  }

  /// RFC 3261 §25.1, `SIP-URI`, after the colon.
  private init(sip scheme: Scheme, _ scanner: inout Scanner) throws(SIPError) {
    var user: String?
    var password: String?
    if scanner.finds(UInt8(ascii: "@")) {
      user = try scanner.escapedText(isUserByte, "a user part before @")
      if scanner.skip(UInt8(ascii: ":")) {
        password = try scanner.escapedText(isPasswordByte, "a password of URI characters", mayBeEmpty: true)
      }
      guard scanner.skip(UInt8(ascii: "@")) else {
        throw .badValue("a user part of letters, digits, - _ . ! ~ * ' ( ) & = + $ , ; ? / and %hh, then @")
      }
    }
    let (host, port) = try scanner.hostPort()
    self.init(scheme, user: user, password: password, host: host, port: port)
    parameters = try scanner.uriParameters()
    if scanner.skip(UInt8(ascii: "?")) {
      repeat {
        let name = try scanner.escapedText(isHeaderByte, "a header name after ? or &")
        guard scanner.skip(UInt8(ascii: "=")) else { throw .badValue("= after the header name in the URI") }
        guard headers.count < Parameters.most else { throw .badValue("at most 64 headers in the URI") }
        headers.append(Parameter(name, try scanner.escapedText(isHeaderByte, "a header value", mayBeEmpty: true)))
      } while scanner.skip(UInt8(ascii: "&"))
    }
    try scanner.expectEnd("a URI that ends after its host, port, parameters and headers")
  }

  /// RFC 3966 §3, after the colon.
  private init(tel scanner: inout Scanner) throws(SIPError) {
    let number = scanner.take(while: isTelephoneByte)
    guard !number.isEmpty else { throw .badValue("a telephone number after tel:") }
    self.init(.tel, opaque: scanner.text(number))
    parameters = try scanner.uriParameters()
    try scanner.expectEnd("a tel URI of digits, - . ( ) and parameters")
  }
}

extension Scanner {
  /// Text of the accepted bytes and of `%hh`.
  fileprivate mutating func escapedText(
    _ accepts: (UInt8) -> Bool, _ expected: String, mayBeEmpty: Bool = false
  ) throws(SIPError) -> String {
    let start = at
    while let byte = peek {
      if byte == UInt8(ascii: "%") {
        guard at + 2 < bytes.count, hexDigit(bytes[at + 1]) != nil, hexDigit(bytes[at + 2]) != nil else {
          throw .badValue("two hexadecimal digits after %")
        }
        at += 3
      } else if accepts(byte) {
        at += 1
      } else {
        break
      }
    }
    guard at > start || mayBeEmpty else { throw .badValue(expected) }
    return text(start..<at)
  }

  fileprivate mutating func uriParameters() throws(SIPError) -> Parameters {
    var parameters = Parameters()
    while skip(UInt8(ascii: ";")) {
      let name = try escapedText(isParameterByte, "a parameter name after ;")
      var value: String?
      if skip(UInt8(ascii: "=")) { value = try escapedText(isParameterByte, "a parameter value after =") }
      try parameters.add(name, value)
    }
    return parameters
  }

  /// `host [":" port]`. With `spaced`, white space may stand around the colon, as in Via.
  mutating func hostPort(spaced: Bool = false) throws(SIPError) -> (Host, UInt16?) {
    let host = try host()
    let found = spaced ? skipSeparator(UInt8(ascii: ":")) : skip(UInt8(ascii: ":"))
    guard found else { return (host, nil) }
    guard let number = number(), (1...65535).contains(number) else {
      throw .badValue("a port from 1 to 65535 after the host")
    }
    return (host, UInt16(number))
  }

  mutating func host() throws(SIPError) -> Host {
    if skip(UInt8(ascii: "[")) {
      let range = take { $0 != UInt8(ascii: "]") }
      guard range.count <= 45, bytes[range].contains(58), skip(UInt8(ascii: "]")), let ip = IPAddress(text(range))
      else {
        throw .badValue("an IPv6 address in brackets")
      }
      return .address(ip)
    }
    // An underscore is no host name's by RFC 1123, but common in local ones.
    let range = take { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    guard !range.isEmpty, bytes[range.lowerBound] != 46 else { throw .badValue("a host name or address") }
    let name = text(range)
    if isDigit(bytes[range.lowerBound]), range.count <= 15, let ip = IPAddress(name) { return .address(ip) }
    return .name(name)
  }
}

/// `user` of RFC 3261 §25.1, and `#`, which telephones send unescaped when someone dials it.
private func isUserByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "$"), UInt8(ascii: ","),
    UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "/"), UInt8(ascii: "#"):
    true
  default: isUnreserved(byte)
  }
}

private func isPasswordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "$"), UInt8(ascii: ","): true
  default: isUnreserved(byte)
  }
}

private func isParameterByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "&"),
    UInt8(ascii: "+"), UInt8(ascii: "$"):
    true
  default: isUnreserved(byte)
  }
}

private func isHeaderByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: ":"),
    UInt8(ascii: "+"), UInt8(ascii: "$"):
    true
  default: isUnreserved(byte)
  }
}

private func isTelephoneByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 48...57, 65...70, 97...102: true
  case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"),
    UInt8(ascii: "*"), UInt8(ascii: "#"):
    true
  default: false
  }
}

/// Any character of a URI (RFC 3986 §2), for schemes whose inside isn't looked at.
private func isURIByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 33, 35...59, 61, 63...91, 93, 95, 97...122, 126: true
  default: false
  }
}
