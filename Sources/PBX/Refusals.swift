import Configuration
import SIP

/// How requests are turned down: with what their senders need to do better.
extension Exchange {
  func refuse(_ transaction: TransactionID, _ request: Request, _ status: Int, retryAfter: Int? = nil) {
    reply(transaction, refusal(of: request, status, retryAfter: retryAfter))
  }

  func refusal(of request: Request, _ status: Int, retryAfter: Int? = nil) -> Response {
    var response = Response(to: request, status: status, toTag: newTag())
    if status == 405 { response.headers.append(.allow, Exchange.allow) }
    if let retryAfter { response.headers.append(.retryAfter, String(retryAfter)) }
    return response
  }

  func refuse(_ transaction: TransactionID, _ request: Request, _ refused: Refused) {
    var response = Response(to: request, status: refused.status, toTag: newTag())
    if let warning = refused.warning { warn(&response, warning.code, warning.text) }
    reply(transaction, response)
  }

  /// A call to the outside that is not to be.
  func refuseOutward(_ transaction: TransactionID, _ request: Request, _ refusal: OutwardRefusal, _ caller: Party) {
    if refusal != .unknown { log(.notice, "toll", refusal.description, [.init("caller", caller.number)]) }
    refuse(transaction, request, refusal.refused)
  }

  func refuse(_ transaction: TransactionID, _ request: Request, _ error: SIPError) {
    reply(transaction, refusal(of: request, error))
  }

  func refusal(of request: Request, _ error: SIPError) -> Response {
    var response =
      Response(to: request, refusing: error, toTag: newTag(), allow: Exchange.methods) ?? refusal(of: request, 400)
    if error == .notAcceptable { warn(&response, 399, error.description) }
    return response
  }

  private func warn(_ response: inout Response, _ code: Int, _ text: String) {
    response.headers.append(.warning, "\(code) \(configuration.domain) " + quote(text))
  }

  /// Refuses a request whose sender may be anyone.
  func deny(_ request: Request, _ transaction: TransactionID, _ status: Int, retryAfter: Int? = nil) {
    respondToAnyone(refusal(of: request, status, retryAfter: retryAfter), transaction)
  }

  func deny(_ request: Request, _ transaction: TransactionID, _ error: SIPError) {
    respondToAnyone(refusal(of: request, error), transaction)
  }
}
