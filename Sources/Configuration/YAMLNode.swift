/// A place in a text file, counted from 1; the column counts Unicode scalars, as editors do.
public struct YAMLPosition: Comparable, Hashable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (a: YAMLPosition, b: YAMLPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A node of a YAML document with the place where it begins. Scalars stay text: 0100 is a telephone number.
public struct YAMLNode: Sendable {
  public enum Content: Sendable {
    /// `plain` when written without quotes, so that `~` and `"~"` can be told apart.
    case scalar(String, plain: Bool)
    case sequence([YAMLNode])
    /// In the file's order; a key that stands twice is there twice.
    case mapping([YAMLPair])
  }

  public var content: Content
  public var position: YAMLPosition

  public init(_ content: Content, at position: YAMLPosition) {
    self.content = content
    self.position = position
  }

  /// The text of a scalar that is not null.
  public var text: String? {
    if case .scalar(let text, _) = content, !isNull { text } else { nil }
  }

  /// The elements of a sequence.
  public var elements: [YAMLNode]? {
    if case .sequence(let elements) = content { elements } else { nil }
  }

  /// The pairs of a mapping.
  public var pairs: [YAMLPair]? {
    if case .mapping(let pairs) = content { pairs } else { nil }
  }

  /// The value at the first key of that name in a mapping.
  public subscript(key: String) -> YAMLNode? {
    pairs?.first { $0.key == key }?.value
  }

  /// Nothing, `~` or `null`, without quotes (YAML 1.2 §10.2.1.1).
  public var isNull: Bool {
    if case .scalar(let text, plain: true) = content { text.isEmpty || text == "~" || text == "null" } else { false }
  }

  /// What stands here, in words for a fault: `a list`, `'12'`.
  public var found: String {
    switch content {
    case .scalar(let text, _): isNull ? "nothing" : quoted(text)
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// One `key: value` of a mapping.
public struct YAMLPair: Sendable {
  public var key: String
  public var keyPosition: YAMLPosition
  public var value: YAMLNode

  public init(key: String, at keyPosition: YAMLPosition, value: YAMLNode) {
    self.key = key
    self.keyPosition = keyPosition
    self.value = value
  }
}

/// Text in quotes for a message of one line: control characters become `?`, and long text is cut.
public func quoted(_ text: String) -> String {
  let most = 60
  var shown = "'"
  var count = 0
  for scalar in text.unicodeScalars {
    if count == most {
      shown += "…"
      break
    }
    let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || scalar.value == 0x2028
    shown.unicodeScalars.append(isControl ? "?" : scalar)
    count += 1
  }
  return shown + "'"
}
