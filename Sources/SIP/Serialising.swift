extension Request {
  /// The message as bytes; Content-Length always says what the body is.
  @export(interface)
  public func serialized() -> [UInt8] {
    var out = OutputBytes(headers, body)
    out.add(method.name)
    out.add(" ")
    out.add(uri.description)
    out.add(" SIP/2.0\r\n")
    out.addRest(headers, body)
    return out.bytes
  }
}

extension Response {
  /// The message as bytes; Content-Length always says what the body is.
  @export(interface)
  public func serialized() -> [UInt8] {
    var out = OutputBytes(headers, body)
    out.add("SIP/2.0 ")
    out.add(String(status))
    out.add(" ")
    out.add(reason)
    out.add("\r\n")
    out.addRest(headers, body)
    return out.bytes
  }

  /// As short as it can be said: without body, with the headers that an answer cannot do without, in their compact form
  /// (RFC 3261 §7.3.3, §8.2.6.2).
  @export(interface)
  public func serializedTersely() -> [UInt8] {
    var out = OutputBytes(headers, [])
    out.add("SIP/2.0 ")
    out.add(String(status))
    out.add(" ")
    out.add(reason)
    out.add("\r\n")
    for field in headers.fields {
      switch field.name {
      case .via, .from, .to, .callID, .cSeq, .wwwAuthenticate, .retryAfter, .unsupported, .minExpires: break
      default: continue
      }
      if let letter = field.name.compactForm { out.bytes.append(letter) } else { out.add(field.text) }
      out.add(": ")
      out.add(field.value)
      out.add("\r\n")
    }
    out.add("l: 0\r\n\r\n")
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

private struct OutputBytes {
  var bytes: [UInt8] = []

  init(_ headers: Headers, _ body: [UInt8]) {
    var size = 160 + body.count
    for field in headers.fields { size += field.value.utf8.count + 24 }
    bytes.reserveCapacity(size)
  }

  mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func addRest(_ headers: Headers, _ body: [UInt8]) {
    for field in headers.fields where field.name != .contentLength {
      add(field.text)
      add(": ")
      add(field.value)
      add("\r\n")
    }
    add("Content-Length: ")
    add(String(body.count))
    add("\r\n\r\n")
    bytes.append(contentsOf: body)
  }
}
