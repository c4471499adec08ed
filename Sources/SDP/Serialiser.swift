import Wire

/// Where a line of this type stands in a description, in the order of RFC 8866 §5; nil for an unknown type.
func serialOrder(_ type: UInt8) -> Int? {
  let order: StaticString = "vosiuepcbtrzkam"
  for i in 0..<order.utf8CodeUnitCount where order.utf8Start[i] == type { return i }
  return nil
}

extension SessionDescription {
  /// The description as bytes, in the order of RFC 8866 §5, each line ended by CRLF.
  @export(interface)
  public func serialised() -> [UInt8] {
    var out = TextWriter(capacity: 512)
    out.put(literal: "v=0\r\no=")
    out.put(origin.username)
    out.put(UInt8(ascii: " "))
    out.put(origin.sessionID)
    out.put(UInt8(ascii: " "))
    out.put(origin.version)
    out.put(UInt8(ascii: " "))
    out.put(origin.address)
    out.put(literal: "\r\ns=")
    out.put(name.isEmpty ? "-" : name)
    out.put(literal: "\r\n")
    out.putRest(otherLines, connection, attributes)
    for line in media { out.put(line) }
    return out.bytes
  }
}

extension TextWriter {
  fileprivate mutating func put(_ media: MediaDescription) {
    put(literal: "m=")
    put(media.kind)
    put(UInt8(ascii: " "))
    put(number: UInt64(media.port))
    if let count = media.portCount {
      put(UInt8(ascii: "/"))
      put(number: UInt64(count))
    }
    put(UInt8(ascii: " "))
    put(media.transport)
    for format in media.formats {
      put(UInt8(ascii: " "))
      put(format)
    }
    put(literal: "\r\n")
    putRest(media.otherLines, media.connection, media.attributes)
  }

  /// What follows the first lines of a session or of a stream.
  fileprivate mutating func putRest(_ others: [Line], _ connection: Connection?, _ attributes: [Attribute]) {
    let ordered = inOrder(others)
    let place = serialOrder(UInt8(ascii: "c")) ?? 0
    for line in ordered where (serialOrder(line.type) ?? 0) < place { put(line) }
    if let connection {
      put(literal: "c=")
      put(connection)
      put(literal: "\r\n")
    }
    for line in ordered where (serialOrder(line.type) ?? 0) >= place { put(line) }
    for attribute in attributes {
      put(literal: "a=")
      put(attribute.name)
      if let value = attribute.value {
        put(UInt8(ascii: ":"))
        put(value)
      }
      put(literal: "\r\n")
    }
  }

  private mutating func put(_ line: Line) {
    put(line.type)
    put(UInt8(ascii: "="))
    put(line.value)
    put(literal: "\r\n")
  }

  fileprivate mutating func put(_ connection: Connection) {
    put(connection.network)
    put(UInt8(ascii: " "))
    put(connection.addressType)
    put(UInt8(ascii: " "))
    put(connection.address)
  }
}

/// By place in a description; `t=` and the `r=` lines that belong to it keep their order among themselves.
private func inOrder(_ lines: [Line]) -> [Line] {
  func rank(_ line: Line) -> Int {
    let order = serialOrder(line.type) ?? 0
    return line.type == UInt8(ascii: "r") ? order - 1 : order
  }
  return lines.enumerated().sorted { a, b in
    (rank(a.element), a.offset) < (rank(b.element), b.offset)
  }.map { $0.element }
}
