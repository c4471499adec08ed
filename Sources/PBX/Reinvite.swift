import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// A phone changes the session: hold, resume, another address, other codecs. What it offers goes to the other phone,
/// and that one's word comes back.
extension Exchange {
  func reinvited(_ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID) {
    guard case .talking(var talking) = call.state, var leg = talking[side] else {
      // Before the first is answered none may follow (RFC 3261 §14.2).
      if case .ringing = call.state { return refuse(transaction, request, 500, retryAfter: 1) }
      return refuse(transaction, request, 481)
    }
    // One INVITE at a time, whoever sent it (RFC 3261 §14.2). A second one of the same phone is its mistake; one that
    // crosses with the other phone's is glare, and both try again after a while of their own (§14.1).
    if let running = talking.reinvite {
      return running.from == side
        ? refuse(transaction, request, 500, retryAfter: 1) : refuse(transaction, request, 491)
    }
    if talking.isNegotiating || talking[side.other]?.isOpen == false {
      return refuse(transaction, request, 491)
    }
    if let refusal = tooBrief(request) { return reply(transaction, refusal) }
    let offer: Call.Offer?
    do throws(Refused) {
      offer = try readOffer(request.headers, request.body, leg.session.policy(after: leg.heard))
    } catch {
      return refuse(transaction, request, error)
    }
    leg.dialog.refresh(request.headers)
    talking[side] = leg
    call.state = .talking(talking)
    guard talking.callee != nil else { return echoReinvited(&call, request, transaction, offer) }
    relayReinvite(&call, talking, side, request, transaction, offer)
  }

  private func relayReinvite(
    _ call: inout Call, _ talking: Call.Talking, _ side: CallSide, _ request: Request, _ transaction: TransactionID,
    _ offer: Call.Offer?
  ) {
    var talking = talking
    guard let leg = talking[side], var other = talking[side.other] else { return }
    var said: AudioStream?
    var body: [UInt8] = []
    let offer = offer.map { numbered($0, by: side, leg.session, in: &call.further) }
    if let offer {
      let further = call.further.offered(offer.audio, to: side.other)
      guard
        let relayed = Negotiation.relayedOffer(
          offer.audio, from: leg.codecs, to: other.codecs, events: usesEvents(other), further: further)
      else {
        settleFurther(&call, talking)
        return refuse(transaction, request, 488)
      }
      var offered = withMusic(relayed)
      offered.muxesControl = other.muxesControl
      said = offered
      let address = mediaAddress(other.dialog.flow, port: other.port)
      body = other.session.offer(offered, at: address, after: other.heard).serialised()
    }
    // An UPDATE has to be answered at once; where the other phone doesn't know it, its user may be asked by re-INVITE.
    let isUpdate = request.method == .update && other.allowsUpdate
    var invite = other.dialog.request(
      isUpdate ? .update : .invite, contact: contactHeader(other.dialog.flow, user: leg.number))
    addCapabilities(&invite.headers)
    addTimer(&invite.headers, other)
    if !body.isEmpty { invite.headers.append(.contentType, MediaType.sdp.description) }
    invite.body = body
    let client = send(invite, to: other.dialog.nextHop, for: .reinvite(call: call.number))
    if request.method == .invite { own(&call, side, transaction) }
    talking[side.other] = other
    talking.reinvite = Call.Reinvite(
      from: side, server: transaction, request: request, client: client,
      inviteCSeq: other.dialog.localCSeq, isUpdate: isUpdate, offer: offer, said: said)
    call.state = .talking(talking)
  }

  func reinviteResponded(_ call: inout Call, _ response: Response) {
    guard case .talking(var talking) = call.state, let reinvite = talking.reinvite else { return }
    guard response.isFinal else {
      if var other = talking[reinvite.from.other] {
        noteProvisional(&other, response)
        talking[reinvite.from.other] = other
        call.state = .talking(talking)
      }
      return
    }
    talking.reinvite = nil
    call.state = .talking(talking)
    guard response.isSuccess else {
      return reinviteFailed(&call, reinvite, response.status, response)
    }
    guard var leg = talking[reinvite.from], var other = talking[reinvite.from.other] else { return }
    other.dialog.refresh(response.headers)
    takeTimer(&other, response)
    do throws(Refused) {
      let body: SessionDescription
      if let offer = reinvite.offer {
        let heard = try readAnswer(response.headers, response.body, to: other.session, after: other.heard)
        body = try answerOn(&leg, offer, heard, from: other.codecs)
        other.said = reinvite.said
        other.heard = heard
        if !reinvite.isUpdate { acknowledge(other.dialog, reinvite.inviteCSeq, reinvite.client) }
      } else {
        (body, talking.delayed) = try offerOn(
          &call, &leg, reinvite.from, response, from: other, reinvite.client, reinvite.inviteCSeq)
      }
      accept(&call, &leg, reinvite.server, reinvite.request, body, user: other.number)
      talking[reinvite.from] = leg
      talking[reinvite.from.other] = other
      joinMedia(&call, talking)
      call.state = .talking(talking)
      log(.info, "call", talking.isHeld ? "held" : "changed", call.logFields)
      goOn(&call)
    } catch {
      // The other phone has changed its session by now, so there is no going back to the old one.
      if !reinvite.isUpdate { acknowledge(other.dialog, reinvite.inviteCSeq, reinvite.client) }
      refuse(reinvite.server, reinvite.request, error)
      hangUp(&call, .badAnswer)
    }
  }

  /// The session stays as it was, unless the other phone has lost the dialog (RFC 3261 §12.2.1.2, §14.1).
  func reinviteFailed(_ call: inout Call, _ reinvite: Call.Reinvite, _ status: Int, _ original: Response?) {
    if case .talking(let talking) = call.state { settleFurther(&call, talking) }
    var status = status
    switch status {
    case 300..<400, 401, 407: status = 488
    case 503: status = 500
    case 422:
      // How often the other phone wants to be refreshed is not this one's concern: it may try again at once.
      status = 500
      if case .talking(var talking) = call.state {
        talking[reinvite.from.other]?.lengthenTimer(original, now)
        call.state = .talking(talking)
      }
    default: break
    }
    var response = Response(to: reinvite.request, status: status)
    if let original {
      for name in [HeaderName.retryAfter, .warning] { response.headers.copy(name, from: original.headers) }
    }
    reply(reinvite.server, response)
    // Whether the phone acknowledges the refusal or not, the call goes on.
    disown(&call, reinvite.server)
    if status == 481 || status == 408 { return hangUp(&call, .lost) }
    goOn(&call)
  }

  /// CANCEL of a re-INVITE: the other phone decides whether it came in time, and its word is passed on.
  func reinviteCancelled(_ call: inout Call, _ transaction: TransactionID) {
    guard case .talking(let talking) = call.state, let reinvite = talking.reinvite, reinvite.server == transaction
    else { return }
    cancel(reinvite.client, reason: nil)
  }
}

extension Call.Talking {
  /// Whether one of the phones keeps the other waiting.
  var isHeld: Bool { caller.isHeld || callee?.isHeld ?? false }
}
