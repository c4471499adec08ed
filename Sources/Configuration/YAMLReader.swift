import Wire

/// Takes typed values out of nodes and gathers every fault on the way, so that one run names them all. Each method
/// returns nil after it has noted a fault; the caller keeps its default and goes on.
public struct YAMLReader: Sendable {
  /// In the order in which they were noted.
  public private(set) var faults: [Fault] = []

  public init() {}

  public mutating func note(_ kind: Fault.Kind, at position: YAMLPosition) {
    faults.append(Fault(kind, at: position))
  }

  /// Notes that the node isn't what was expected. `found` replaces the node's text, for secrets and counts.
  public mutating func refuse(
    _ node: YAMLNode, found: String? = nil, expected: String, nearest: String? = nil
  ) {
    note(.value(found: found ?? node.found, expected: expected, nearest: nearest), at: node.position)
  }

  /// The pairs of a mapping by key; null is an empty mapping. Keys that stand twice are faults, the first one counts.
  public mutating func entries(_ node: YAMLNode, expected: String) -> [YAMLPair] {
    if node.isNull { return [] }
    guard let pairs = node.pairs else {
      refuse(node, expected: expected)
      return []
    }
    var first: [String: YAMLPosition] = [:]
    var kept: [YAMLPair] = []
    for pair in pairs {
      if let earlier = first[pair.key] {
        note(.duplicate(quoted(pair.key), first: earlier), at: pair.keyPosition)
      } else {
        first[pair.key] = pair.keyPosition
        kept.append(pair)
      }
    }
    return kept
  }

  /// The values of a mapping whose keys are all known; another key is a fault that names the nearest known one.
  public mutating func section(_ node: YAMLNode, of name: String, keys: [String]) -> [String: YAMLNode] {
    var values: [String: YAMLNode] = [:]
    for pair in entries(node, expected: "a mapping of \(oneOf(keys))\(name.isEmpty ? "" : " under '\(name)'")") {
      if keys.contains(pair.key) {
        values[pair.key] = pair.value
      } else {
        note(.unknownKey(pair.key, known: keys, nearest: nearest(to: pair.key, among: keys)), at: pair.keyPosition)
      }
    }
    return values
  }

  /// Text of one line without control characters, at most `most` bytes of UTF-8.
  public mutating func text(_ node: YAMLNode, expected: String, most: Int = 255) -> String? {
    guard let text = node.text else {
      refuse(node, expected: expected)
      return nil
    }
    guard text.utf8.count <= most else {
      refuse(node, found: "\(text.utf8.count) bytes", expected: "\(expected) of at most \(most) bytes")
      return nil
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }) else {
      refuse(node, found: "a control character", expected: expected)
      return nil
    }
    return text
  }

  /// A decimal number without sign, written without quotes.
  public mutating func integer(_ node: YAMLNode, in range: ClosedRange<Int>, expected: String) -> Int? {
    guard case .scalar(let text, plain: true) = node.content,
      let value = decimal(text.utf8, limit: 999_999_999).map({ Int($0) }), range.contains(value)
    else {
      refuse(node, expected: "\(expected), \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  /// `true` or `false`, written without quotes.
  public mutating func boolean(_ node: YAMLNode) -> Bool? {
    if case .scalar(let text, plain: true) = node.content {
      if text == "true" { return true }
      if text == "false" { return false }
    }
    let meant: String? =
      switch node.text.map({ lowercasedASCII($0) }) {
      case "true", "yes", "on", "y", "1": "true"
      case "false", "no", "off", "n", "0": "false"
      default: nil
      }
    refuse(node, expected: "true or false without quotes", nearest: meant)
    return nil
  }

  /// The elements of a list that isn't empty.
  public mutating func list(_ node: YAMLNode, of what: String, most: Int) -> [YAMLNode]? {
    guard let elements = node.elements else {
      refuse(node, expected: "a list of \(what)")
      return nil
    }
    guard (1...most).contains(elements.count) else {
      refuse(node, found: "\(elements.count) elements", expected: "1 to \(most) \(what)")
      return nil
    }
    return elements
  }

  /// The absolute path of a file.
  mutating func path(_ node: YAMLNode, expected: String) -> String? {
    guard let text = text(node, expected: expected) else { return nil }
    guard text.utf8.first == UInt8(ascii: "/") else {
      refuse(node, expected: expected)
      return nil
    }
    return text
  }

  /// One of a few words, of either case.
  public mutating func choice<Word>(_ node: YAMLNode) -> Word?
  where Word: CaseIterable & RawRepresentable, Word.RawValue == String {
    let words = Word.allCases.map { $0.rawValue }
    if let text = node.text.map({ lowercasedASCII($0) }),
      let word = Word.allCases.first(where: { lowercasedASCII($0.rawValue) == text })
    {
      return word
    }
    refuse(node, expected: oneOf(words), nearest: node.text.flatMap { nearest(to: $0, among: words) })
    return nil
  }

  /// A list of words in order of preference, none twice.
  public mutating func choices<Word>(_ node: YAMLNode, of what: String) -> [Word]?
  where Word: CaseIterable & RawRepresentable & Hashable, Word.RawValue == String {
    distinct(node, of: what, named: { $0.rawValue }) { reader, element in reader.choice(element) }
  }

  /// A list of 1 to 16 values, none twice; nil when not one of them could be read.
  mutating func distinct<Value: Hashable>(
    _ node: YAMLNode, of what: String, named: (Value) -> String, take: (inout YAMLReader, YAMLNode) -> Value?
  ) -> [Value]? {
    guard let elements = list(node, of: what, most: 16) else { return nil }
    var first: [Value: YAMLPosition] = [:]
    var values: [Value] = []
    for element in elements {
      guard let value = take(&self, element) else { continue }
      if let earlier = first[value] {
        note(.duplicate(named(value), first: earlier), at: element.position)
      } else {
        first[value] = element.position
        values.append(value)
      }
    }
    return values.isEmpty ? nil : values
  }
}
