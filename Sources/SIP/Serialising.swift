import Wire

extension Request {
  /// The message as bytes; Content-Length always says what the body is.
  @export(interface)
  public func serialized() -> [UInt8] {
    var out = TextWriter(headers, body)
    out.put(method.name)
    out.put(UInt8(ascii: " "))
    uri.write(to: &out)
    out.put(literal: " SIP/2.0\r\n")
    out.putRest(headers, body)
    return out.bytes
  }
}

extension Response {
  /// The message as bytes; Content-Length always says what the body is.
  @export(interface)
  public func serialized() -> [UInt8] {
    var out = TextWriter(headers, body)
    out.put(literal: "SIP/2.0 ")
    out.put(number: UInt64(clamping: status))
    out.put(UInt8(ascii: " "))
    out.put(reason)
    out.put(literal: "\r\n")
    out.putRest(headers, body)
    return out.bytes
  }

  /// As short as it can be said: without body, with the headers that an answer cannot do without, in their compact form
  /// (RFC 3261 §7.3.3, §8.2.6.2).
  @export(interface)
  public func serializedTersely() -> [UInt8] {
    var out = TextWriter(headers, [])
    out.put(literal: "SIP/2.0 ")
    out.put(number: UInt64(clamping: status))
    out.put(UInt8(ascii: " "))
    out.put(reason)
    out.put(literal: "\r\n")
    for field in headers.fields {
      switch field.name {
      case .via, .from, .to, .callID, .cSeq, .wwwAuthenticate, .retryAfter, .unsupported, .minExpires: break
      default: continue
      }
      if let letter = field.name.compactForm { out.put(letter) } else { out.put(field.text) }
      out.put(literal: ": ")
      out.put(field.value)
      out.put(literal: "\r\n")
    }
    out.put(literal: "l: 0\r\n\r\n")
    return out.bytes
  }
}

extension Message {
  @export(interface)
  public func serialized() -> [UInt8] {
    switch self {
    case .request(let request): request.serialized()
    case .response(let response): response.serialized()
    }
  }
}

extension TextWriter {
  fileprivate init(_ headers: Headers, _ body: [UInt8]) {
    var size = 160 + body.count
    for field in headers.fields { size += field.value.utf8.count + 24 }
    self.init(capacity: size)
  }

  fileprivate mutating func putRest(_ headers: Headers, _ body: [UInt8]) {
    for field in headers.fields where field.name != .contentLength {
      put(field.text)
      put(literal: ": ")
      put(field.value)
      put(literal: "\r\n")
    }
    put(literal: "Content-Length: ")
    put(number: UInt64(body.count))
    put(literal: "\r\n\r\n")
    put(body)
  }
}
