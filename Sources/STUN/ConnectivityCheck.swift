import Wire

/// What a lite agent of ICE makes of a STUN message on a port of its own (RFC 8445 §7.3): it is controlled by the other
/// side, sends no checks itself, and remembers nothing of those that it answers.
public enum ConnectivityCheck: Hashable, Sendable {
  /// Nothing is to be said to it: an indication, an answer, another protocol.
  case passed
  /// The sender has not proved that it knows the password, or asks for what can't be. The answer is never longer than
  /// what it answers; nil where even the shortest would be.
  case refused(answer: [UInt8]?)
  /// The sender is who was told the password. `priority` is that of its candidate, and says which of several nominated
  /// ones counts.
  case proved(answer: [UInt8], nominates: Bool, priority: UInt32)
}

extension StunMessage {
  /// Judges a message from `source`, sent to an agent that was to be called `fragment` (`ice-ufrag`) and `password`
  /// (`ice-pwd`, as UTF-8).
  @export(interface)
  public func check(from source: SocketAddress, fragment: [UInt8], password: [UInt8]) -> ConnectivityCheck {
    // Without a FINGERPRINT it is none of ICE's (RFC 8445 §7.1.4, RFC 8489 §7).
    guard kind == .request, method == StunMessage.binding, value(StunAttribute.fingerprint) != nil else {
      return .passed
    }
    // RFC 8489 §9.1.3, in that order.
    guard let name = value(StunAttribute.username), value(StunAttribute.messageIntegrity) != nil else {
      return refuse(400, "Bad Request")
    }
    guard name.starts(with: fragment), name.dropFirst(fragment.count).first == UInt8(ascii: ":"),
      hasIntegrity(key: password)
    else { return refuse(401, "Unauthenticated") }
    let unknown = unknown([
      StunAttribute.username, StunAttribute.messageIntegrity, StunAttribute.messageIntegritySHA256,
      StunAttribute.priority, StunAttribute.useCandidate,
    ])
    if !unknown.isEmpty {
      return refuse(420, "Unknown Attribute", key: password) { writer in
        writer.append(StunAttribute.unknownAttributes, unknown.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] })
      }
    }
    // Both would be controlled: a lite agent stays so, and its partner changes its role (RFC 8445 §7.3.1.1).
    guard value(StunAttribute.iceControlled) == nil else { return refuse(487, "Role Conflict", key: password) }
    var writer = StunWriter(.success, transaction)
    writer.append(mapped: source)
    writer.appendIntegrity(key: password)
    writer.appendFingerprint()
    return .proved(
      answer: writer.bytes, nominates: value(StunAttribute.useCandidate) != nil,
      priority: number(StunAttribute.priority).flatMap { UInt32(exactly: $0) } ?? 0)
  }

  /// An error response: with the integrity of a key where the request had that too (RFC 8489 §9.1.3), and with the
  /// words for it where they find room.
  private func refuse(
    _ code: Int, _ reason: String, key: [UInt8]? = nil, _ more: (inout StunWriter) -> Void = { _ in }
  ) -> ConnectivityCheck {
    for text in [reason, ""] {
      var writer = StunWriter(.failure, transaction)
      writer.append(error: code, text)
      more(&writer)
      if let key { writer.appendIntegrity(key: key) }
      writer.appendFingerprint()
      if writer.bytes.count <= bytes.count { return .refused(answer: writer.bytes) }
    }
    return .refused(answer: nil)
  }
}
