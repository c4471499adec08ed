import SIP
import STUN

extension Exchange {
  /// Phones keep the way through a translator open by STUN on the SIP port (RFC 5626 §4.4.2). Who isn't registered gets
  /// no more octets than were sent, so that nobody is shot at by way of us.
  func keepAlive(_ bytes: [UInt8], from flow: Flow) {
    guard let answer = StunMessage(bytes)?.bindingAnswer(toSource: flow.remote),
      answer.count <= bytes.count || registrar.knows(flow.remote)
    else { return }
    emit(.transmit(answer, flow))
  }
}
