extension Response {
  /// The answer to a request that is refused, with Unsupported for a 420 and Allow for a 501 where the server's methods
  /// are given; nil where nothing is answered: an ACK, or an error without a status. Of fields that may stand once it
  /// repeats the first, so that whoever sent more can read it.
  @export(interface)
  public init?(to request: Request, refusing error: SIPError, toTag: String?, allow: [Method] = []) {
    guard request.method != .ack, let status = error.status else { return nil }
    self.init(to: request, status: status, toTag: toTag)
    switch error {
    case .unsupportedExtensions(let tags): headers.append(.unsupported, tags.joined(separator: ", "))
    case .unsupportedMediaType: headers.append(.accept, "application/sdp")
    case .repeatedHeader:
      // Setting the first removes the others.
      for name: HeaderName in [.from, .to, .callID, .cSeq] { headers[name] = headers[name] }
    case .unsupportedEncoding: headers.append(.acceptEncoding, "identity")
    default: break
    }
    if status == 501 && !allow.isEmpty {
      headers.append(.allow, allow.map { $0.name }.joined(separator: ", "))
    }
  }

  /// The answer to bytes that `Message.parse` refused, as far as one can be made: Via, From, To, Call-ID and CSeq are
  /// copied as they stand; where Via can't be read, it goes to the source of the bytes. Nil where nothing is answered: the
  /// bytes are no request, or an ACK, or have no Via.
  public init?(toDamaged bytes: [UInt8], refusing error: SIPError, toTag: String?) {
    guard let status = error.status else { return nil }
    let headers = bytes.withUnsafeBufferPointer { copyableHeaders($0) }
    guard let headers, headers.contains(.via) else { return nil }
    // The Request-URI isn't copied, so any will do.
    let request = Request(.options, URI(host: .name("invalid")), headers: headers)
    self.init(to: request, status: status, toTag: toTag)
  }
}

/// The header fields of a damaged request, those lines left out that are none; nil for anything but a request, and
/// for an ACK.
private func copyableHeaders(_ bytes: UnsafeBufferPointer<UInt8>) -> Headers? {
  var lines = LineReader(bytes)
  lines.skipEmptyLines()
  guard let first = lines.next() else { return nil }
  var start = Scanner(UnsafeBufferPointer(rebasing: bytes[first]))
  let method = start.text(start.take(while: isTokenByte))
  guard !method.isEmpty, method != "ACK", start.peek == 32 else { return nil }
  var headers = Headers()
  while let line = lines.next(), !line.isEmpty {
    headers.appendField(&lines, line)
  }
  return headers
}
