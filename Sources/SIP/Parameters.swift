import Wire

/// One `name` or `name=value` after a semicolon.
public struct Parameter: Hashable, Sendable {
  public var name: String
  /// As received: a quoted string keeps its quotes. Nil where there is no `=`.
  public var value: String?

  public init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }

  func write(to out: inout TextWriter) {
    out.put(name)
    if let value {
      out.put(UInt8(ascii: "="))
      out.put(value)
    }
  }
}

/// Parameters in their order; names match in any case, the first of equal names counts.
public struct Parameters: Hashable, Sendable {
  public var list: [Parameter]

  /// Values with more are refused: their parts are compared each with each.
  static let most = 64

  public init(_ list: [Parameter] = []) { self.list = list }

  public var isEmpty: Bool { list.isEmpty }

  /// Whether the parameter is there, with or without a value.
  public func contains(_ name: String) -> Bool { index(of: name) != nil }

  /// The value as received (a quoted string with its quotes), nil where the parameter or its value is absent.
  /// Setting replaces in place or appends; nil removes the parameter.
  public subscript(_ name: String) -> String? {
    get {
      guard let i = index(of: name) else { return nil }
      return list[i].value
    }
    set {
      let i = index(of: name)
      switch (i, newValue) {
      case (let i?, let value?): list[i].value = value
      case (let i?, nil): list.remove(at: i)
      case (nil, let value?): list.append(Parameter(name, value))
      case (nil, nil): break
      }
    }
  }

  /// Sets a parameter without a value, such as `lr`.
  public mutating func setFlag(_ name: String) {
    if let i = index(of: name) { list[i].value = nil } else { list.append(Parameter(name)) }
  }

  /// The value with a quoted string's quotes and backslashes taken away.
  public func unquoted(_ name: String) -> String? {
    guard let value = self[name] else { return nil }
    return unquote(value)
  }

  /// `;a=b;c`, empty where there are none.
  public var description: String { written(write) }

  func write(to out: inout TextWriter) {
    for parameter in list {
      out.put(UInt8(ascii: ";"))
      parameter.write(to: &out)
    }
  }

  /// Appends what was just parsed, up to the limit.
  mutating func add(_ name: String, _ value: String?) throws(SIPError) {
    guard list.count < Parameters.most else { throw .badValue("at most 64 parameters") }
    list.append(Parameter(name, value))
  }

  private func index(of name: String) -> Int? {
    list.firstIndex { equalsIgnoringCase($0.name, name) }
  }
}
