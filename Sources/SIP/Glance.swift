import Wire

/// As much of a message as tells where it belongs, found without parsing it: for when there is too much to be done.
public struct Glance: Equatable, Sendable {
  public enum Kind: Sendable {
    case response
    /// A request to nobody's dialog yet. CANCEL counts here, for it has to come after its INVITE.
    case newWork
    /// A request whose To has a tag, ACK among them.
    case withinDialog
  }

  public let kind: Kind
  /// The tag of To, of a request within a dialog: one of ours, if it is true.
  public let tag: String?

  /// Nil for what begins like no SIP message.
  @export(interface)
  public init?(_ bytes: [UInt8]) {
    var lines = GlanceLines(bytes)
    guard let first = lines.next(), first.count >= 8 else { return nil }
    if matches(bytes, first, "sip/2.0 ") {
      kind = .response
      tag = nil
      return
    }
    guard let blank = bytes[first].firstIndex(of: 32), blank > first.lowerBound else { return nil }
    while let line = lines.next(), !line.isEmpty {
      guard let value = value(bytes, line, "to", "t") else { continue }
      tag = GlanceLines.tag(bytes, value)
      kind = tag == nil ? .newWork : .withinDialog
      return
    }
    kind = .newWork
    tag = nil
  }
}

/// The answer 503 to a request, made of the request's own lines without parsing them (RFC 3261 §8.2.6, §21.5.4); nil where
/// it gets none: it is an ACK, lacks a line that an answer needs, or wants its answer at another port than it came from.
/// Never longer than the request by more than what stands in the answer alone.
@export(interface)
public func hurriedRefusal(of bytes: [UInt8], from flow: Flow, retryAfter: Int, tag: String) -> [UInt8]? {
  var lines = GlanceLines(bytes)
  guard let first = lines.next(), !matches(bytes, first, "ack "), !matches(bytes, first, "sip/2.0 ") else { return nil }
  var answer = Array("SIP/2.0 503 Service Unavailable\r\n".utf8)
  answer.reserveCapacity(min(bytes.count, 2048))
  var seen = (via: false, from: false, to: false, callID: false, cSeq: false)
  while let line = lines.next(), !line.isEmpty {
    if let found = value(bytes, line, "via", "v") {
      if seen.via {
        answer += bytes[line]
      } else {
        guard appendTopVia(bytes, line, found, flow, to: &answer) else { return nil }
        seen.via = true
      }
    } else if !seen.from, value(bytes, line, "from", "f") != nil {
      answer += bytes[line]
      seen.from = true
    } else if !seen.to, let found = value(bytes, line, "to", "t") {
      answer += bytes[line]
      if GlanceLines.tag(bytes, found) == nil { answer += Array((";tag=" + tag).utf8) }
      seen.to = true
    } else if !seen.callID, value(bytes, line, "call-id", "i") != nil {
      answer += bytes[line]
      seen.callID = true
    } else if !seen.cSeq, value(bytes, line, "cseq", nil) != nil {
      answer += bytes[line]
      seen.cSeq = true
    } else {
      continue
    }
    answer += [13, 10]
  }
  guard seen == (true, true, true, true, true) else { return nil }
  return answer + Array("Retry-After: \(retryAfter)\r\nContent-Length: 0\r\n\r\n".utf8)
}

/// The first Via with where it came from (RFC 3581 §4); false where the answer would have to go to another port.
private func appendTopVia(
  _ bytes: [UInt8], _ line: Range<Int>, _ value: Range<Int>, _ flow: Flow, to answer: inout [UInt8]
) -> Bool {
  let end = bytes[value].firstIndex(of: UInt8(ascii: ",")) ?? line.upperBound
  var mark = value.lowerBound
  var asks = false
  while mark < end {
    if bytes[mark] == UInt8(ascii: ";"), matches(bytes, mark + 1..<end, "rport") {
      let after = mark + 6
      if after == end || [32, 9, UInt8(ascii: ";")].contains(bytes[after]) {
        asks = true
        mark = after
        break
      }
    }
    mark += 1
  }
  guard asks || flow.transport.isReliable || sentBy(bytes, value.lowerBound..<end) == flow.remote.port else {
    return false
  }
  if asks {
    answer += bytes[line.lowerBound..<mark]
    answer += Array("=\(flow.remote.port)".utf8)
    answer += bytes[mark..<end]
  } else {
    answer += bytes[line.lowerBound..<end]
  }
  answer += Array(";received=\(flow.remote.ip.description)".utf8)
  answer += bytes[end..<line.upperBound]
  return true
}

