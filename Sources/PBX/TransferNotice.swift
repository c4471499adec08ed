import SIP
import Wire

/// The subscription that a REFER made (RFC 3515 §2.4.4).
extension Exchange {
  /// Tells the transferor how far its transfer has come; a final status is the last word.
  func tellTransferor(_ call: inout Call, _ status: Int, _ reason: String? = nil, isLast: Bool = false) {
    guard case .talking(var talking) = call.state, let transfer = talking.transfer,
      let subscriber = transfer.subscriber, let leg = talking[transfer.by]
    else { return }
    var dialog = subscriber.dialog ?? leg.dialog
    var request = dialog.request(.notify, contact: contactHeader(dialog.flow, user: leg.number))
    request.headers.append(.event, subscriber.event)
    let state =
      isLast
      ? "terminated;reason=timeout"
      : status >= 200 ? "terminated;reason=noresource" : "active;expires=\(max(0, (subscriber.until - now).seconds))"
    request.headers.append(.subscriptionState, state)
    request.headers.append(.contentType, "message/sipfrag;version=2.0")
    request.body = Array("SIP/2.0 \(status) \(reason ?? Response(status: status).reason)\r\n".utf8)
    _ = send(request, to: dialog.nextHop, for: .transferNotice(CallReference(call: call.number, side: transfer.by)))
    if subscriber.dialog == nil {
      talking[transfer.by]?.dialog = dialog
    } else {
      talking.transfer?.subscriber?.dialog = dialog
    }
    if status >= 200 { talking.transfer?.subscriber = nil }
    call.state = .talking(talking)
  }

  /// A phone that knows nothing of the transfer wants no more of it (RFC 6665 §4.2.2).
  func transferNoticeFailed(_ call: inout Call, _ side: CallSide) {
    guard case .talking(var talking) = call.state, talking.transfer?.by == side else { return }
    talking.transfer?.subscriber = nil
    call.state = .talking(talking)
  }

  /// SUBSCRIBE in a call: of its transfer, which it may let go on being told of or not (RFC 3515 §2.4.4). The call is told
  /// no longer than it lasts anyway.
  func resubscribeTransfer(
    _ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID
  ) {
    guard case .talking(var talking) = call.state, let transfer = talking.transfer, transfer.by == side,
      let subscriber = transfer.subscriber, request.headers[.event]?.hasPrefix("refer") == true
    else { return refuse(transaction, request, 481) }
    let asked = (try? request.headers.expires) ?? nil
    let seconds = min(Int64(asked ?? 60), max(0, (subscriber.until - now).seconds))
    var response = Response(to: request, status: 200)
    response.headers.append(.expires, String(seconds))
    reply(transaction, response)
    tellTransferor(&call, 100, isLast: seconds == 0)
    guard seconds == 0, case .talking(let changed) = call.state else { return }
    talking = changed
    talking.transfer?.subscriber = nil
    call.state = .talking(talking)
  }
}
