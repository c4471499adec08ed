import CJansson

/// A JSON value (RFC 8259), read and written by jansson.
public enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case array([JSON])
  /// In the order of writing.
  case object([Member])

  public struct Member: Equatable, Sendable {
    public var name: String
    public var value: JSON

    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// A member of an object.
  public subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  public var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  public var integer: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The elements of an array; empty for any other value.
  public var elements: [JSON] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// Reads one value; nil where the bytes are not JSON. jansson refuses nesting beyond 2048 levels.
  @export(interface)
  public init?(parsing bytes: [UInt8]) {
    let root = bytes.withUnsafeBytes {
      json_loadb($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, JSON.anyValue | JSON.noDuplicates, nil)
    }
    guard let root else { return nil }
    defer { json_decref(root) }
    self.init(root, depth: 0)
  }

  // The macros of jansson.h, which Swift does not see.
  private static let anyValue = 0x4
  private static let noDuplicates = 0x1
  private static let compact = 0x20
  private static let anyEncoded = 0x200
  private static let deepest = 32

  private init(_ value: UnsafeMutablePointer<json_t>, depth: Int) {
    guard depth < JSON.deepest else {
      self = .null
      return
    }
    switch value.pointee.type {
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    case JSON_INTEGER: self = .integer(Int64(json_integer_value(value)))
    case JSON_REAL: self = .real(json_real_value(value))
    case JSON_STRING: self = .text(JSON.string(json_string_value(value), json_string_length(value)))
    case JSON_ARRAY:
      var elements: [JSON] = []
      for i in 0..<json_array_size(value) {
        if let element = json_array_get(value, i) { elements.append(JSON(element, depth: depth + 1)) }
      }
      self = .array(elements)
    case JSON_OBJECT:
      var members: [Member] = []
      var place = json_object_iter(value)
      while let here = place {
        if let key = json_object_iter_key(here), let member = json_object_iter_value(here) {
          members.append(Member(String(cString: key), JSON(member, depth: depth + 1)))
        }
        place = json_object_iter_next(value, here)
      }
      self = .object(members)
    default: self = .null
    }
  }

  private static func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    guard let start else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// The value on one line.
  public var description: String {
    guard let made else { return "null" }
    defer { json_decref(made) }
    let flags = JSON.compact | JSON.anyEncoded
    var bytes = [UInt8](repeating: 0, count: json_dumpb(made, nil, 0, flags))
    let count = bytes.withUnsafeMutableBytes {
      json_dumpb(made, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, flags)
    }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  private var made: UnsafeMutablePointer<json_t>? {
    switch self {
    case .null: return json_null()
    case .bool(let flag): return flag ? json_true() : json_false()
    case .integer(let number): return json_integer(json_int_t(number))
    case .real(let number): return json_real(number)
    case .text(var text):
      return text.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) { json_stringn($0.baseAddress, $0.count) }
      }
    case .array(let elements):
      let array = json_array()
      for element in elements { json_array_append_new(array, element.made) }
      return array
    case .object(let members):
      let object = json_object()
      for member in members { json_object_set_new(object, member.name, member.value.made) }
      return object
    }
  }
}
