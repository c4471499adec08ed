import Numbering
import Wire

extension YAMLReader {
  private static let trunkKeys = [
    "host", "port", "transport", "outbound_proxy", "user", "auth_user", "password", "register", "expires", "keep_alive",
    "accept_from", "numbers", "otherwise", "caller", "format", "channels", "codecs", "dtmf", "encryption", "daily",
    "allow_transfer",
  ]

  /// `trunks`: a mapping of names to what each trunk is, in the file's order.
  mutating func trunks(_ node: YAMLNode, extensions: [String: Extension]) -> [TrunkSettings] {
    var trunks: [TrunkSettings] = []
    for pair in entries(node, expected: "a mapping of names to trunks, such as provider: {host: sip.example.com}") {
      let isName =
        (1...32).contains(pair.key.utf8.count)
        && pair.key.utf8.allSatisfy { isDigit($0) || lowercasedASCII($0) &- 97 < 26 || $0 == 45 || $0 == 95 }
      if !isName {
        note(
          .value(found: quoted(pair.key), expected: "a name of up to 32 letters, digits, - and _", nearest: nil),
          at: pair.keyPosition)
      }
      if let trunk = trunk(pair, extensions) { trunks.append(trunk) }
    }
    return trunks
  }

  private mutating func trunk(_ pair: YAMLPair, _ extensions: [String: Extension]) -> TrunkSettings? {
    guard pair.value.pairs != nil else {
      let found = pair.value.text == nil ? nil : "text"
      refuse(pair.value, found: found, expected: "a mapping of host, user, password and more")
      return nil
    }
    let section = section(pair.value, of: pair.key, keys: YAMLReader.trunkKeys)
    var trunk = TrunkSettings(name: pair.key, host: "")
    if let node = section["host"] {
      if let place = place(node) { trunk.place = place }
    } else {
      note(.missingKey("host", of: "trunk \(quoted(pair.key))"), at: pair.keyPosition)
    }
    if let node = section["port"] { trunk.place.port = port(node) }
    if let node = section["transport"] { trunk.transport = choice(node) }
    if let node = section["outbound_proxy"] { trunk.outboundProxy = place(node) }
    account(&trunk, section, pair)
    if let node = section["accept_from"] { trunk.acceptFrom = sources(node) }
    if let node = section["numbers"] {
      for rule in rules(node, of: "numbers of this trunk to extensions") {
        if let target = target(rule.value, extensions) { trunk.numbers.append(.init(rule.pattern, target)) }
      }
    }
    if let node = section["otherwise"] { trunk.otherwise = target(node, extensions) }
    if let node = section["caller"] { caller(&trunk, node) }
    if let node = section["format"] { trunk.format = choice(node) ?? trunk.format }
    if let node = section["channels"] {
      trunk.channels = integer(node, in: 1...10000, expected: "calls at a time") ?? trunk.channels
    }
    if let node = section["codecs"] { trunk.codecs = choices(node, of: "codecs") ?? trunk.codecs }
    if let node = section["dtmf"] { trunk.dtmf = choice(node) ?? trunk.dtmf }
    if let node = section["encryption"] { trunk.encryption = choice(node) ?? trunk.encryption }
    if let node = section["daily"] { trunk.daily = cap(node, of: "daily", TollSettings().trunkCap) }
    if let node = section["allow_transfer"] { trunk.allowsTransfer = boolean(node) ?? false }
    return trunk
  }

  private mutating func account(_ trunk: inout TrunkSettings, _ section: [String: YAMLNode], _ pair: YAMLPair) {
    if let node = section["user"] { trunk.user = account(node, expected: "the account's user") }
    if let node = section["auth_user"] { trunk.authenticationUser = text(node, expected: "a user", most: 64) }
    if let node = section["password"] {
      trunk.password = node.text
      if node.text == nil { refuse(node, expected: "the account's password") }
    }
    trunk.registers = trunk.user != nil && trunk.password != nil
    if let node = section["register"] { trunk.registers = boolean(node) ?? false }
    if trunk.registers && (trunk.user == nil || trunk.password == nil) {
      let missing = trunk.user == nil ? "user" : "password"
      note(.missingKey(missing, of: "trunk \(quoted(pair.key)), which registers,"), at: pair.keyPosition)
    }
    if let node = section["expires"] {
      trunk.expires = integer(node, in: 60...86400, expected: "seconds").map { UInt32($0) } ?? trunk.expires
    }
    if let node = section["keep_alive"] {
      trunk.keepAlive = integer(node, in: 0...3600, expected: "seconds").map { UInt32($0) } ?? trunk.keepAlive
    }
  }

  /// A user that stands in a SIP URI as it is (RFC 3261 §25.1, `user`).
  private mutating func account(_ node: YAMLNode, expected: String) -> String? {
    guard let text = text(node, expected: expected, most: 64) else { return nil }
    let allowed = Array("-_.!~*'()&=+$,;?/%".utf8)
    guard !text.isEmpty, text.utf8.allSatisfy({ isDigit($0) || lowercasedASCII($0) &- 97 < 26 || allowed.contains($0) })
    else {
      refuse(node, expected: expected + " of letters, digits and -_.!~*'()&=+$,;?/ (others as %20)")
      return nil
    }
    return text
  }

