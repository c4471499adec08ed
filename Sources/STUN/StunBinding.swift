import Wire

extension StunMessage {
  /// The answer to a Binding request without credentials, as phones send them to keep a way open (RFC 5626 §4.4.2) and
  /// to learn how they are seen; nil for all else.
  @export(interface)
  public func bindingAnswer(toSource source: SocketAddress) -> [UInt8]? {
    guard kind == .request, method == StunMessage.binding else { return nil }
    // Credentials that nobody asked for are passed over, as RFC 8489 §9 lets a server without them do.
    let known = [StunAttribute.username, StunAttribute.realm, StunAttribute.nonce]
    let integrity = [StunAttribute.messageIntegrity, StunAttribute.messageIntegritySHA256]
    let ice = [StunAttribute.priority, StunAttribute.useCandidate]
    let unknown = unknown(known + integrity + ice)
    var writer = StunWriter(unknown.isEmpty ? .success : .failure, transaction)
    if unknown.isEmpty {
      writer.append(mapped: source)
    } else {
      // RFC 8489 §6.3.1: which ones those are.
      writer.append(error: 420, "Unknown Attribute")
      writer.append(
        StunAttribute.unknownAttributes, unknown.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] })
    }
    if value(StunAttribute.fingerprint) != nil { writer.appendFingerprint() }
    return writer.bytes
  }
}
