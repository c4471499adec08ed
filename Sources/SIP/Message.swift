/// A request (RFC 3261 §7.1).
public struct Request: Hashable, Sendable {
  public var method: Method
  public var uri: URI
  public var headers: Headers
  public var body: [UInt8]

  public init(_ method: Method, _ uri: URI, headers: Headers = Headers(), body: [UInt8] = []) {
    self.method = method
    self.uri = uri
    self.headers = headers
    self.body = body
  }
}

/// A response (RFC 3261 §7.2).
public struct Response: Hashable, Sendable {
  /// 100–699.
  public var status: Int
  public var reason: String
  public var headers: Headers
  public var body: [UInt8]

  public init(status: Int, reason: String? = nil, headers: Headers = Headers(), body: [UInt8] = []) {
    self.status = status
    self.reason = reason ?? standardReason(status)
    self.headers = headers
    self.body = body
  }

  public var isProvisional: Bool { status < 200 }
  public var isFinal: Bool { status >= 200 }
  public var isSuccess: Bool { status / 100 == 2 }
  /// Credentials are asked for (RFC 3261 §22).
  public var isChallenge: Bool { status == 401 || status == 407 }

  /// A response to a request with Via, From, To, Call-ID and CSeq copied (RFC 3261 §8.2.6.2); a 100 also copies
  /// Timestamp. The tag is added to a To that has none, unless the status is 100.
  public init(to request: Request, status: Int, reason: String? = nil, toTag: String? = nil) {
    self.init(status: status, reason: reason)
    headers.fields.reserveCapacity(8)
    for field in request.headers.fields {
      switch field.name {
      case .via, .from, .callID, .cSeq: headers.fields.append(field)
      case .to: headers.append(.to, status == 100 ? field.value : request.headers.to(field.value, with: toTag))
      case .timestamp where status == 100: headers.fields.append(field)
      default: break
      }
    }
  }
}

public enum Message: Hashable, Sendable {
  case request(Request)
  case response(Response)

  public var headers: Headers {
    switch self {
    case .request(let request): request.headers
    case .response(let response): response.headers
    }
  }

  public var body: [UInt8] {
    switch self {
    case .request(let request): request.body
    case .response(let response): response.body
    }
  }
}

extension Headers {
  /// The value of To with a tag, which one that has a tag already, or can't be read, goes without.
  fileprivate func to(_ value: String, with tag: String?) -> String {
    guard let tag, let to = try? to, to.tag == nil else { return value }
    return value + ";tag=" + tag
  }
}
