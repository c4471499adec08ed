import Wire

/// One part of a multipart body (RFC 2046 §5.1).
public struct BodyPart: Hashable, Sendable {
  /// The part's own headers: Content-Type, Content-Disposition and others.
  public var headers: Headers
  public var content: [UInt8]
}

extension MediaType {
  /// The parts of a body of this type, which has to be `multipart/…` with a `boundary`; nil where it isn't, or where the
  /// body doesn't hold the closing boundary. At most 32 parts are read.
  @export(interface)
  public func parts(of body: [UInt8]) -> [BodyPart]? {
    guard type == "multipart", let boundary = parameters.unquoted("boundary"), !boundary.isEmpty,
      boundary.utf8.count <= 70
    else { return nil }
    let delimiter = [13, 10, 45, 45] + Array(boundary.utf8)
    // The line end before a delimiter belongs to it, so the first one needs one too.
    let body = [13, 10] + body
    var parts: [BodyPart] = []
    var contentStart: Int?
    var at = 0
    while at + delimiter.count <= body.count {
      let end = at + delimiter.count
      guard body[at] == 13, body[at..<end].elementsEqual(delimiter), let line = DelimiterLine(body[end...]) else {
        at += 1
        continue
      }
      if let start = contentStart {
        guard parts.count < 32, let part = BodyPart(body[start..<max(start, at)]) else { return nil }
        parts.append(part)
      }
      guard let next = line.contentStart else { return parts }
      contentStart = next
      // The CRLF that ends this line may begin the next delimiter.
      at = next - 2
    }
    return nil
  }
}

extension MediaType {
  /// The session description in a body of this type, by itself or as a part of several (RFC 3261 §7.4, RFC 5621 §3); nil
  /// where there is none.
  @export(interface)
  public func sessionDescription(in body: [UInt8]) -> [UInt8]? {
    if isSDP { return body }
    return parts(of: body)?.first { (try? $0.headers.contentType)?.isSDP == true }?.content
  }
}

/// What follows the boundary on its line.
private struct DelimiterLine {
  /// Where the next part begins; nil after the closing delimiter.
  var contentStart: Int?

  /// Nil where the boundary goes on, as that of an inner multipart which begins with ours may.
  init?(_ rest: ArraySlice<UInt8>) {
    if rest.starts(with: [45, 45]) { return }
    guard let end = rest.firstIndex(where: { !isBlank($0) }), rest[end...].starts(with: [13, 10]) else { return nil }
    contentStart = end + 2
  }
}

extension BodyPart {
  /// Headers, an empty line and the content; nil where they aren't.
  fileprivate init?(_ bytes: ArraySlice<UInt8>) {
    var headers = Headers()
    let start = bytes.withUnsafeBufferPointer { buffer -> Int? in
      var lines = LineReader(buffer)
      while let line = lines.next() {
        if line.isEmpty { return lines.at }
        guard headers.appendField(&lines, line) else { return nil }
      }
      return nil
    }
    guard let start else { return nil }
    self.init(headers: headers, content: Array(bytes.dropFirst(start)))
  }
}
