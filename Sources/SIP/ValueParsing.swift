import Wire

extension NameAddress {
  /// Parses a whole `name-addr` or `addr-spec` with its parameters.
  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in try NameAddress(&scanner) }
  }

  init(_ scanner: inout Scanner) throws(SIPError) {
    var displayName: String?
    if scanner.peek == UInt8(ascii: "\"") {
      displayName = try scanner.quotedText()
      scanner.skipSpace()
      guard scanner.peek == UInt8(ascii: "<") else { throw .badValue("< after the quoted name") }
    } else {
      // Either the words of an unquoted name and then <, or an address without brackets.
      let start = scanner.at
      let words = scanner.trimmed(scanner.take { isTokenByte($0) || isBlank($0) || $0 >= 0x80 })
      if scanner.peek == UInt8(ascii: "<") {
        if !words.isEmpty { displayName = scanner.text(words) }
      } else {
        scanner.at = start
      }
    }
    var inside: Range<Int>
    if scanner.skip(UInt8(ascii: "<")) {
      inside = scanner.take { $0 != UInt8(ascii: ">") }
      guard scanner.skip(UInt8(ascii: ">")) else { throw .badValue("> after the address") }
    } else {
      // Without brackets a semicolon belongs to the header, and a comma or question mark may not stand (§20.10).
      inside = scanner.take { $0 != UInt8(ascii: ";") && !isBlank($0) }
      for byte in scanner.bytes[inside] where byte == UInt8(ascii: "?") || byte == UInt8(ascii: ",") {
        throw .badValue("angle brackets around an address with a comma or a question mark")
      }
    }
    var part = scanner.part(inside)
    self.init(displayName: displayName, try URI(&part), parameters: try scanner.parameters())
  }

  /// The `q` of a contact in thousandths, 1000 where absent or malformed (RFC 3261 §20.10, §25.1 `qvalue`).
  public var q: Int {
    guard let text = parameters["q"] else { return 1000 }
    let value = try? scan(text) { (scanner) throws(SIPError) -> Int in
      guard let whole = scanner.number(), whole <= 1 else { throw .badValue("0 to 1") }
      var thousandths = Int(whole) * 1000
      if scanner.skip(UInt8(ascii: ".")) {
        var scale = 100
        for byte in scanner.bytes[scanner.take(while: isDigit)] {
          thousandths += Int(byte &- 48) * scale
          scale /= 10
        }
      }
      return min(thousandths, 1000)
    }
    return value ?? 1000
  }

  /// The `expires` of a contact in seconds, nil where absent; a malformed one counts as 3600 (RFC 3261 §20.10).
  public var expires: UInt32? {
    parameters["expires"].map { (try? parseSeconds($0)) ?? 3600 }
  }
}

extension Via {
  /// Parses a whole hop.
  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in try Via(&scanner) }
  }

  init(_ scanner: inout Scanner) throws(SIPError) {
    let expected = "SIP/2.0/UDP or its like"
    guard equalsIgnoringCase(try scanner.token(expected), "SIP"), scanner.skipSeparator(UInt8(ascii: "/")),
      try scanner.token(expected) == "2.0", scanner.skipSeparator(UInt8(ascii: "/"))
    else { throw .badValue(expected) }
    let transport = try scanner.token(expected)
    guard let space = scanner.peek, isBlank(space) else { throw .badValue("white space after the transport") }
    scanner.skipSpace()
    let (host, port) = try scanner.hostPort(spaced: true)
    self.init(transportName: transport, host: host, port: port, parameters: try scanner.parameters())
  }
}

extension CSeq {
  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in
      guard let number = scanner.number(), number < 1 << 31 else { throw .badValue("a number below 2147483648") }
      guard let space = scanner.peek, isBlank(space) else { throw .badValue("a method after the number") }
      scanner.skipSpace()
      return CSeq(UInt32(number), Method(try scanner.token("a method after the number")))
    }
  }
}

extension AuthParameters {
  /// Parses a whole challenge or the credentials of one.
  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in
      let scheme = try scanner.token("a scheme such as Digest")
      guard let space = scanner.peek, isBlank(space) else { throw .badValue("parameters after the scheme") }
      scanner.skipSpace()
      var items: [Item] = []
      repeat {
        guard items.count < Parameters.most else { throw .badValue("at most 64 parameters") }
        let name = try scanner.token("a parameter name")
        guard scanner.skipSeparator(UInt8(ascii: "=")) else { throw .badValue("= after the parameter name") }
        if scanner.peek == UInt8(ascii: "\"") {
          items.append(Item(name, try scanner.quotedText(), quoted: true))
        } else {
          items.append(Item(name, try scanner.token("a token or a quoted string"), quoted: false))
        }
      } while scanner.skipSeparator(UInt8(ascii: ","))
      return AuthParameters(scheme: scheme, items)
    }
  }
}

extension Scanner {
  /// `*( SEMI generic-param )` (RFC 3261 §25.1): values are tokens, hosts or quoted strings.
  mutating func parameters() throws(SIPError) -> Parameters {
    var parameters = Parameters()
    while skipSeparator(UInt8(ascii: ";")) {
      let name = try token("a parameter name after ;")
      var value: String?
      if skipSeparator(UInt8(ascii: "=")) {
        if peek == UInt8(ascii: "\"") {
          value = text(try quotedString())
        } else {
          let range = take { isTokenByte($0) || $0 == 58 || $0 == 91 || $0 == 93 }
          guard !range.isEmpty else { throw .badValue("a parameter value after =") }
          value = text(range)
        }
      }
      try parameters.add(name, value)
    }
    return parameters
  }
}

/// `delta-seconds`: what is beyond 32 bits counts as the greatest value.
func parseSeconds(_ text: String) throws(SIPError) -> UInt32 {
  UInt32(clamping: try parseNumber(text, below: .max))
}

/// A decimal number alone.
func parseNumber(_ text: String, below limit: UInt64) throws(SIPError) -> UInt64 {
  try scan(text) { (scanner) throws(SIPError) in
    guard let number = scanner.number() else { throw .badValue("a decimal number") }
    guard limit == .max || number < limit else { throw .badValue("a number below \(limit)") }
    return number
  }
}
