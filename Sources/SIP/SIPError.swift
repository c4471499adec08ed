/// What is wrong with a message or a value, and how a server is to answer it.
public enum SIPError: Error, Hashable, Sendable {
  /// Not a SIP message at all: nothing can be answered.
  case notSIP
  /// The first line is neither a request line nor a status line; the text says what was expected.
  case badStartLine(String)
  /// A version other than SIP/2.0.
  case badVersion(String)
  /// The line of that number (the first is 1) is no header field.
  case badLine(Int)
  /// A value that doesn't follow its grammar; the text says what was expected.
  case badValue(String)
  /// A header whose value doesn't follow its grammar.
  case badHeader(HeaderName, String)
  /// A header that every such message must have.
  case missingHeader(HeaderName)
  /// A header that may stand only once.
  case repeatedHeader(HeaderName)
  /// CSeq names another method than the request line.
  case methodMismatch(cSeq: Method, request: Method)
  /// Content-Length says more than what came.
  case bodyTooShort(expected: Int, found: Int)
  /// A message on a stream without Content-Length, so that its end can't be found.
  case lengthRequired
  /// Header or body over the limit, in bytes.
  case tooLarge(limit: Int)
  /// A Request-URI of a scheme that isn't served.
  case unsupportedScheme(String)
  /// Option tags in Require that aren't known.
  case unsupportedExtensions([String])
  /// A body whose Content-Type isn't understood.
  case unsupportedMediaType(String)
  /// A body whose Content-Encoding isn't understood.
  case unsupportedEncoding(String)
  /// Accept has no room for the session description that the answer would hold.
  case notAcceptable
  /// A method that isn't known.
  case unknownMethod(Method)
  /// Max-Forwards has reached 0.
  case tooManyHops

  /// What a server answers a request with; nil where it answers nothing.
  public var status: Int? {
    switch self {
    case .notSIP: nil
    case .badVersion: 505
    case .tooLarge: 513
    case .unsupportedScheme: 416
    case .unsupportedExtensions: 420
    case .unsupportedMediaType, .unsupportedEncoding: 415
    case .notAcceptable: 406
    case .unknownMethod: 501
    case .tooManyHops: 483
    case .badStartLine, .badLine, .badValue, .badHeader, .missingHeader, .repeatedHeader, .methodMismatch,
      .bodyTooShort, .lengthRequired:
      400
    }
  }

  /// A sentence for the log.
  public var description: String {
    switch self {
    case .notSIP: "this is no SIP message"
    case .badStartLine(let expected): "first line: expected \(expected)"
    case .badVersion(let found): "version \(found): only SIP/2.0 is spoken here"
    case .badLine(let line): "line \(line): expected a header field, `name: value`"
    case .badValue(let expected): "expected \(expected)"
    case .badHeader(let name, let expected): "\(name.text): expected \(expected)"
    case .missingHeader(let name): "\(name.text) is missing"
    case .repeatedHeader(let name): "\(name.text) stands more than once"
    case .methodMismatch(let cSeq, let request):
      "CSeq names the method \(cSeq.name), the request line \(request.name)"
    case .bodyTooShort(let expected, let found): "Content-Length says \(expected) bytes, \(found) came"
    case .lengthRequired: "Content-Length is missing, which a stream needs"
    case .tooLarge(let limit): "the message is larger than \(limit) bytes"
    case .unsupportedScheme(let scheme): "Request-URI of scheme \(scheme): expected sip or tel"
    case .unsupportedExtensions(let tags): "Require names unknown extensions: " + tags.joined(separator: ", ")
    case .unsupportedMediaType(let type): "a body of type \(type) isn't understood"
    case .unsupportedEncoding(let encoding): "a body in the encoding \(encoding) isn't understood"
    case .notAcceptable: "Accept: expected application/sdp among the types"
    case .unknownMethod(let method): "the method \(method.name) isn't known"
    case .tooManyHops: "Max-Forwards is 0"
    }
  }
}
