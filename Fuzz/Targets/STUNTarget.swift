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
