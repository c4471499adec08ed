import Numbering
import Wire

extension YAMLReader {
  /// `country` and `area`, `trunks`, `routes`, `toll`, `emergency`: how the house speaks with the world.
  mutating func outside(_ top: [String: YAMLNode], _ configuration: inout Configuration) {
    if let node = top["country"] {
      configuration.country = node.text.flatMap { Country($0) }
      if configuration.country == nil {
        refuse(node, expected: "a country of docs/trunks.md by its two letters, such as DE")
      }
    }
    if let node = top["area"] {
      let expected = "the area's code without the leading 0, such as \"30\""
      if let text = node.text, (1...6).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) {
        configuration.area = text
      } else {
        refuse(node, expected: expected)
      }
    }
    if let node = top["trunks"] {
      configuration.trunks = trunks(node, extensions: configuration.extensions)
      if top["country"] == nil && !configuration.trunks.isEmpty {
        refuse(
          node, found: "trunks and no country",
          expected: "'country: DE' beside them: emergency numbers and what costs money hang on it")
      }
    }
    let names = configuration.trunks.map { $0.name }
    if let node = top["routes"] { configuration.routes = routes(node, names) }
    if let node = top["toll"] { configuration.toll = toll(node) }
    if let node = top["emergency"] { configuration.emergency = emergency(node, names) }
    guard !configuration.trunks.isEmpty, let extensions = top["extensions"]?.pairs else { return }
    for pair in extensions where configuration.isEmergency(pair.key) {
      note(
        .value(found: quoted(pair.key), expected: "no extension with an emergency number", nearest: nil),
        at: pair.keyPosition)
    }
  }

  private mutating func routes(_ node: YAMLNode, _ trunks: [String]) -> [Route] {
    guard let elements = list(node, of: "routes", most: 256) else { return [] }
    var routes: [Route] = []
    for element in elements {
      let section = section(element, of: "routes", keys: ["match", "from", "strip", "prepend", "trunks"])
      var route = Route()
      if let node = section["match"] {
        route.patterns = patterns(node)
      } else if element.pairs != nil {
        note(.missingKey("match", of: "the route"), at: element.position)
      }
      if let node = section["from"] { route.callers = patterns(node) }
      if let node = section["strip"] { route.strip = integer(node, in: 0...32, expected: "symbols") ?? 0 }
      if let node = section["prepend"] { route.prepend = prefix(node) ?? "" }
      if let node = section["trunks"] {
        route.trunks = trunkNames(node, trunks)
      } else if element.pairs != nil {
        note(.missingKey("trunks", of: "the route"), at: element.position)
      }
      routes.append(route)
    }
    return routes
  }

  /// One pattern, or a list of them.
  private mutating func patterns(_ node: YAMLNode) -> [DialPattern] {
    var patterns: [DialPattern] = []
    for element in node.text == nil ? list(node, of: "patterns", most: 64) ?? [] : [node] {
      if let text = element.text, let pattern = DialPattern(text) {
        patterns.append(pattern)
      } else {
        refuse(element, expected: DialPattern.expected)
      }
    }
    return patterns
  }

  private mutating func prefix(_ node: YAMLNode) -> String? {
    if let text = node.text, text.utf8.count <= 16,
      text.utf8.allSatisfy({ isDigit($0) || [UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "#")].contains($0) })
    {
      return text
    }
    refuse(node, expected: "up to 16 digits, +, * or # in quotes")
    return nil
  }

  private mutating func trunkNames(_ node: YAMLNode, _ known: [String]) -> [String] {
    var names: [String] = []
    for element in list(node, of: "trunks", most: 16) ?? [] {
      if let text = element.text, known.contains(text) {
        names.append(text)
      } else {
        refuse(
          element, expected: known.isEmpty ? "a trunk of this file, which has none" : oneOf(known),
          nearest: element.text.flatMap { nearest(to: $0, among: known) })
      }
    }
    return names
  }

  private mutating func toll(_ node: YAMLNode) -> TollSettings {
    var toll = TollSettings()
    let section = section(node, of: "toll", keys: ["open", "extension", "trunk"])
    if let node = section["open"] {
      for element in list(node, of: "classes and prefixes", most: 256) ?? [] { open(element, &toll) }
    }
    if let node = section["extension"] { toll.extensionCap = cap(node, of: "extension", toll.extensionCap) }
    if let node = section["trunk"] { toll.trunkCap = cap(node, of: "trunk", toll.trunkCap) }
    return toll
  }

  private mutating func open(_ element: YAMLNode, _ toll: inout TollSettings) {
    let classes = [NumberClass.international, .premium, .services]
    let text = element.text ?? ""
    let digits = text.utf8.first == UInt8(ascii: "+") ? text.utf8.dropFirst() : text.utf8[...]
    if let opened = classes.first(where: { equalsIgnoringCase($0.rawValue, text) }) {
      toll.openClasses.insert(opened)
    } else if (1...15).contains(digits.count), digits.allSatisfy(isDigit) {
      toll.openPrefixes.append(text)
    } else {
      refuse(
        element, expected: "international, premium, services, a prefix such as \"+43\" or a short code such as \"115\"",
        nearest: nearest(to: text, among: classes.map { $0.rawValue }))
    }
  }

  private mutating func emergency(_ node: YAMLNode, _ trunks: [String]) -> EmergencySettings {
    var emergency = EmergencySettings()
    let section = section(node, of: "emergency", keys: ["numbers", "trunks"])
    if let node = section["numbers"] {
      for element in list(node, of: "numbers", most: 32) ?? [] {
        if let text = element.text, (2...8).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) {
          emergency.numbers.append(text)
        } else {
          refuse(element, expected: "an emergency number of 2 to 8 digits")
        }
      }
    }
    if let node = section["trunks"] { emergency.trunks = trunkNames(node, trunks) }
    return emergency
  }

  /// `dns.servers`: one to 8 addresses, with or without a port.
  mutating func nameServers(_ node: YAMLNode) -> [SocketAddress] {
    var servers: [SocketAddress] = []
    for element in list(node, of: "name servers", most: 8) ?? [] {
      if let place = element.text.flatMap({ TrunkSettings.Place($0) }), let ip = IPAddress(place.host) {
        servers.append(SocketAddress(ip, port: place.port ?? 53))
      } else {
        refuse(element, expected: "a name server's IP address, with or without :port")
      }
    }
    return servers
  }
}

extension Configuration {
  /// Whether help is meant; only where a trunk leads to it.
  public func isEmergency(_ number: String) -> Bool {
    emergency.numbers.contains(number) || country?.isEmergency(number) ?? false
  }

  public func trunk(_ name: String) -> TrunkSettings? { trunks.first { $0.name == name } }
}