/// The port that a Via says its sender listens at, 5060 where it says none.
private func sentBy(_ bytes: [UInt8], _ via: Range<Int>) -> UInt16 {
  guard let blank = bytes[via].firstIndex(of: 32) else { return 0 }
  let place = bytes[blank..<via.upperBound].prefix { $0 != UInt8(ascii: ";") }
  guard let colon = place.lastIndex(of: UInt8(ascii: ":")), !place[colon...].contains(UInt8(ascii: "]")) else {
    return 5060
  }
  var port = 0
  for byte in place[(colon + 1)...] where byte != 32 {
    guard (48..<58).contains(byte), port < 65536 else { return 0 }
    port = port * 10 + Int(byte) - 48
  }
  return UInt16(exactly: port) ?? 0
}

/// The lines of a head without their ends; one that begins with a blank goes with the line before (RFC 3261 §7.3.1).
struct GlanceLines {
  private let bytes: [UInt8]
  private var start = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    while start < bytes.count && (bytes[start] == 13 || bytes[start] == 10) { start += 1 }
  }

  mutating func next() -> Range<Int>? {
    guard start < bytes.count else { return nil }
    let from = start
    while true {
      let feed = bytes[start...].firstIndex(of: 10) ?? bytes.count
      start = min(feed + 1, bytes.count)
      var end = feed
      if end > from && bytes[end - 1] == 13 { end -= 1 }
      // An empty line is the end of the head, whatever the body begins with.
      if end == from || start >= bytes.count || (bytes[start] != 32 && bytes[start] != 9) { return from..<end }
    }
  }

  /// The tag parameter in the value of To.
  static func tag(_ bytes: [UInt8], _ value: Range<Int>) -> String? {
    // Before the bracket's end a semicolon belongs to the URI.
    let after = bytes[value].lastIndex(of: UInt8(ascii: ">")) ?? value.lowerBound
    var i = after
    while i < value.upperBound {
      defer { i += 1 }
      guard bytes[i] == UInt8(ascii: ";") else { continue }
      var name = i + 1
      while name < value.upperBound && isBlank(bytes[name]) { name += 1 }
      guard matches(bytes, name..<value.upperBound, "tag") else { continue }
      name += 3
      while name < value.upperBound && isBlank(bytes[name]) { name += 1 }
      guard name < value.upperBound, bytes[name] == UInt8(ascii: "=") else { continue }
      let tag = bytes[(name + 1)..<value.upperBound].drop { isBlank($0) }
        .prefix { !isBlank($0) && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") && $0 != 13 }
      return tag.isEmpty ? nil : String(decoding: tag, as: UTF8.self)
    }
    return nil
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

/// The value of a header line of that name, or of its compact form; nil for another header.
private func value(_ bytes: [UInt8], _ line: Range<Int>, _ name: String, _ compact: String?) -> Range<Int>? {
  let length: Int
  if matches(bytes, line, name) {
    length = name.utf8.count
  } else if let compact, matches(bytes, line, compact) {
    length = 1
  } else {
    return nil
  }
  var i = line.lowerBound + length
  while i < line.upperBound && isBlank(bytes[i]) { i += 1 }
  guard i < line.upperBound, bytes[i] == UInt8(ascii: ":") else {
    // `t` may also begin `to`.
    return nil
  }
  return (i + 1)..<line.upperBound
}

/// Whether a range begins with a text of lower case, in any case.
private func matches(_ bytes: [UInt8], _ range: Range<Int>, _ text: String) -> Bool {
  guard range.count >= text.utf8.count else { return false }
  var i = range.lowerBound
  for byte in text.utf8 {
    let found = bytes[i]
    guard ((65...90).contains(found) ? found | 32 : found) == byte else { return false }
    i += 1
  }
  return true
}
