import Wire

/// What must hold in every message, beyond its syntax (RFC 3261 §8.1.1, §8.2, §16.3).
extension Headers {
  /// Checks presence, number and grammar of what every message carries; what the values are is known from now on.
  /// Returns CSeq, which the caller looks at too.
  fileprivate mutating func checkCommon(mayTakeBack: Bool) throws(SIPError) -> CSeq {
    for i in fields.indices where fields[i].name.isSingle {
      guard firstIndex(of: fields[i].name) == i else { throw .repeatedHeader(fields[i].name) }
    }
    guard let via = try vias.first else { throw .missingHeader(.via) }
    let (from, to) = (try from, try to)
    _ = try callID
    _ = try maxForwards
    _ = try contentType
    let cSeq = try cSeq
    let contacts = mayTakeBack && isContactWildcard ? nil : try contacts
    know(CommonHeaders(via: via, from: from, to: to, cSeq: cSeq, contacts: contacts))
    return cSeq
  }
}

extension Request {
  /// Whether the message is one that this module's rules let through; what a server answers otherwise is the error's
  /// `status`. A missing Max-Forwards is let through, as of an RFC 2543 client; so is an unregistered method that CSeq
  /// doesn't repeat, for whoever knows what is served answers it by 501 (RFC 4475 §3.1.2.18).
  @export(interface)
  public mutating func check() -> SIPError? {
    do throws(SIPError) {
      let cSeq = try headers.checkCommon(mayTakeBack: method == .register)
      guard cSeq.method == method || !method.isRegistered else {
        throw .methodMismatch(cSeq: cSeq.method, request: method)
      }
      _ = try headers.routes
      _ = try headers.recordRoutes
      _ = try headers.require
      return nil
    } catch {
      return error
    }
  }
}

extension Response {
  /// Whether the message is one that this module's rules let through; a response that isn't is dropped. So is one with
  /// a second Via, which was meant for someone else, for no request of ours ever has two (RFC 3261 §8.1.3.3).
  @export(interface)
  public mutating func check() -> SIPError? {
    do throws(SIPError) {
      _ = try headers.checkCommon(mayTakeBack: false)
      guard headers.count(of: .via) == 1 else { return .repeatedHeader(.via) }
      _ = try headers.recordRoutes
      return nil
    } catch {
      return error
    }
  }
}

/// What an element knows and serves, for the refusals of RFC 3261 §8.2.1–§8.2.3 and §16.3.
public struct Capabilities: Sendable {
  public var methods: [Method]
  /// Option tags that may stand in Require.
  public var extensions: [String]
  /// Schemes of a Request-URI.
  public var schemes: [URI.Scheme]
  public var mediaTypes: [MediaType]

  public init(
    methods: [Method], extensions: [String], schemes: [URI.Scheme] = [.sip, .sips, .tel], mediaTypes: [MediaType]
  ) {
    self.methods = methods
    self.extensions = extensions
    self.schemes = schemes
    self.mediaTypes = mediaTypes
  }

  /// What a server with these capabilities refuses a checked request for, in the order of RFC 3261 §8.2 and §16.3;
  /// nil where it serves it. ACK and CANCEL are never refused for their Require (§8.2.2.3).
  /// With `forwarding`, the request is passed on, so that its body and extensions are the far end's concern.
  @export(interface)
  public func refusal(_ request: Request, forwarding: Bool = false) -> SIPError? {
    do throws(SIPError) {
      guard methods.contains(request.method) else { return .unknownMethod(request.method) }
      guard schemes.contains(request.uri.scheme) else { return .unsupportedScheme(request.uri.scheme.name) }
      if request.method == .register, !(try request.headers.to.uri.isSIP) {
        return .badHeader(.to, "a sip or sips URI as address of record")
      }
      if forwarding, try request.headers.maxForwards == 0 { return .tooManyHops }
      if let unknown = extensionRefusal(request, forwarding: forwarding) { return unknown }
      if forwarding { return nil }
      if request.method == .invite, let accept = try request.headers.accept,
        !accept.contains(where: { $0.covers(.sdp) })
      {
        return .notAcceptable
      }
      return try bodyRefusal(request)
    } catch {
      return error
    }
  }

  /// The part of `refusal` that concerns every request alike, within a dialog too: what it requires and isn't served.
  @export(interface)
  public func extensionRefusal(_ request: Request, forwarding: Bool = false) -> SIPError? {
    guard request.method != .ack && request.method != .cancel else { return nil }
    do throws(SIPError) {
      let required = forwarding ? try request.headers.proxyRequire : try request.headers.require
      let unknown = required.filter { tag in !extensions.contains { equalsIgnoringCase($0, tag) } }
      return unknown.isEmpty ? nil : .unsupportedExtensions(unknown)
    } catch {
      return error
    }
  }

  /// A body of a type that isn't understood; one that is `optional` is let through (§8.2.3, RFC 3204).
  private func bodyRefusal(_ request: Request) throws(SIPError) -> SIPError? {
    guard !request.body.isEmpty else { return nil }
    for encoding in try request.headers.contentEncoding where !equalsIgnoringCase(encoding, "identity") {
      return .unsupportedEncoding(encoding)
    }
    guard let type = try request.headers.contentType else { return .missingHeader(.contentType) }
    if mediaTypes.contains(where: { $0.covers(type) }) || isOptional(request.headers) { return nil }
    return .unsupportedMediaType(type.description)
  }

  private func isOptional(_ headers: Headers) -> Bool {
    guard let disposition = headers[.contentDisposition] else { return false }
    let parameters = try? scan(disposition) { (scanner) throws(SIPError) in
      _ = try scanner.token("a disposition")
      return try scanner.parameters()
    }
    return parameters?["handling"].map { equalsIgnoringCase($0, "optional") } ?? false
  }
}
