import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// The number that answers by itself and plays back what it hears.
extension Exchange {
  static let echoNumber = "*43"

  func answerEcho(_ call: inout Call) {
    let tag = newTag()
    guard let invite = call.caller.invite, let port = call.callerPort,
      let dialog = try? Dialog(answering: invite.request, from: invite.flow, localTag: tag)
    else {
      return end(&call, refusing: 400, .unusable("its Contact cannot be used"))
    }
    var leg = Leg(
      number: call.caller.number, codecs: call.caller.codecs, port: port, dialog: dialog,
      session: call.caller.session)
    leg.trunk = call.caller.trunk.map { TrunkLeg(name: $0) }
    guard let (body, delayed) = echoAnswer(&leg, call.caller.offer) else {
      return end(&call, refusing: 488, .noCommonCodec)
    }
    name(&call, .caller, tag)
    accept(&call, &leg, invite.transaction, invite.request, body, user: call.callee)
    call.answeredAt = now
    callsAnswered &+= 1
    var talking = Call.Talking(caller: leg)
    talking.delayed = delayed
    joinMedia(&call, talking)
    call.state = .talking(talking)
    log(.info, "call", "answered", call.logFields)
  }

  /// A re-INVITE of a phone that hears its echo.
  func echoReinvited(_ call: inout Call, _ request: Request, _ transaction: TransactionID, _ offer: Call.Offer?) {
    guard case .talking(var talking) = call.state else { return }
    guard let (body, delayed) = echoAnswer(&talking.caller, offer) else {
      return refuse(transaction, request, 488)
    }
    accept(&call, &talking.caller, transaction, request, body, user: call.callee)
    if request.method == .invite { own(&call, .caller, transaction) }
    talking.delayed = delayed
    joinMedia(&call, talking)
    call.state = .talking(talking)
  }

  private func echoAnswer(_ leg: inout Leg, _ offer: Call.Offer?) -> (SessionDescription, Call.DelayedOffer?)? {
    let address = mediaAddress(leg.dialog.flow, port: leg.port)
    guard let offer else {
      let said = Negotiation.ownOffer(leg.codecs)
      return (leg.session.offer(said, at: address), Call.DelayedOffer(answerer: .caller, said: said, offerer: nil))
    }
    guard let said = Negotiation.echoAnswer(to: offer.audio, leg.codecs) else { return nil }
    let before = leg.heard
    leg.said = said
    leg.heard = offer.audio
    return (leg.session.answer(offer.description, said, at: address, after: before), nil)
  }
}
