import STUN
import Wire

/// A datagram on a port where STUN is spoken: every value lies inside it, an answer is well-formed and carries the
/// request's transaction, and a message of its attributes reads back the same.
func stunFault(_ bytes: [UInt8]) -> String? {
  guard let message = StunMessage(bytes) else { return nil }
  for attribute in message.attributes where attribute.value.upperBound > bytes.count {
    return "a value reaches out of the message"
  }
  _ = message.hasIntegrity(key: [1, 2, 3])
  _ = message.error
  let source = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
  if let answer = message.bindingAnswer(toSource: source) {
    guard let read = StunMessage(answer), read.transaction == message.transaction else { return "a broken answer" }
    guard (read.kind == .success) == (read.mappedAddress == source) else { return "an answer without the source" }
  }
  if let fault = checkFault(message, source) { return fault }
  var writer = StunWriter(message.kind, method: message.method, message.transaction)
  for attribute in message.attributes where attribute.type != StunAttribute.fingerprint && attribute.value.count <= 1400
  {
    writer.append(attribute.type, Array(bytes[attribute.value]))
  }
  guard let again = StunMessage(writer.bytes), again.kind == message.kind, again.method == message.method,
    again.mappedAddress == message.mappedAddress
  else { return "the message changes when written" }
  return nil
}

/// As a check of ICE: nobody without the password is believed or sent more than came; whoever has it is told its source.
private func checkFault(_ message: StunMessage, _ source: SocketAddress) -> String? {
  let (fragment, password) = (Array("ours".utf8), Array("a password of 22 octets".utf8))
  func fault(_ message: StunMessage, isSigned: Bool) -> String? {
    switch message.check(from: source, fragment: fragment, password: password) {
    case .passed, .refused(answer: nil): return nil
    case .refused(let answer?):
      guard answer.count <= message.bytes.count, StunMessage(answer)?.kind == .failure else { return "a bad refusal" }
    case .proved(let answer, _, _):
      guard isSigned else { return "a check is believed without the password" }
      guard let read = StunMessage(answer), read.mappedAddress == source, read.hasIntegrity(key: password) else {
        return "a check isn't told its source"
      }
    }
    return nil
  }
  if let found = fault(message, isSigned: false) { return found }
  let seals = [StunAttribute.messageIntegrity, StunAttribute.messageIntegritySHA256, StunAttribute.fingerprint]
  var writer = StunWriter(message.kind, method: message.method, message.transaction)
  writer.append(StunAttribute.username, fragment + [UInt8(ascii: ":")])
  for attribute in message.attributes where !seals.contains(attribute.type) && attribute.value.count <= 1400 {
    writer.append(attribute.type, Array(message.bytes[attribute.value]))
  }
  writer.appendIntegrity(key: password)
  writer.appendFingerprint()
  return StunMessage(writer.bytes).flatMap { fault($0, isSigned: true) }
}
