/// The headers that this module knows.
/// Any other header is `other`, and its field keeps the spelling that it came with.
public enum HeaderName: UInt8, Hashable, Sendable, CaseIterable {
  case other, accept, acceptContact, acceptEncoding, acceptLanguage, alertInfo, allow, allowEvents,
    authenticationInfo, authorization, callID, callInfo, contact, contentDisposition, contentEncoding,
    contentLanguage, contentLength, contentType, cSeq, date, diversion, errorInfo, event, expires, flowTimer, from,
    historyInfo, identity, inReplyTo, maxForwards, mimeVersion, minExpires, minSE, organization,
    pAssertedIdentity, path, pPreferredIdentity, priority, privacy, proxyAuthenticate, proxyAuthorization,
    proxyRequire, rAck, reason, recordRoute, referredBy, referTo, rejectContact, remotePartyID, replaces,
    replyTo, requestDisposition, require, retryAfter, route, rSeq, server, serviceRoute, sessionExpires, subject,
    subscriptionState, supported, timestamp, to, unsupported, userAgent, via, warning, wwwAuthenticate

  /// The canonical spelling, empty for `other`.
  public var text: String {
    switch self {
    case .other: ""
    case .accept: "Accept"
    case .acceptContact: "Accept-Contact"
    case .acceptEncoding: "Accept-Encoding"
    case .acceptLanguage: "Accept-Language"
    case .alertInfo: "Alert-Info"
    case .allow: "Allow"
    case .allowEvents: "Allow-Events"
    case .authenticationInfo: "Authentication-Info"
    case .authorization: "Authorization"
    case .callID: "Call-ID"
    case .callInfo: "Call-Info"
    case .contact: "Contact"
    case .contentDisposition: "Content-Disposition"
    case .contentEncoding: "Content-Encoding"
    case .contentLanguage: "Content-Language"
    case .contentLength: "Content-Length"
    case .contentType: "Content-Type"
    case .cSeq: "CSeq"
    case .date: "Date"
    case .diversion: "Diversion"
    case .errorInfo: "Error-Info"
    case .event: "Event"
    case .expires: "Expires"
    case .flowTimer: "Flow-Timer"
    case .from: "From"
    case .historyInfo: "History-Info"
    case .identity: "Identity"
    case .inReplyTo: "In-Reply-To"
    case .maxForwards: "Max-Forwards"
    case .mimeVersion: "MIME-Version"
    case .minExpires: "Min-Expires"
    case .minSE: "Min-SE"
    case .organization: "Organization"
    case .pAssertedIdentity: "P-Asserted-Identity"
    case .path: "Path"
    case .pPreferredIdentity: "P-Preferred-Identity"
    case .priority: "Priority"
    case .privacy: "Privacy"
    case .proxyAuthenticate: "Proxy-Authenticate"
    case .proxyAuthorization: "Proxy-Authorization"
    case .proxyRequire: "Proxy-Require"
    case .rAck: "RAck"
    case .reason: "Reason"
    case .recordRoute: "Record-Route"
    case .referredBy: "Referred-By"
    case .referTo: "Refer-To"
    case .rejectContact: "Reject-Contact"
    case .remotePartyID: "Remote-Party-ID"
    case .replaces: "Replaces"
    case .replyTo: "Reply-To"
    case .requestDisposition: "Request-Disposition"
    case .require: "Require"
    case .retryAfter: "Retry-After"
    case .route: "Route"
    case .rSeq: "RSeq"
    case .server: "Server"
    case .serviceRoute: "Service-Route"
    case .sessionExpires: "Session-Expires"
    case .subject: "Subject"
    case .subscriptionState: "Subscription-State"
    case .supported: "Supported"
    case .timestamp: "Timestamp"
    case .to: "To"
    case .unsupported: "Unsupported"
    case .userAgent: "User-Agent"
    case .via: "Via"
    case .warning: "Warning"
    case .wwwAuthenticate: "WWW-Authenticate"
    }
  }

  /// The one-letter form (RFC 3261 §20 and the IANA registry), nil where there is none.
  public var compactForm: UInt8? {
    switch self {
    case .acceptContact: UInt8(ascii: "a")
    case .referredBy: UInt8(ascii: "b")
    case .contentType: UInt8(ascii: "c")
    case .requestDisposition: UInt8(ascii: "d")
    case .contentEncoding: UInt8(ascii: "e")
    case .from: UInt8(ascii: "f")
    case .callID: UInt8(ascii: "i")
    case .rejectContact: UInt8(ascii: "j")
    case .supported: UInt8(ascii: "k")
    case .contentLength: UInt8(ascii: "l")
    case .contact: UInt8(ascii: "m")
    case .event: UInt8(ascii: "o")
    case .referTo: UInt8(ascii: "r")
    case .subject: UInt8(ascii: "s")
    case .to: UInt8(ascii: "t")
    case .allowEvents: UInt8(ascii: "u")
    case .via: UInt8(ascii: "v")
    case .sessionExpires: UInt8(ascii: "x")
    case .identity: UInt8(ascii: "y")
    default: nil
    }
  }

  /// Whether every comma-separated element becomes a field of its own on receipt: hops that are taken off, put on or
  /// answered one by one.
  var isSplitOnReceipt: Bool {
    switch self {
    case .via, .contact, .route, .recordRoute, .path, .serviceRoute: true
    default: false
    }
  }

  /// Whether it may stand only once in a message (RFC 3261 §7.3.1, §20).
  var isSingle: Bool {
    switch self {
    case .from, .to, .callID, .cSeq, .maxForwards, .contentLength, .contentType, .contentDisposition, .date, .event,
      .expires, .minExpires, .mimeVersion, .organization, .priority, .rAck, .referTo, .replaces, .retryAfter, .rSeq,
      .server, .sessionExpires, .subject, .timestamp, .userAgent:
      true
    default: false
    }
  }
}
