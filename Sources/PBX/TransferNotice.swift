import SIP
import Wire

/// The subscription that a REFER made (RFC 3515 §2.4.4).
extension Exchange {
  /// Tells the transferor how far its transfer has come; a final status is the last word.
  func tellTransferor(_ call: inout Call, _ status: Int, _ reason: String? = nil) {
    guard case .talking(var talking) = call.state, let transfer = talking.transfer,
      let subscriber = transfer.subscriber, let leg = talking[transfer.by]
    else { return }
    var dialog = subscriber.dialog ?? leg.dialog
    var request = dialog.request(.notify, contact: contactHeader(dialog.flow, user: leg.number))
    request.headers.append(.event, subscriber.event)
    let state =
      status >= 200 ? "terminated;reason=noresource" : "active;expires=\(max(0, (subscriber.until - now).seconds))"
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
}
