/// Cuts the bytes of a connection into messages by Content-Length (RFC 3261 §18.3) and notices keep-alives
/// (RFC 5626 §3.5.1). Feed it what was read, then call `next()` until nil.
public struct StreamFramer: Sendable {
  public enum Output: Hashable, Sendable {
    /// One whole message, for `Message.parse(_, .stream)`.
    case message([UInt8])
    /// A double CRLF: answer with one CRLF.
    case ping
    /// A lone CRLF: the answer to our own ping, or an empty line between messages.
    case pong
  }

  private var buffer: [UInt8] = []
  /// Where the part of `buffer` that hasn't been handed out begins.
  private var start = 0
  /// How far the search for the end of the header has come.
  private var searched = 0
  /// The end of the next message once its header has been read.
  private var messageEnd: Int?
  private let headerLimit: Int
  private let bodyLimit: Int

  public init(headerLimit: Int = 65536, bodyLimit: Int = 262_144) {
    self.headerLimit = headerLimit
    self.bodyLimit = bodyLimit
  }

  /// Bytes that wait for the rest of their message; at most both limits and what was fed last.
  public var pending: Int { buffer.count - start }

  /// Takes in what was read from the connection.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      searched -= start
      if let end = messageEnd { messageEnd = end - start }
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next whole message or keep-alive. After an error the connection must be closed, for nobody knows where the next
  /// message begins; `damaged` then holds what an answer can be made of.
  @export(interface)
  public mutating func next() throws(SIPError) -> Output? {
    if let keepAlive = takeKeepAlive() { return keepAlive }
    if messageEnd == nil {
      guard let headerEnd = findHeaderEnd() else {
        guard pending <= headerLimit else { throw .tooLarge(limit: headerLimit) }
        return nil
      }
      guard headerEnd - start <= headerLimit else { throw .tooLarge(limit: headerLimit) }
      let length = try contentLength(upTo: headerEnd)
      guard length <= bodyLimit else { throw .tooLarge(limit: bodyLimit) }
      messageEnd = headerEnd + length
    }
    guard let end = messageEnd, end <= buffer.count else { return nil }
    let message = Array(buffer[start..<end])
    start = end
    searched = end
    messageEnd = nil
    return .message(message)
  }

  /// What stands at the head of the connection after an error, for `Response(toDamaged:refusing:toTag:)`.
  public var damaged: [UInt8] { Array(buffer[start...].prefix(headerLimit)) }

  /// CRLFs before a message: two are a ping, one alone is a pong once something else follows it.
  private mutating func takeKeepAlive() -> Output? {
    guard pending >= 3, buffer[start] == 13, buffer[start + 1] == 10 else { return nil }
    if buffer[start + 2] == 13 {
      guard pending >= 4 else { return nil }
      if buffer[start + 3] == 10 {
        start += 4
        return .ping
      }
    }
    start += 2
    return .pong
  }

  /// The place after the empty line.
  private mutating func findHeaderEnd() -> Int? {
    var at = max(searched, start)
    while at + 3 < buffer.count {
      if buffer[at] == 13, buffer[at + 1] == 10, buffer[at + 2] == 13, buffer[at + 3] == 10 { return at + 4 }
      at += 1
    }
    searched = at
    return nil
  }

  private func contentLength(upTo end: Int) throws(SIPError) -> Int {
    let length = try buffer[start..<end].withUnsafeBufferPointer { (bytes) throws(SIPError) -> Int? in
      var lines = LineReader(bytes)
      guard lines.next() != nil else { throw .notSIP }
      var headers = Headers()
      while let line = lines.next(), !line.isEmpty {
        if Headers.fieldName(bytes, line) == .contentLength { headers.appendField(&lines, line) }
      }
      guard headers.count(of: .contentLength) <= 1 else { throw .repeatedHeader(.contentLength) }
      return try headers.contentLength
    }
    guard let length else { throw .lengthRequired }
    return length
  }
}
