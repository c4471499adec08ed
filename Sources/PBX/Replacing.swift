import CallDoctor
import Configuration
import SDP
import SIP
import Wire

/// One leg takes another's place in a call (RFC 3891): after a transfer, or by an INVITE with Replaces.
extension Exchange {
  /// The leg that Replaces or Target-Dialog names.
  func leg(named name: DialogName) -> CallReference? {
    // A phone that read the dialog's name from where the other phone stands names the tags the other way round.
    if legs[name.localTag] == nil, legs[name.remoteTag] != nil {
      return leg(
        named: DialogName(
          callID: name.callID, localTag: name.remoteTag, remoteTag: name.localTag, isEarlyOnly: name.isEarlyOnly))
    }
    guard let reference = legs[name.localTag], let call = calls[reference.call] else { return nil }
    switch call.state {
    case .talking(let talking), .ending(let talking):
      guard let dialog = talking[reference.side]?.dialog, dialog.localTag == name.localTag,
        dialog.callID == name.callID, (dialog.remoteTag ?? "0") == name.remoteTag
      else { return nil }
    case .ringing(let ringing):
      if reference.side == .callee {
        let isOurs = ringing.branches.contains { branch in
          branch.localTag == name.localTag && branch.failure == nil
            && branch.early.contains { $0.dialog.callID == name.callID && $0.dialog.remoteTag == name.remoteTag }
        }
        return isOurs ? reference : nil
      }
      guard let key = call.caller.invite?.key, key.callID == name.callID,
        (key.fromTag.isEmpty ? "0" : key.fromTag) == name.remoteTag
      else { return nil }
    case .over: return nil
    }
    return reference
  }

  /// Ours of the two tags, whichever way round they are named.
  func ourTag(of name: DialogName) -> String { legs[name.localTag] == nil ? name.remoteTag : name.localTag }

  /// An attended transfer (RFC 5589 §7): the transferor's leg in another call goes too, and those left of both are joined.
  func joinOther(_ call: inout Call, _ replaces: DialogName) {
    guard case .talking(let talking) = call.state, let transfer = talking.transfer,
      let transferor = talking[transfer.by]
    else { return }
    // Only its own other call: whoever has merely seen the tags of a dialog may not take it.
    guard let reference = leg(named: replaces), reference.call != call.number, let other = calls[reference.call],
      other.party(reference.side) == transferor.number
    else { return transferFailed(&call, 481) }
    switch other.state {
    case .ringing: takeRinging(&call, other, replaces)
    case .talking(let talking):
      guard !replaces.isEarlyOnly else { return transferFailed(&call, 486) }
      guard let target = talking[reference.side.other], target.isOpen, target.heard != nil, !talking.isNegotiating,
        talking.transfer == nil
      else { return transferFailed(&call, 491) }
      guard mayJoin(trunk: call.stays?.trunk?.name, target.trunk?.name) else { return transferFailed(&call, 403) }
      guard let ports = takePorts(1) else { return transferFailed(&call, 503) }
      joinTarget(&call, target, of: reference, port: ports[0])
    case .ending, .over: transferFailed(&call, 481)
    }
  }

  /// The target keeps its dialog; its media moves to a port beside the other's.
  private func joinTarget(_ call: inout Call, _ target: Leg, of reference: CallReference, port: UInt16) {
    var leg = target
    leg.port = port
    leg.latched = nil
    leg.reoffer = Reoffer(isVital: true)
    legs[leg.dialog.localTag] = nil
    withCall(reference.call) { (exchange, other) in
      guard case .talking(var talking) = other.state else { return }
      talking[reference.side.other]?.ending = .gone
      other.state = .talking(talking)
      exchange.hangUp(&other, .transferred)
    }
    guard case .talking(var talking) = call.state else { return }
    talking.transfer?.arrived = leg
    call.state = .talking(talking)
    completeTransfer(&call)
  }

  /// The target still rings: from now on for the one that stays.
  private func takeRinging(_ call: inout Call, _ other: Call, _ replaces: DialogName) {
    guard case .talking(var talking) = call.state, let transfer = talking.transfer,
      case .ringing(var ringing) = other.state,
      ringing.held == nil, let stays = talking[transfer.by.other], let invite = other.caller.invite,
      let offer = other.caller.offer,
      Negotiation.relayedOffer(offer.audio, from: other.caller.codecs, to: stays.codecs, events: false) != nil
    else { return transferFailed(&call, 488) }
    guard mayJoin(trunk: stays.trunk?.name, other.outward?.trunk) else { return transferFailed(&call, 403) }
    var other = other
    reply(invite.transaction, Response(to: invite.request, status: 487, toTag: ourTag(of: replaces)))
    callers[invite.key] = nil
    disown(&other, invite.transaction)
    other.caller.origin = .transfer(CallReference(call: call.number, side: transfer.by.other))
    other.caller.number = stays.number
    for index in ringing.branches.indices {
      ringing.branches[index].unacknowledged = nil
      ringing.branches[index].waiting = []
    }
    other.state = .ringing(ringing)
    store(other)
    talking.transfer?.attempt = other.number
    call.state = .talking(talking)
    if ringing.branches.contains(where: { !$0.early.isEmpty }) { targetRings(&call) }
  }

  /// Puts `leg` where the leg of that side was, which is ended, and joins it with the one that stays.
  func replace(_ call: inout Call, _ side: CallSide, by leg: Leg) {
    guard case .talking(var talking) = call.state, let old = talking[side] else { return }
    legs[old.dialog.localTag] = nil
    talking.transfer = nil
    talking[side] = leg
    talking[side]?.forgetFurther()
    talking[side.other]?.forgetFurther()
    talking[side.other]?.reoffer = Reoffer()
    if side == .caller {
      call.caller.number = leg.number
      call.caller.isPrivate = false
      call.callerPort = leg.port
    } else {
      call.callee = leg.number
      call.calleePort = leg.port
    }
    call.state = .talking(talking)
    name(&call, side, leg.dialog.localTag)
    joinMedia(&call, talking)
    log(.info, "call", "transferred", call.logFields)
    dismiss(old, "transferred")
    makeReoffers(&call)
  }

  /// Ends the leg of a target that came in vain; its port was kept for it and never was in media.
  func dismissArrived(_ leg: Leg, _ why: String) {
    takeBack(leg.port)
    dismiss(leg, why)
  }

  /// Ends a leg that belongs to no call any more.
  func dismiss(_ leg: Leg, _ why: String) {
    guard leg.isOpen else { return }
    var leg = leg
    if case .running(let client, _, _) = leg.reoffer?.state { purposes[client] = .ended(leg.dialog) }
    leg.reoffer = nil
    leg.ending = .due
    var rest = Call(
      number: nextCallNumber(), callee: leg.number, startedAt: now, answeredAt: nil,
      caller: Call.Caller(
        number: leg.number, name: "", codecs: leg.codecs, hops: 0, origin: .nobody, offer: nil, session: leg.session),
      callerPort: nil, calleePort: nil, state: .ending(Call.Talking(caller: leg)))
    name(&rest, .caller, leg.dialog.localTag)
    if let waiting = leg.unacknowledged { own(&rest, .caller, waiting) }
    log(.info, "call", "leg ended", rest.logFields + [.init("why", why)])
    sendDueByes(&rest)
    store(rest)
  }
}

extension Call {
  /// The number of the phone at that side.
  func party(_ side: CallSide) -> String { side == .caller ? caller.number : callee }
}
