import SIP
import STUN

extension Exchange {
  /// Phones keep the way through a translator open by STUN on the SIP port (RFC 5626 §4.4.2).
  func keepAlive(_ bytes: [UInt8], from flow: Flow) {
    guard let answer = StunMessage(bytes)?.bindingAnswer(toSource: flow.remote), maySend(answer.count, to: flow) else {
      return
    }
    emit(.transmit(answer, flow))
  }
}
