import CYAML

/// What one file may be at most, so that no input can make the parser take much memory or stack.
public enum YAMLLimits {
  public static let bytes = 1 << 20
  public static let nodes = 100_000
  public static let depth = 16
}

/// Reads one YAML document of plain scalars, sequences and mappings. Aliases, anchors, tags and further documents are
/// refused: a settings file needs none, and aliases could multiply it. An empty document is an empty mapping.
@export(interface)
public func parseYAML(_ bytes: [UInt8]) throws(Fault) -> YAMLNode {
  guard bytes.count <= YAMLLimits.bytes else {
    throw Fault(.syntax("the file has \(bytes.count) bytes; at most \(YAMLLimits.bytes) are read"), at: start)
  }
  let events = EventReader()
  return try bytes.withUnsafeBufferPointer { buffer -> Result<YAMLNode, Fault> in
    events.read(buffer)
  }.get()
}

private let start = YAMLPosition(line: 1, column: 1)

/// Turns libyaml's events into nodes. The parser lives on the heap, for it points to itself.
private final class EventReader {
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private var nodes = 0

  init() {
    parser.initialize(to: yaml_parser_t())
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func read(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<YAMLNode, Fault> {
    guard yaml_parser_initialize(parser) == 1 else { return .failure(Fault(.syntax("out of memory"), at: start)) }
    yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
    do throws(Fault) {
      return .success(try document(buffer))
    } catch {
      return .failure(error)
    }
  }

  private func document(_ buffer: UnsafeBufferPointer<UInt8>) throws(Fault) -> YAMLNode {
    var root: YAMLNode?
    while true {
      let event = try next(buffer)
      switch event.kind {
      case .endOfStream: return root ?? YAMLNode(.mapping([]), at: start)
      case .documentBoundary: continue
      default:
        guard root == nil else {
          throw Fault(.syntax("found a second document, expected one: remove the '---' before it"), at: event.position)
        }
        root = try node(event, depth: 1, buffer)
      }
    }
  }

  private func node(_ event: Event, depth: Int, _ buffer: UnsafeBufferPointer<UInt8>) throws(Fault) -> YAMLNode {
    nodes += 1
    guard nodes <= YAMLLimits.nodes else {
      throw Fault(.syntax("more than \(YAMLLimits.nodes) values in one file"), at: event.position)
    }
    guard depth <= YAMLLimits.depth else {
      throw Fault(.syntax("nested deeper than \(YAMLLimits.depth) levels"), at: event.position)
    }
    switch event.kind {
    case .scalar(let text, let plain):
      return YAMLNode(.scalar(text, plain: plain), at: event.position)
    case .sequenceStart:
      var elements: [YAMLNode] = []
      while true {
        let event = try next(buffer)
        if case .collectionEnd = event.kind { break }
        elements.append(try node(event, depth: depth + 1, buffer))
      }
      return YAMLNode(.sequence(elements), at: event.position)
    case .mappingStart:
      var pairs: [YAMLPair] = []
      while true {
        let keyEvent = try next(buffer)
        if case .collectionEnd = keyEvent.kind { break }
        guard case .scalar(let key, _) = keyEvent.kind else {
          throw Fault(.syntax("found a list or mapping as a key, expected text"), at: keyEvent.position)
        }
        let value = try node(try next(buffer), depth: depth + 1, buffer)
        pairs.append(YAMLPair(key: key, at: keyEvent.position, value: value))
      }
      return YAMLNode(.mapping(pairs), at: event.position)
    case .collectionEnd, .documentBoundary, .endOfStream:
      throw Fault(.syntax("the document ends too early"), at: event.position)
    }
  }

  private struct Event {
    enum Kind {
      case endOfStream, documentBoundary, sequenceStart, mappingStart, collectionEnd
      case scalar(String, plain: Bool)
    }
    var kind: Kind
    var position: YAMLPosition
  }

  private func next(_ buffer: UnsafeBufferPointer<UInt8>) throws(Fault) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxFault(buffer) }
    defer { yaml_event_delete(&event) }
    let position = YAMLPosition(event.start_mark)
    switch event.type {
    case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
      return Event(kind: .endOfStream, position: position)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      try refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
      let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return Event(
        kind: .scalar(String(decoding: text, as: UTF8.self), plain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
        position: position)
    case YAML_SEQUENCE_START_EVENT:
      try refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, at: position)
      return Event(kind: .sequenceStart, position: position)
    case YAML_MAPPING_START_EVENT:
      try refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, at: position)
      return Event(kind: .mappingStart, position: position)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      return Event(kind: .collectionEnd, position: position)
    case YAML_ALIAS_EVENT:
      throw Fault(
        .syntax("found an alias ('*name'), expected the value itself; quote text that begins with '*'"), at: position)
    default:  // the start of the stream, the start and end of the document
      return Event(kind: .documentBoundary, position: position)
    }
  }

  private func refuse(anchor: UnsafePointer<UInt8>?, tag: UnsafePointer<UInt8>?, at position: YAMLPosition)
    throws(Fault)
  {
    if anchor != nil {
      throw Fault(.syntax("found an anchor ('&name'), expected a value; quote text that begins with '&'"), at: position)
    }
    if tag != nil {
      throw Fault(.syntax("found a tag ('!name'), expected a value; quote text that begins with '!'"), at: position)
    }
  }

  private func syntaxFault(_ buffer: UnsafeBufferPointer<UInt8>) -> Fault {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
    if parser.pointee.error == YAML_READER_ERROR {
      // The reader knows only the octet.
      return Fault(
        .syntax("\(problem): save the file as UTF-8"), at: position(ofByte: parser.pointee.problem_offset, buffer))
    }
    let mark = parser.pointee.problem_mark
    // At the end of a file libyaml may name a line that isn't there.
    let place = min(YAMLPosition(mark), position(ofByte: buffer.count, buffer))
    if byteAt(mark, buffer) == UInt8(ascii: "\t") {
      return Fault(.syntax("found a tab, expected spaces to indent"), at: place)
    }
    let context = parser.pointee.context.map { String(cString: $0) }
    let begun = context.map { " (\($0) from line \(parser.pointee.context_mark.line + 1))" } ?? ""
    return Fault(.syntax("not YAML: \(problem)\(begun)"), at: place)
  }

  /// The octet at a mark, whose column counts characters.
  private func byteAt(_ mark: yaml_mark_t, _ buffer: UnsafeBufferPointer<UInt8>) -> UInt8? {
    var line = 0
    var column = 0
    for byte in buffer {
      if line == mark.line && column == mark.column { return byte }
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 0
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    return nil
  }

  private func position(ofByte offset: Int, _ buffer: UnsafeBufferPointer<UInt8>) -> YAMLPosition {
    var position = start
    for byte in buffer.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        position = YAMLPosition(line: position.line + 1, column: 1)
      } else if byte & 0xc0 != 0x80 {
        position.column += 1
      }
    }
    return position
  }
}

extension YAMLPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
