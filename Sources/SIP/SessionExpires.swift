import Wire

/// How long a session lasts without a refresh, and who sends that (RFC 4028 §4).
public struct SessionExpires: Hashable, Sendable {
  /// Of the request that the header stands in or answers: who sent it, or who answers.
  public enum Refresher: Hashable, Sendable {
    case uac, uas

    public var name: String { self == .uac ? "uac" : "uas" }
  }

  public var seconds: UInt32
  /// Nil where it is left to the answer.
  public var refresher: Refresher?

  public init(seconds: UInt32, refresher: Refresher? = nil) {
    self.seconds = seconds
    self.refresher = refresher
  }

  @export(interface)
  public init(_ text: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in
      guard let seconds = scanner.number() else { throw .badValue("a number of seconds") }
      let parameters = try scanner.parameters()
      var refresher: Refresher?
      if let name = parameters["refresher"] {
        guard equalsIgnoringCase(name, "uac") || equalsIgnoringCase(name, "uas") else {
          throw .badValue("refresher=uac or refresher=uas")
        }
        refresher = equalsIgnoringCase(name, "uac") ? .uac : .uas
      }
      return SessionExpires(seconds: UInt32(clamping: seconds), refresher: refresher)
    }
  }

  public var description: String { "\(seconds)" + (refresher.map { ";refresher=" + $0.name } ?? "") }
}

/// Which reliable provisional response a PRACK acknowledges (RFC 3262 §7.2).
public struct RAck: Hashable, Sendable {
  public var response: UInt32
  public var cSeq: CSeq

  public init(_ response: UInt32, _ cSeq: CSeq) {
    self.response = response
    self.cSeq = cSeq
  }

  @export(interface)
  public init(_ text: String) throws(SIPError) {
    let words = text.utf8.split(whereSeparator: isBlank)
    guard words.count == 3, let response = decimal(words[0], limit: 1 << 31 - 1) else {
      throw .badValue("the number of a response, and the CSeq of its request")
    }
    self.response = response
    cSeq = try CSeq(String(Substring(words[1])) + " " + String(Substring(words[2])))
  }

  public var description: String { "\(response) " + cSeq.description }
}

extension Headers {
  /// Nil where absent.
  public var sessionExpires: SessionExpires? {
    get throws(SIPError) { try self[.sessionExpires].map { (text) throws(SIPError) in try SessionExpires(text) } }
  }

  /// The least that a hop takes for `sessionExpires`, in seconds (RFC 4028 §5); nil where absent.
  public var minSE: UInt32? {
    get throws(SIPError) { try self[.minSE].map { (text) throws(SIPError) in try SessionExpires(text).seconds } }
  }

  public var rAck: RAck? {
    get throws(SIPError) { try self[.rAck].map { (text) throws(SIPError) in try RAck(text) } }
  }

  /// The number of a reliable provisional response, from 1 (RFC 3262 §7.1); nil where absent or malformed.
  public var rSeq: UInt32? {
    guard let number = self[.rSeq].flatMap({ decimal($0.utf8, limit: UInt32(Int32.max)) }), number > 0 else {
      return nil
    }
    return number
  }

  /// Whether the sender says that it knows an extension; a malformed list says nothing.
  public func supports(_ tag: String) -> Bool { ((try? supported) ?? []).contains { equalsIgnoringCase($0, tag) } }

  public func requires(_ tag: String) -> Bool { ((try? require) ?? []).contains { equalsIgnoringCase($0, tag) } }

  /// Whether Allow names the method; a message without Allow says nothing.
  public func allows(_ method: Method) -> Bool { ((try? allow) ?? []).contains(method) }
}
