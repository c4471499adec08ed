import Wire

/// Variables as U-Boot keeps them on a card (`env import -c`, `env export -c`): the CRC-32 of all that follows, least octet
/// first; `name=value`, each ended by a zero; zeros to the end of the sector.
public struct BootVariables: Equatable, Sendable {
  /// Octets of a copy, one sector.
  public static let size = 512

  private var lines: [(name: String, value: String)] = []

  public init() {}

  /// Nil where the CRC is another, or what it covers is no list of variables.
  public init?(_ sector: ArraySlice<UInt8>) {
    guard sector.count == Self.size else { return nil }
    let body = sector.dropFirst(4)
    let sum = sector.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    guard sum == crc32(body) else { return nil }
    for line in body.split(separator: 0, omittingEmptySubsequences: false) {
      // An empty one is the end.
      guard !line.isEmpty else { break }
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")), line.allSatisfy({ (0x20...0x7e).contains($0) })
      else { return nil }
      lines.append(
        (String(decoding: line[..<equals], as: UTF8.self), String(decoding: line[(equals + 1)...], as: UTF8.self)))
    }
  }

  public static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

  /// A name that is set again keeps its place. U-Boot takes numbers as hexadecimal.
  public subscript(name: String) -> String? {
    get { lines.first { $0.name == name }?.value }
    set {
      let place = lines.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): lines[place].value = value
      case (let place?, nil): lines.remove(at: place)
      case (nil, let value?): lines.append((name, value))
      case (nil, nil): break
      }
    }
  }

  /// A number, as U-Boot reads it.
  public func number(_ name: String) -> UInt32? { self[name].flatMap { UInt32($0, radix: 16) } }

  public mutating func set(_ name: String, _ number: UInt32) { self[name] = String(number, radix: 16) }

  /// A whole sector; nil where they don't fit into one.
  public var sector: [UInt8]? {
    let bytes = bytes
    return bytes.count == Self.size ? bytes : nil
  }

  private var bytes: [UInt8] {
    var body: [UInt8] = []
    for line in lines { body += Array(line.name.utf8) + [UInt8(ascii: "=")] + Array(line.value.utf8) + [0] }
    // The list ends by an empty line.
    body += [UInt8](repeating: 0, count: max(1, Self.size - 4 - body.count))
    let sum = crc32(body[...])
    return (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) } + body
  }
}
