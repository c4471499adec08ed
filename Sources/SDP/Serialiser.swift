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
    var out: [UInt8] = []
    out.reserveCapacity(512)
    append("v=", "0", to: &out)
    append("o=", "\(origin.username) \(origin.sessionID) \(origin.version) \(origin.address.text)", to: &out)
    append("s=", name.isEmpty ? "-" : name, to: &out)
    let ordered = inOrder(otherLines)
    appendLines(ordered, before: UInt8(ascii: "c"), to: &out)
    if let connection { append("c=", connection.text, to: &out) }
    appendLines(ordered, after: UInt8(ascii: "c"), to: &out)
    for attribute in attributes { append("a=", attribute.text, to: &out) }
    for line in media { line.append(to: &out) }
    return out
  }
}

extension MediaDescription {
  fileprivate func append(to out: inout [UInt8]) {
    let count = portCount.map { "/\($0)" } ?? ""
    SDP.append("m=", "\(kind) \(port)\(count) \(transport) \(formats.joined(separator: " "))", to: &out)
    let ordered = inOrder(otherLines)
    appendLines(ordered, before: UInt8(ascii: "c"), to: &out)
    if let connection { SDP.append("c=", connection.text, to: &out) }
    appendLines(ordered, after: UInt8(ascii: "c"), to: &out)
    for attribute in attributes { SDP.append("a=", attribute.text, to: &out) }
  }
}

extension Connection {
  fileprivate var text: String { "\(network) \(addressType) \(address)" }
}

extension Attribute {
  fileprivate var text: String { value.map { "\(name):\($0)" } ?? name }
}

private func append(_ prefix: StaticString, _ value: String, to out: inout [UInt8]) {
  for i in 0..<prefix.utf8CodeUnitCount { out.append(prefix.utf8Start[i]) }
  out.append(contentsOf: value.utf8)
  out.append(13)
  out.append(10)
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

private func appendLines(_ lines: [Line], before type: UInt8, to out: inout [UInt8]) {
  for line in lines where (serialOrder(line.type) ?? 0) < (serialOrder(type) ?? 0) { appendLine(line, to: &out) }
}

private func appendLines(_ lines: [Line], after type: UInt8, to out: inout [UInt8]) {
  for line in lines where (serialOrder(line.type) ?? 0) >= (serialOrder(type) ?? 0) { appendLine(line, to: &out) }
}

private func appendLine(_ line: Line, to out: inout [UInt8]) {
  out.append(line.type)
  out.append(UInt8(ascii: "="))
  out.append(contentsOf: line.value.utf8)
  out.append(13)
  out.append(10)
}
