import Configuration
import SDP
import SIP
import Wire

/// A phone takes a call that rings another, by INVITE with Replaces of the early dialog (RFC 3891 §3): both are callers,
/// and each is answered with what the other offers.
extension Exchange {
  func pickUp(
    _ call: inout Call, _ replaces: DialogName, _ request: Request, by caller: Extension, from flow: Flow,
    _ transaction: TransactionID
  ) {
    guard case .ringing(let ringing) = call.state, let invite = call.caller.invite, let waiting = call.caller.offer,
      let callerPort = call.callerPort, let port = call.calleePort,
      let branch = ringing.branches.first(where: { $0.localTag == ourTag(of: replaces) })
    else { return refuse(transaction, request, 488) }
    guard let dialog = try? Dialog(answering: request, from: flow, localTag: newTag()),
      var callerDialog = try? Dialog(answering: invite.request, from: invite.flow, localTag: branch.callerTag)
    else { return refuse(transaction, request, 400) }
    if let number = branch.callerCSeq { _ = callerDialog.accepts(CSeq(number, .update)) }
    var callee = Leg(
      number: caller.number, codecs: caller.codecs, port: port, dialog: dialog,
      session: newSession(for: caller.number, by: flow))
    var first = Leg(
      number: call.caller.number, codecs: call.caller.codecs, port: callerPort, dialog: callerDialog,
      session: call.caller.session)
    do throws(Refused) {
      guard let offer = try readOffer(request.headers, request.body, callee.session.security.policy) else {
        throw Refused(488)
      }
      let answer = try answerOn(&callee, offer, branch.agreed?.heard ?? waiting.audio, from: first.codecs)
      var callersAnswer: SessionDescription?
      if let agreed = branch.agreed {
        first.said = agreed.said
        first.heard = agreed.heard
        first.reoffer = Reoffer()
      } else {
        callersAnswer = try answerOn(&first, waiting, offer.audio, from: callee.codecs)
      }
      cancelBranches(ringing, except: nil, reason: "SIP;cause=200;text=\"Call completed elsewhere\"")
      accept(&call, &callee, transaction, request, answer, user: first.number)
      accept(&call, &first, invite.transaction, invite.request, callersAnswer, user: call.callee)
    } catch {
      return refuse(transaction, request, error)
    }
    call.callee = caller.number
    own(&call, .callee, transaction)
    name(&call, .callee, dialog.localTag)
    name(&call, .caller, callerDialog.localTag)
    call.answeredAt = now
    callsAnswered &+= 1
    let talking = Call.Talking(caller: first, callee: callee)
    joinMedia(&call, talking)
    call.state = .talking(talking)
    log(.info, "call", "picked up", call.logFields)
  }
}