  private mutating func caller(_ trunk: inout TrunkSettings, _ node: YAMLNode) {
    let section = section(node, of: "caller", keys: ["number", "name", "extensions", "identity"])
    let expected = "a number such as +493012345"
    if let node = section["number"] { trunk.callerNumber = number(node, expected: expected) }
    if let node = section["name"] { trunk.callerName = text(node, expected: "a name", most: 64) }
    if let node = section["identity"] { trunk.identity = choice(node) ?? trunk.identity }
    if let node = section["extensions"] {
      for rule in rules(node, of: "extensions to the numbers that others see") {
        if let number = number(rule.value, expected: expected) { trunk.callers.append(.init(rule.pattern, number)) }
      }
    }
  }

  /// Digits with or without a leading +.
  private mutating func number(_ node: YAMLNode, expected: String) -> String? {
    if let text = node.text {
      let digits = text.utf8.first == UInt8(ascii: "+") ? text.utf8.dropFirst() : text.utf8[...]
      if (1...32).contains(digits.count) && digits.allSatisfy(isDigit) { return text }
    }
    refuse(node, expected: expected)
    return nil
  }

  /// Where a call from outside goes: an extension that there is, or the echo.
  private mutating func target(_ node: YAMLNode, _ extensions: [String: Extension]) -> String? {
    if let text = node.text, text == "*43" || extensions[text] != nil { return text }
    let near = node.text.flatMap { nearest(to: $0, among: Array(extensions.keys)) }
    refuse(node, expected: "the number of an extension of this file, or *43", nearest: near)
    return nil
  }

  private mutating func rules(_ node: YAMLNode, of what: String) -> [(pattern: DialPattern, value: YAMLNode)] {
    var rules: [(pattern: DialPattern, value: YAMLNode)] = []
    for pair in entries(node, expected: "a mapping of \(what)") {
      if let pattern = DialPattern(pair.key) {
        rules.append((pattern, pair.value))
      } else {
        note(.value(found: quoted(pair.key), expected: DialPattern.expected, nearest: nil), at: pair.keyPosition)
      }
    }
    return rules
  }

  /// `sip.example.com`, `sip.example.com:5080`, `192.0.2.1`, `[2001:db8::1]:5060`.
  private mutating func place(_ node: YAMLNode) -> TrunkSettings.Place? {
    let expected = "a host name or an IP address, with or without :port"
    guard let text = text(node, expected: expected), let place = TrunkSettings.Place(text) else {
      if node.text != nil { refuse(node, expected: expected) }
      return nil
    }
    return place
  }

  private mutating func port(_ node: YAMLNode) -> UInt16? {
    integer(node, in: 1...65535, expected: "a port").map { UInt16($0) }
  }

  private mutating func sources(_ node: YAMLNode) -> [TrunkSettings.Source] {
    var sources: [TrunkSettings.Source] = []
    for element in list(node, of: "addresses, networks or names", most: 64) ?? [] {
      if let text = element.text, let prefix = NetworkSettings.Prefix(text) {
        sources.append(.prefix(prefix))
      } else if let text = element.text, let ip = IPAddress(text) {
        sources.append(.prefix(.init(ip, length: ip.isIPv4 ? 32 : 128)))
      } else if let text = element.text, isHost(text) {
        sources.append(.name(lowercasedASCII(text)))
      } else {
        refuse(element, expected: "an address, a network such as 192.0.2.0/24, or a host name")
      }
    }
    return sources
  }

  mutating func cap(_ node: YAMLNode, of name: String, _ usual: DailyCap) -> DailyCap {
    let section = section(node, of: name, keys: ["calls", "minutes"])
    var cap = usual
    if let node = section["calls"] { cap.calls = integer(node, in: 0...1_000_000, expected: "calls") ?? cap.calls }
    if let node = section["minutes"] {
      cap.minutes = integer(node, in: 0...1_000_000, expected: "minutes") ?? cap.minutes
    }
    return cap
  }
}

extension TrunkSettings.Place {
  /// Nil where it is no host with or without a port.
  init?(_ text: String) {
    if IPAddress(text) != nil {
      self.init(host: text)
      return
    }
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      guard isHost(text) else { return nil }
      self.init(host: lowercasedASCII(text))
      return
    }
    var host = String(text[..<colon])
    if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
      host = String(host.dropFirst().dropLast())
      guard IPAddress(host)?.isIPv4 == false else { return nil }
    }
    guard isHost(host), let port = decimal(text.utf8[text.utf8.index(after: colon)...], limit: 65535), port > 0 else {
      return nil
    }
    self.init(host: lowercasedASCII(host), port: UInt16(port))
  }
}
