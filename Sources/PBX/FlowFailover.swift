import Configuration
import SIP

/// A phone that is registered by several ways (RFC 5626) is called by the next one where the first leads nowhere.
extension Exchange {
  /// Whether the way failed, and not the phone: nothing came at all, or a proxy says so by 430 (§11.6).
  func isFlowFailure(_ status: Int, _ response: Response?) -> Bool {
    response == nil ? status == 408 : status == 430
  }

  /// False where there is no other way to the phone of this branch.
  func triedNextFlow(_ call: inout Call, _ ringing: Call.Ringing, _ index: Int) -> Bool {
    guard let instance = ringing.branches[index].instance, let number = ringing.numbers.last else { return false }
    let tried = ringing.branches.filter { $0.instance == instance }.map { $0.flow }
    guard let next = registrar.alternative(of: number, instance: instance, tried: tried, now: now) else { return false }
    log(.info, "call", "called by the phone's other way", call.logFields + [.init("source", next.flow.text)])
    ring(&call, [next])
    return true
  }
}
