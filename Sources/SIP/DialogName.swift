import Wire

/// A dialog named in a message outside of it, by Replaces (RFC 3891 §6.1) or Target-Dialog (RFC 4538 §7), seen by the one
/// who receives that message.
public struct DialogName: Hashable, Sendable {
  public var callID: String
  /// The receiver's own tag.
  public var localTag: String
  /// The other end's tag; `0` stands for none, as of a client of RFC 2543 (RFC 3891 §4).
  public var remoteTag: String
  /// Only an early dialog is meant.
  public var isEarlyOnly: Bool

  public init(callID: String, localTag: String, remoteTag: String, isEarlyOnly: Bool = false) {
    self.callID = callID
    self.localTag = localTag
    self.remoteTag = remoteTag
    self.isEarlyOnly = isEarlyOnly
  }

  /// The value of Replaces: its to-tag is the receiver's.
  @export(interface)
  public init(replaces text: String) throws(SIPError) { try self.init(text, local: "to-tag", remote: "from-tag") }

  /// The value of Target-Dialog, whose tags are seen by the sender: its remote tag is the receiver's.
  @export(interface)
  public init(targetDialog text: String) throws(SIPError) {
    try self.init(text, local: "remote-tag", remote: "local-tag")
  }

  private init(_ text: String, local: String, remote: String) throws(SIPError) {
    self = try scan(text) { (scanner) throws(SIPError) in
      let start = scanner.at
      let word = scanner.take(while: isWordByte)
      guard !word.isEmpty else { throw .badValue("the Call-ID of a dialog") }
      if scanner.skip(UInt8(ascii: "@")), scanner.take(while: isWordByte).isEmpty {
        throw .badValue("the Call-ID of a dialog")
      }
      let callID = scanner.text(start..<scanner.at)
      let parameters = try scanner.parameters()
      guard let localTag = parameters[local], let remoteTag = parameters[remote] else {
        throw .badValue(local + " and " + remote)
      }
      return DialogName(
        callID: callID, localTag: localTag, remoteTag: remoteTag, isEarlyOnly: parameters.contains("early-only"))
    }
  }
}

extension Headers {
  /// The dialog that an INVITE is to take the place of (RFC 3891 §3), nil where absent. More than one, or one beside
  /// nothing that it needs, is malformed.
  public var replaces: DialogName? {
    get throws(SIPError) { try dialogName(.replaces, self[.replaces], DialogName.init(replaces:)) }
  }

  /// The dialog that a request outside of it speaks of (RFC 4538 §7), nil where absent.
  public var targetDialog: DialogName? {
    get throws(SIPError) { try dialogName(.other, self[named: "Target-Dialog"], DialogName.init(targetDialog:)) }
  }

  private func dialogName(
    _ name: HeaderName, _ text: String?, _ parse: (String) throws(SIPError) -> DialogName
  ) throws(SIPError) -> DialogName? {
    guard let text else { return nil }
    do throws(SIPError) {
      return try parse(text)
    } catch {
      guard case .badValue(let expected) = error else { throw error }
      throw .badHeader(name, expected)
    }
  }

  /// Where the receiver of a REFER is to turn to (RFC 3515 §2.1).
  public var referTo: NameAddress {
    get throws(SIPError) {
      guard let text = self[.referTo] else { throw .missingHeader(.referTo) }
      do throws(SIPError) {
        return try NameAddress(text)
      } catch {
        throw .badHeader(.referTo, "one address")
      }
    }
  }
}

extension URI {
  /// The value of a header field that a request to this URI is to carry (RFC 3261 §19.1.1), its escapes resolved.
  public func header(_ name: HeaderName) -> String? {
    headers.first { HeaderName(matching: $0.name) == name }?.value.map { unescape($0) }
  }
}
