import SIP

/// Requests within a dialog (RFC 3261 §12.2.2).
extension Exchange {
  /// The leg that a request names by our tag, if Call-ID and the phone's tag fit too.
  func reference(of request: Request, ourTag: String) -> CallReference? {
    guard let reference = legs[ourTag], let call = calls[reference.call], let callID = try? request.headers.callID,
      let from = try? request.headers.from
    else { return nil }
    switch call.state {
    case .ringing(let ringing):
      if reference.side == .callee {
        return ringing.branches.contains { $0.localTag == ourTag && $0.fork(request) != nil } ? reference : nil
      }
      guard let key = call.caller.invite?.key, key.callID == callID,
        key.fromTag == from.tag ?? ""
      else { return nil }
    case .talking(let talking), .ending(let talking):
      guard let dialog = talking[reference.side]?.dialog, dialog.localTag == ourTag, dialog.callID == callID,
        dialog.remoteTag == from.tag
      else { return nil }
    case .over: return nil
    }
    return reference
  }

  func receiveInDialog(_ request: Request, _ reference: CallReference, from flow: Flow, _ transaction: TransactionID) {
    withCall(reference.call) { (exchange, call) in
      guard exchange.inOrder(&call, reference.side, request, flow) else {
        // §12.2.2: an older request than the last.
        return exchange.refuse(transaction, request, 500)
      }
      // The body of an INFO is the other phone's concern, and a BYE is not refused for one.
      let capabilities = Exchange.capabilities
      let refusal =
        request.method == .invite || request.method == .update
        ? capabilities.refusal(request) : capabilities.extensionRefusal(request)
      if let refusal { return exchange.refuse(transaction, request, refusal) }
      switch request.method {
      case .bye:
        exchange.reply(transaction, Response(to: request, status: 200))
        exchange.byeReceived(&call, reference.side, request)
      case .invite: exchange.reinvited(&call, reference.side, request, transaction)
      case .prack: exchange.pracked(&call, request, transaction)
      case .update: exchange.updated(&call, reference.side, request, transaction)
      case .subscribe: exchange.resubscribeTransfer(&call, reference.side, request, transaction)
      case .info, .message: exchange.passInfo(&call, reference.side, request, transaction)
      case .refer: exchange.refer(&call, reference.side, request, transaction)
      case .options: exchange.answerOptions(request, transaction)
      default: exchange.refuse(transaction, request, 405)
      }
    }
  }

  /// Notes number and flow of a request; false where it is out of order.
  private func inOrder(_ call: inout Call, _ side: CallSide, _ request: Request, _ flow: Flow) -> Bool {
    guard let cSeq = try? request.headers.cSeq else { return false }
    switch call.state {
    case .ringing(var ringing):
      guard ringing.accepts(side, request, cSeq, after: call.caller.invite?.key.cSeq) else { return false }
      call.state = .ringing(ringing)
    case .talking(var talking):
      guard talking[side]?.dialog.accepts(cSeq) == true else { return false }
      let before = talking[side]?.dialog
      talking[side]?.dialog.heard(request, by: flow)
      call.state = .talking(talking)
      if let before, before.isLost { layer.move(before.nextHop, to: flow, now: now) }
    case .ending(var talking):
      guard talking[side]?.dialog.accepts(cSeq) == true else { return false }
      call.state = .ending(talking)
    case .over: return false
    }
    return true
  }

  /// INFO and MESSAGE go to the other phone with their body (RFC 6086 §4.2.2, RFC 3428 §4), and the answer comes back.
  private func passInfo(_ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID) {
    guard case .talking(var talking) = call.state else { return refuse(transaction, request, 481) }
    guard var other = talking[side.other], !request.namesCandidates, !converted(call, talking, side, request) else {
      return reply(transaction, Response(to: request, status: 200))
    }
    var info = other.dialog.request(request.method, contact: nil)
    for field in request.headers.fields {
      switch field.name {
      case .contentType, .contentDisposition, .contentEncoding: info.headers.fields.append(field)
      case .other where field.spelling == "Info-Package": info.headers.fields.append(field)
      default: break
      }
    }
    info.body = request.body
    talking[side.other] = other
    call.state = .talking(talking)
    _ = send(info, to: other.dialog.nextHop, for: .info(transaction, request))
  }

  func infoResponded(_ transaction: TransactionID, _ request: Request, _ original: Response) {
    guard original.isFinal else { return }
    // A challenge of the other phone's is none of this one's business.
    let status = original.isChallenge ? 502 : original.status
    var response = Response(to: request, status: status)
    response.headers.copy(.contentType, from: original.headers)
    response.body = original.body
    reply(transaction, response)
  }
}

extension Call.Ringing {
  /// Whether a request in an early dialog is newer than all before it; it then counts as the last.
  fileprivate mutating func accepts(
    _ side: CallSide, _ request: Request, _ cSeq: CSeq, after invite: UInt32?
  ) -> Bool {
    guard let tag = (try? request.headers.to)?.tag else { return false }
    if side == .caller {
      guard let last = invite else { return false }
      // A BYE may come in a dialog that has no branch any more.
      guard let index = branches.firstIndex(where: { $0.callerTag == tag }) else { return cSeq.number > last }
      guard cSeq.number > branches[index].callerCSeq ?? last else { return false }
      branches[index].callerCSeq = cSeq.number
      return true
    }
    guard let index = branches.firstIndex(where: { $0.localTag == tag }), let fork = branches[index].fork(request)
    else { return false }
    return branches[index].early[fork].dialog.accepts(cSeq)
  }
}
