import SIP

/// Any bytes may come in a datagram or on a stream. What is taken has to survive being sent again.
func sipFault(_ bytes: [UInt8]) -> String? {
  if let fault = streamFault(bytes) { return fault }
  do throws(SIPError) {
    let message = try Message.parse(bytes)
    readAllValues(message.headers)
    if let fault = valueFault(message.headers) { return fault }
    switch message {
    case .request(let request): if let fault = answerFault(request) { return fault }
    case .response(var response):
      _ = response.check()
      if let fault = knowledgeFault(response.headers) { return fault }
    }
    return roundTripFault(message)
  } catch {
    _ = error.description
    _ = Response(toDamaged: bytes, refusing: error, toTag: "t")?.serialized()
    return nil
  }
}

private func roundTripFault(_ message: Message) -> String? {
  let sent = message.serialized()
  guard let again = try? Message.parse(sent, .stream) else { return "what was written isn't read" }
  guard withoutLength(again) == withoutLength(message) else { return "what was read again is another message" }
  return again.serialized() == sent ? nil : "what was written again is other bytes"
}

private func withoutLength(_ message: Message) -> Message {
  switch message {
  case .request(var request):
    request.headers.remove(.contentLength)
    return .request(request)
  case .response(var response):
    response.headers.remove(.contentLength)
    return .response(response)
  }
}

/// The same messages have to come out however the bytes are cut.
private func streamFault(_ bytes: [UInt8]) -> String? {
  let whole = framed(bytes, step: max(bytes.count, 1))
  let step = Int(bytes.first ?? 0) % 61 + 1
  let inPieces = framed(bytes, step: step)
  // Limits are looked at as bytes arrive, so only what came out before an error is compared.
  let common = min(whole.count, inPieces.count)
  return whole.prefix(common) == inPieces.prefix(common) ? nil : "pieces of \(step) bytes give other messages"
}

private func framed(_ bytes: [UInt8], step: Int) -> [StreamFramer.Output] {
  var framer = StreamFramer(headerLimit: 1024, bodyLimit: 512)
  var outputs: [StreamFramer.Output] = []
  var rest = bytes[...]
  do throws(SIPError) {
    while !rest.isEmpty {
      framer.receive(rest.prefix(step))
      rest = rest.dropFirst(step)
      while let output = try framer.next() {
        outputs.append(output)
        if case .message(let message) = output { _ = try? Message.parse(message, .stream) }
      }
    }
  } catch {
    _ = Response(toDamaged: framer.damaged, refusing: error, toTag: "t")
  }
  return outputs
}

/// What a check found out about the values is what anyone reads who doesn't know of it.
private func knowledgeFault(_ headers: Headers) -> String? {
  let plain = Headers(headers.fields)
  let isSame =
    (try? headers.via) == (try? plain.via) && (try? headers.from) == (try? plain.from)
    && (try? headers.to) == (try? plain.to) && (try? headers.cSeq) == (try? plain.cSeq)
    && (try? headers.contacts) == (try? plain.contacts)
  return isSame ? nil : "after the check its values are others"
}

private func answerFault(_ request: Request) -> String? {
  var request = request
  let capabilities = Capabilities(methods: [.invite, .register], extensions: ["timer"], mediaTypes: [.sdp])
  for error in [request.check(), capabilities.refusal(request), capabilities.refusal(request, forwarding: true)] {
    guard let error else { continue }
    _ = error.description
    _ = Response(to: request, refusing: error, toTag: "t", allow: capabilities.methods)?.serialized()
  }
  _ = Response(to: request, status: 100, toTag: "t").serialized()
  if let type = try? request.headers.contentType { _ = type.parts(of: request.body) }
  return knowledgeFault(request.headers)
}

private func readAllValues(_ headers: Headers) {
  _ = try? headers.path
  _ = try? headers.maxForwards
  _ = try? headers.expires
  _ = try? headers.minExpires
  _ = try? headers.retryAfter
  _ = try? headers.accept
  _ = try? headers.allow
  _ = try? headers.require
  _ = try? headers.proxyRequire
  _ = try? headers.supported
  _ = try? headers.unsupported
  _ = try? headers.callID
  _ = try? headers.cSeq
  _ = try? headers.sessionExpires
  _ = try? headers.minSE
  _ = try? headers.rAck
  _ = headers.rSeq
  _ = try? headers.replaces
  _ = try? headers.targetDialog
  if let target = try? headers.referTo { _ = target.uri.header(.replaces).map { try? DialogName(replaces: $0) } }
  for field in headers.fields { _ = headers[named: field.text] }
}

/// A value that was read and written has to be read as the same again.
private func valueFault(_ headers: Headers) -> String? {
  for via in (try? headers.vias) ?? [] {
    _ = (via.received, via.rport, via.ttl, via.hasRFC3261Branch)
    if (try? Via(via.description)) != via { return "Via changes: " + via.description }
  }
  let addresses = [try? headers.contacts, try? headers.routes, try? headers.recordRoutes].compactMap { $0 }
  for address in addresses.joined() + [try? headers.from, try? headers.to].compactMap({ $0 }) {
    _ = (address.q, address.expires, address.tag)
    if (try? NameAddress(address.description)) != address { return "address changes: " + address.description }
  }
  let credentials = [
    try? headers.authorizations, try? headers.proxyAuthorizations, try? headers.wwwAuthenticate,
    try? headers.proxyAuthenticate,
  ].compactMap { $0 }
  for value in credentials.joined() where (try? AuthParameters(value.description)) != value {
    return "credentials change: " + value.description
  }
  if let type = try? headers.contentType, (try? MediaType(type.description)) != type {
    return "media type changes: " + type.description
  }
  return nil
}
