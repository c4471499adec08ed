import Wire

extension SessionDescription {
  /// The longest body that is looked at, in bytes; a description of a call is far below.
  public static let longestBody = 32 * 1024
  static let mostMediaLines = 32
  static let mostLines = 1024
  static let mostFormats = 128

  /// Parses a session description (RFC 8866 §5). Strict on bounds, tolerant where phones are sloppy: any line end,
  /// blank lines, blanks at line ends, a missing `s=` or `t=`, lines out of order.
  @export(interface)
  public static func parse(_ body: [UInt8]) throws(SDPError) -> SessionDescription {
    guard body.count <= longestBody else { throw .tooLong(limit: longestBody) }
    var parser = Parser()
    for line in body.split(whereSeparator: { $0 == 13 || $0 == 10 }) {
      try parser.take(line)
    }
    return try parser.finish()
  }
}

private struct Parser {
  private var number = 0
  private var sawVersion = false
  private var origin: Origin?
  private var session = SessionDescription(
    origin: Origin(sessionID: "", version: "", address: Connection(network: "", addressType: "", address: "")))

  init() { session.otherLines = [] }

  /// One line without its end; blank lines do not count.
  mutating func take(_ line: ArraySlice<UInt8>) throws(SDPError) {
    var line = line
    while let last = line.last, isBlank(last) { line.removeLast() }
    guard let type = line.first else { return }
    number += 1
    guard number <= SessionDescription.mostLines else {
      throw .tooMany(what: .lines, limit: SessionDescription.mostLines)
    }
    guard line.count >= 2, line[line.startIndex + 1] == UInt8(ascii: "="), !line.contains(0) else {
      throw number == 1 ? .wrongVersion : .malformedLine(number: number)
    }
    let value = line.dropFirst(2)
    guard sawVersion else {
      guard type == UInt8(ascii: "v"), words(value).map({ text($0) }) == ["0"] else { throw .wrongVersion }
      sawVersion = true
      return
    }
    switch type {
    case UInt8(ascii: "o"): origin = try originLine(value)
    case UInt8(ascii: "s"): session.name = text(value)
    case UInt8(ascii: "c"): try connectionLine(value)
    case UInt8(ascii: "a"): try attributeLine(value)
    case UInt8(ascii: "m"): try mediaLine(value)
    default:
      guard serialOrder(type) != nil else { throw .unknownType(number: number, letter: type) }
      keep(Line(type: type, value: text(value)))
    }
  }

  func finish() throws(SDPError) -> SessionDescription {
    guard sawVersion else { throw .wrongVersion }
    guard let origin else { throw .missingOrigin }
    var session = session
    session.origin = origin
    if !session.otherLines.contains(where: { $0.type == UInt8(ascii: "t") }) { session.otherLines.append(.unbounded) }
    return session
  }

  /// The user name is whatever stands before the last five words, for some phones put a display name there.
  private func originLine(_ value: ArraySlice<UInt8>) throws(SDPError) -> Origin {
    let parts = words(value)
    guard parts.count >= 5 else { throw .malformedLine(number: number) }
    let tail = parts.suffix(5).map { text($0) }
    let name = parts.dropLast(5).map { text($0) }.joined(separator: " ")
    return Origin(
      username: name.isEmpty ? "-" : name, sessionID: tail[0], version: tail[1],
      address: Connection(network: tail[2], addressType: tail[3], address: tail[4]))
  }

  private mutating func connectionLine(_ value: ArraySlice<UInt8>) throws(SDPError) {
    let parts = words(value).map { text($0) }
    guard parts.count == 3 else { throw .malformedLine(number: number) }
    let connection = Connection(network: parts[0], addressType: parts[1], address: parts[2])
    guard let last = session.media.indices.last else {
      session.connection = connection
      return
    }
    if session.media[last].connection == nil {
      session.media[last].connection = connection
    } else {
      keep(Line(type: UInt8(ascii: "c"), value: text(value)))
    }
  }

  private mutating func attributeLine(_ value: ArraySlice<UInt8>) throws(SDPError) {
    let whole = text(value)
    let attribute: Attribute
    if let (name, rest) = whole.divided(at: UInt8(ascii: ":")) {
      attribute = Attribute(name, rest)
    } else {
      attribute = Attribute(whole)
    }
    guard !attribute.name.isEmpty else { throw .malformedLine(number: number) }
    if let last = session.media.indices.last {
      session.media[last].attributes.append(attribute)
    } else {
      session.attributes.append(attribute)
    }
  }

  private mutating func mediaLine(_ value: ArraySlice<UInt8>) throws(SDPError) {
    guard session.media.count < SessionDescription.mostMediaLines else {
      throw .tooMany(what: .mediaLines, limit: SessionDescription.mostMediaLines)
    }
    let parts = words(value)
    guard parts.count >= 4 else { throw .badMediaLine(number: number) }
    guard parts.count <= 3 + SessionDescription.mostFormats else {
      throw .tooMany(what: .formats, limit: SessionDescription.mostFormats)
    }
    let ports = parts[1].split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let port = decimal(ports[0], limit: 65535) else { throw .badMediaLine(number: number) }
    var media = MediaDescription(
      kind: text(parts[0]), port: UInt16(port), transport: text(parts[2]), formats: parts[3...].map { text($0) })
    if ports.count == 2 {
      guard let count = decimal(ports[1], limit: 65535) else { throw .badMediaLine(number: number) }
      media.portCount = UInt16(count)
    }
    session.media.append(media)
  }

  private mutating func keep(_ line: Line) {
    if let last = session.media.indices.last {
      session.media[last].otherLines.append(line)
    } else {
      session.otherLines.append(line)
    }
  }
}
