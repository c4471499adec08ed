/// Typed values, parsed when asked for. A malformed one is `SIPError.badHeader`, a missing mandatory one
/// `SIPError.missingHeader`.
extension Headers {
  /// The topmost Via.
  public var via: Via {
    get throws(SIPError) { if let known = common?.via { known } else { try required(.via, Via.init) } }
  }
  public var vias: [Via] { get throws(SIPError) { try all(.via, Via.init) } }
  public var from: NameAddress {
    get throws(SIPError) { if let known = common?.from { known } else { try required(.from, NameAddress.init) } }
  }
  public var to: NameAddress {
    get throws(SIPError) { if let known = common?.to { known } else { try required(.to, NameAddress.init) } }
  }
  public var cSeq: CSeq {
    get throws(SIPError) { if let known = common?.cSeq { known } else { try required(.cSeq, CSeq.init) } }
  }
  public var routes: [NameAddress] { get throws(SIPError) { try all(.route, NameAddress.init) } }
  public var path: [NameAddress] { get throws(SIPError) { try all(.path, NameAddress.init) } }
  public var recordRoutes: [NameAddress] { get throws(SIPError) { try all(.recordRoute, NameAddress.init) } }

  /// `word [ "@" word ]`, compared byte for byte (RFC 3261 §20.8).
  public var callID: String { get throws(SIPError) { try required(.callID, checkCallID) } }

  /// Whether Contact is `*`, which only a REGISTER may send (§10.2.2).
  public var isContactWildcard: Bool { self[.contact] == "*" && count(of: .contact) == 1 }

  /// Each contact; `*` is malformed here, so ask `isContactWildcard` first.
  public var contacts: [NameAddress] {
    get throws(SIPError) { if let known = common?.contacts { known } else { try all(.contact, NameAddress.init) } }
  }

  /// 0–255 (§20.22), nil where absent.
  public var maxForwards: Int? {
    get throws(SIPError) { try optional(.maxForwards) { (t) throws(SIPError) in Int(try parseNumber(t, below: 256)) } }
  }

  /// Bytes of the body, nil where absent; below 2³¹.
  public var contentLength: Int? {
    get throws(SIPError) {
      try optional(.contentLength) { (t) throws(SIPError) in Int(try parseNumber(t, below: 1 << 31)) }
    }
  }

  /// Seconds (§20.19), nil where absent; what exceeds 32 bits is the greatest value.
  public var expires: UInt32? { get throws(SIPError) { try optional(.expires, parseSeconds) } }
  /// Seconds (§20.23), nil where absent.
  public var minExpires: UInt32? { get throws(SIPError) { try optional(.minExpires, parseSeconds) } }
  /// Seconds (§20.33), nil where absent; the comment and parameters are skipped.
  public var retryAfter: UInt32? { get throws(SIPError) { try optional(.retryAfter, parseRetryAfter) } }
  public var contentType: MediaType? { get throws(SIPError) { try optional(.contentType, MediaType.init) } }
  /// What the answer may hold, nil where the header is absent (then `application/sdp`, §20.1).
  public var accept: [MediaType]? {
    get throws(SIPError) {
      guard contains(.accept) else { return nil }
      return try elements(.accept, MediaType.init)
    }
  }

  public var allow: [Method] {
    get throws(SIPError) { try elements(.allow) { (t) throws(SIPError) in Method(try parseToken(t)) } }
  }
  /// Option tags; compare them in any case.
  public var require: [String] { get throws(SIPError) { try elements(.require, parseToken) } }
  public var proxyRequire: [String] { get throws(SIPError) { try elements(.proxyRequire, parseToken) } }
  public var supported: [String] { get throws(SIPError) { try elements(.supported, parseToken) } }
  public var unsupported: [String] { get throws(SIPError) { try elements(.unsupported, parseToken) } }
  public var contentEncoding: [String] { get throws(SIPError) { try elements(.contentEncoding, parseToken) } }

  public var authorizations: [AuthParameters] {
    get throws(SIPError) { try all(.authorization, AuthParameters.init) }
  }
  public var proxyAuthorizations: [AuthParameters] {
    get throws(SIPError) { try all(.proxyAuthorization, AuthParameters.init) }
  }
  public var wwwAuthenticate: [AuthParameters] {
    get throws(SIPError) { try all(.wwwAuthenticate, AuthParameters.init) }
  }
  public var proxyAuthenticate: [AuthParameters] {
    get throws(SIPError) { try all(.proxyAuthenticate, AuthParameters.init) }
  }

  // MARK: How a field becomes a value

  private func parsed<Value>(
    _ name: HeaderName, _ text: String, _ parse: (String) throws(SIPError) -> Value
  ) throws(SIPError) -> Value {
    do throws(SIPError) {
      return try parse(text)
    } catch {
      guard case .badValue(let expected) = error else { throw error }
      throw .badHeader(name, expected)
    }
  }

  private func optional<Value>(
    _ name: HeaderName, _ parse: (String) throws(SIPError) -> Value
  ) throws(SIPError) -> Value? {
    guard let text = self[name] else { return nil }
    return try parsed(name, text, parse)
  }

  private func required<Value>(
    _ name: HeaderName, _ parse: (String) throws(SIPError) -> Value
  ) throws(SIPError) -> Value {
    guard let value = try optional(name, parse) else { throw .missingHeader(name) }
    return value
  }

  /// One value a field.
  private func all<Value>(
    _ name: HeaderName, _ parse: (String) throws(SIPError) -> Value
  ) throws(SIPError) -> [Value] {
    var values: [Value] = []
    for field in fields where field.name == name { values.append(try parsed(name, field.value, parse)) }
    return values
  }

  /// Each element of the comma-separated lists of all fields; empty elements, a trailing comma's for one, are skipped.
  private func elements<Value>(
    _ name: HeaderName, _ parse: (String) throws(SIPError) -> Value
  ) throws(SIPError) -> [Value] {
    var values: [Value] = []
    for field in fields where field.name == name {
      guard let parts = splitAtCommas(field.value) else { throw .badHeader(name, "a list whose quotes close") }
      for part in parts where !part.isEmpty { values.append(try parsed(name, part, parse)) }
    }
    return values
  }
}

private func parseToken(_ text: String) throws(SIPError) -> String {
  try scan(text) { (scanner) throws(SIPError) in try scanner.token("a token") }
}

private func checkCallID(_ text: String) throws(SIPError) -> String {
  try scan(text) { (scanner) throws(SIPError) in
    let expected = "a word, or two joined by @"
    guard !scanner.take(while: isWordByte).isEmpty else { throw .badValue(expected) }
    if scanner.skip(UInt8(ascii: "@")), scanner.take(while: isWordByte).isEmpty { throw .badValue(expected) }
  }
  return text
}

private func parseRetryAfter(_ text: String) throws(SIPError) -> UInt32 {
  try scan(text) { (scanner) throws(SIPError) in
    guard let seconds = scanner.number() else { throw .badValue("a number of seconds") }
    scanner.skipSpace()
    if scanner.peek == UInt8(ascii: "(") { try scanner.comment() }
    _ = try scanner.parameters()
    return UInt32(clamping: seconds)
  }
}
