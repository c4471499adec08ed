import CallDoctor
import Configuration
import SIP
import Wire

/// How calls end: every leg gets its BYE, and nothing of the call is left behind.
extension Exchange {
  /// A phone hung up.
  func byeReceived(_ call: inout Call, _ side: CallSide, _ request: Request) {
    switch call.state {
    case .ringing:
      // Only callers end early dialogs by BYE (RFC 3261 §15); the INVITE of a phone that does waits for its answer.
      if side == .caller { callerGaveUp(&call, reason: request.headers[.reason]) }
    case .talking(var talking):
      talking[side]?.ending = .gone
      talking[side]?.reoffer = nil
      call.state = .talking(talking)
      // A phone that has handed over its partner may leave; the partner waits for the target.
      if talking.transfer?.by == side, adoptReinvite(&call) {
        log(.info, "call", "the transferor left", call.logFields)
        return settleSounds(&call)
      }
      hangUp(&call, .hungUp(side.party), reason: request.headers[.reason])
    case .ending(var talking):
      // Both hung up at once; the answer to our BYE is of no more interest.
      talking[side]?.ending = .gone
      call.state = .ending(talking)
      finish(&call)
    case .over: return
    }
  }

  /// Sends BYE to every leg that is still open. `reason` is a Reason header (RFC 3326) to pass on.
  func hangUp(_ call: inout Call, _ why: CallEnd, reason: String? = nil) {
    if case .ringing = call.state { return end(&call, refusing: 480, why, cancelReason: reason) }
    abandonTransfer(&call)
    guard case .talking(var talking) = call.state else { return }
    for side in [CallSide.caller, .callee] {
      guard let leg = talking[side], case .running(let client, _, _) = leg.reoffer?.state else { continue }
      purposes[client] = .ended(leg.dialog)
      talking[side]?.reoffer = nil
    }
    if let reinvite = talking.reinvite {
      purposes[reinvite.client] = talking[reinvite.from.other].map { .ended($0.dialog) }
      reply(reinvite.server, Response(to: reinvite.request, status: 487))
      talking.reinvite = nil
    }
    if let delayed = talking.delayed, let offerer = delayed.offerer, let leg = talking[delayed.answerer.other] {
      // The 2xx must be acknowledged before a BYE may follow, though there is no answer to give.
      acknowledge(leg.dialog, offerer.inviteCSeq, offerer.client)
      talking.delayed = nil
    }
    for side in [CallSide.caller, .callee] {
      guard let leg = talking[side], case .open = leg.ending else { continue }
      talking[side]?.ending = .due
    }
    closeMedia(&call)
    let lasted = call.answeredAt.map { (now - $0).seconds } ?? 0
    log(.info, "call", "ended", call.logFields + [.init("why", why.text), .init("seconds", String(lasted))])
    conclude(call, why)
    call.state = .ending(talking)
    sendDueByes(&call, reason: reason)
  }

  /// Sends the BYEs that no unacknowledged 2xx holds back.
  func sendDueByes(_ call: inout Call, reason: String? = nil) {
    guard case .ending(var talking) = call.state else { return }
    for side in [CallSide.caller, .callee] {
      guard var leg = talking[side], case .due = leg.ending, leg.unacknowledged == nil else { continue }
      var bye = leg.dialog.request(.bye, contact: nil)
      if let reason { bye.headers.append(.reason, reason) }
      _ = send(bye, to: leg.dialog.nextHop, for: .bye(CallReference(call: call.number, side: side)))
      leg.ending = .sent
      talking[side] = leg
    }
    call.state = .ending(talking)
    finish(&call)
  }

  /// The answer to our BYE came, or never will: either way the leg is gone.
  func byeFinished(_ call: inout Call, _ side: CallSide) {
    guard case .ending(var talking) = call.state else { return }
    talking[side]?.ending = .gone
    call.state = .ending(talking)
    finish(&call)
  }

  private func finish(_ call: inout Call) {
    guard case .ending(let talking) = call.state, case .gone = talking.caller.ending else { return }
    if let callee = talking.callee {
      guard case .gone = callee.ending else { return }
    }
    call.state = .over
  }

  /// The ACK of a 2xx never came: the session is ended by BYE all the same (RFC 3261 §13.3.1.4).
  func acknowledgementMissing(_ call: inout Call, _ side: CallSide) {
    switch call.state {
    case .talking(var talking):
      talking[side]?.unacknowledged = nil
      call.state = .talking(talking)
      hangUp(&call, .unacknowledged(side.party))
    case .ending(var talking):
      talking[side]?.unacknowledged = nil
      call.state = .ending(talking)
      sendDueByes(&call)
    case .ringing, .over: return
    }
  }

  /// A 2xx that nobody waits for: the phone is told that the call is over (RFC 3261 §13.2.2.4).
  func discard(_ response: Response, called uri: URI, from flow: Flow, _ transaction: TransactionID) {
    guard var dialog = try? Dialog(answeredBy: response, called: uri, from: flow),
      let cSeq = try? response.headers.cSeq.number
    else { return }
    acknowledge(dialog, cSeq, transaction)
    _ = send(dialog.request(.bye, contact: nil), to: dialog.nextHop, for: nil)
  }
}
