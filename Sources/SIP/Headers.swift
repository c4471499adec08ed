import Wire

/// The header fields of a message in their order. Values are text, parsed when they are asked for, so that a field that
/// is only passed on costs nothing.
///
/// Via, Contact, Route, Record-Route, Path and Service-Route hold one element a field: a received list has been split.
public struct Headers: Hashable, Sendable {
  public struct Field: Hashable, Sendable {
    public var name: HeaderName
    /// The name as received, of an `other` header; else empty.
    public var spelling: String
    /// Without surrounding white space; a folded line has been joined by one space. Never holds CR or LF.
    public var value: String

    public init(_ name: HeaderName, _ value: String) {
      self.name = name
      spelling = ""
      self.value = value
    }

    /// A field of any name; a known one gets its canonical spelling.
    public init(named spelling: String, _ value: String) {
      name = HeaderName(matching: spelling)
      self.spelling = name == .other ? spelling : ""
      self.value = value
    }

    /// The name as it will be sent.
    public var text: String { name == .other ? spelling : name.text }
  }

  public var fields: [Field] { didSet { common = nil } }
  /// Of a message that was checked.
  private(set) var common: CommonHeaders?

  public init(_ fields: [Field] = []) { self.fields = fields }

  public static func == (a: Headers, b: Headers) -> Bool { a.fields == b.fields }
  public func hash(into hasher: inout Hasher) { hasher.combine(fields) }

  /// Takes over what these fields were parsed to.
  mutating func know(_ common: CommonHeaders) { self.common = common }

  /// Replaces the topmost Via.
  mutating func replace(_ via: Via) {
    let known = common
    replaceFirst(.via, via.description)
    common = known?.replacing(via)
  }

  /// The first value; setting replaces the first field and removes the others of that name, or appends; nil removes all.
  public subscript(_ name: HeaderName) -> String? {
    get {
      guard let i = firstIndex(of: name) else { return nil }
      return fields[i].value
    }
    set {
      guard let newValue else { return remove(name) }
      guard let i = firstIndex(of: name) else { return append(name, newValue) }
      fields[i].value = newValue
      if count(of: name) > 1 {
        let first = fields[i]
        remove(name)
        fields.insert(first, at: i)
      }
    }
  }

  /// The first value of a header by its name in any case or compact form, known or not.
  public subscript(named spelling: String) -> String? {
    let name = HeaderName(matching: spelling)
    if name != .other { return self[name] }
    return fields.first { $0.name == .other && equalsIgnoringCase($0.spelling, spelling) }?.value
  }

  public func contains(_ name: HeaderName) -> Bool { firstIndex(of: name) != nil }

  public func count(of name: HeaderName) -> Int {
    var count = 0
    for field in fields where field.name == name { count += 1 }
    return count
  }

  /// The value of each field of that name, in order.
  public func values(_ name: HeaderName) -> [String] {
    var values: [String] = []
    for field in fields where field.name == name { values.append(field.value) }
    return values
  }

  public mutating func append(_ name: HeaderName, _ value: String) { fields.append(Field(name, value)) }

  /// Puts a field before the first of its name, or before all others: a new Via or Record-Route goes on top.
  public mutating func prepend(_ name: HeaderName, _ value: String) {
    fields.insert(Field(name, value), at: firstIndex(of: name) ?? 0)
  }

  /// Removes every field of that name.
  public mutating func remove(_ name: HeaderName) { fields.removeAll { $0.name == name } }

  /// Removes the first field of that name and returns its value.
  @discardableResult
  public mutating func removeFirst(_ name: HeaderName) -> String? {
    guard let i = firstIndex(of: name) else { return nil }
    return fields.remove(at: i).value
  }

  /// Replaces the value of the first field of that name; nothing happens where there is none.
  public mutating func replaceFirst(_ name: HeaderName, _ value: String) {
    if let i = firstIndex(of: name) { fields[i].value = value }
  }

  /// Appends every field of that name from another message.
  public mutating func copy(_ name: HeaderName, from other: Headers) {
    for field in other.fields where field.name == name { fields.append(field) }
  }

  func firstIndex(of name: HeaderName) -> Int? {
    for i in fields.indices where fields[i].name == name { return i }
    return nil
  }
}
