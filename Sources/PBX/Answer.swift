import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// A phone answers: both dialogs come to be, and the media is joined.
extension Exchange {
  func branchAnswered(
    _ call: inout Call, _ ringing: Call.Ringing, _ index: Int, _ response: Response, from flow: Flow
  ) {
    if case .transfer(let transferee) = call.caller.origin {
      return targetAnswered(&call, ringing, index, response, from: flow, transferee)
    }
    let branch = ringing.branches[index]
    guard ringing.held == nil else { return discard(response, called: branch.contact, from: flow, branch.transaction) }
    guard branch.unacknowledged == nil else {
      var ringing = ringing
      ringing.held = Call.HeldAnswer(index: index, response: response, flow: flow)
      call.state = .ringing(ringing)
      return
    }
    guard let port = call.calleePort, let callerPort = call.callerPort, let invite = call.caller.invite,
      let calleeDialog = branch.confirmed(response, from: flow),
      var callerDialog = try? Dialog(answering: invite.request, from: invite.flow, localTag: branch.callerTag)
    else {
      // Nothing can be said to a phone that names no dialog; its 2xx dies unacknowledged.
      return branchFailed(&call, ringing, index, 502)
    }
    if let number = branch.callerCSeq { _ = callerDialog.accepts(CSeq(number, .update)) }
    var callee = Leg(
      number: call.callee, codecs: branch.codecs, port: port, dialog: calleeDialog, session: branch.session)
    takeTimer(&callee, response)
    var caller = Leg(
      number: call.caller.number, codecs: call.caller.codecs, port: callerPort, dialog: callerDialog,
      session: call.caller.session)
    callee.trunk = call.trunkLeg(branch)
    caller.trunk = call.caller.trunk.map { TrunkLeg(name: $0) }
    var delayed: Call.DelayedOffer?
    let body: SessionDescription?
    do throws(Refused) {
      if let offer = call.caller.offer {
        let heard = try branch.answer(in: response)
        if let agreed = branch.agreed {
          // The answer is known already, and another would be none (RFC 6337 §3.1.1).
          caller.said = agreed.said
          caller.heard = agreed.heard
          body = nil
          let said = Negotiation.relayedAnswer(
            to: agreed.heard, from: caller.codecs, heard, codecs: callee.codecs, events: usesEvents(caller))
          if said?.formats != agreed.said.formats || said?.direction != agreed.said.direction {
            caller.reoffer = Reoffer(direction: heard.direction, isEcho: true)
          }
        } else {
          body = try answerOn(&caller, offer, heard, from: callee.codecs)
        }
        callee.said = branch.said
        callee.heard = heard
      } else if let early = branch.agreed(with: response), let heard = early.heard {
        guard
          let said = Negotiation.relayedOffer(
            heard, from: callee.codecs, to: caller.codecs, events: usesEvents(caller))
        else {
          throw Refused(488)
        }
        callee.said = early.said
        callee.heard = heard
        body = caller.session.offer(said, at: mediaAddress(invite.flow, port: callerPort))
        delayed = Call.DelayedOffer(answerer: .caller, said: said, offerer: nil)
      } else {
        (body, delayed) = try offerOn(
          &call, &caller, .caller, response, from: callee, branch.transaction, branch.inviteCSeq)
      }
    } catch {
      discard(response, called: branch.contact, from: flow, branch.transaction)
      return branchFailed(&call, ringing, index, error.status)
    }
    if delayed?.offerer == nil { acknowledge(callee.dialog, branch.inviteCSeq, branch.transaction) }
    cancelBranches(ringing, except: index, reason: "SIP;cause=200;text=\"Call completed elsewhere\"")
    accept(&call, &caller, invite.transaction, invite.request, body, user: call.callee)
    call.answeredAt = now
    callsAnswered &+= 1
    var talking = Call.Talking(caller: caller, callee: callee)
    talking.delayed = delayed
    joinMedia(&call, talking)
    call.state = .talking(talking)
    log(.info, "call", "answered", call.logFields)
  }

  /// The phone on the other leg answered: what `leg`, whose offer it was, is answered.
  func answerOn(
    _ leg: inout Leg, _ offer: Call.Offer, _ heard: AudioStream, from codecs: [VoiceCodec]
  ) throws(Refused) -> SessionDescription {
    guard
      let said = Negotiation.relayedAnswer(
        to: offer.audio, from: leg.codecs, heard, codecs: codecs, events: usesEvents(leg))
    else {
      throw Refused(488)
    }
    let before = leg.heard
    leg.said = said
    leg.heard = offer.audio
    return leg.session.answer(
      offer.description, said, at: mediaAddress(leg.dialog.flow, port: leg.port), after: before)
  }

  /// The phone on the other leg, asked without an offer, made one in its 2xx: it is offered on to `leg`, whose ACK will
  /// hold the answer. Ours to the phone waits for that.
  func offerOn(
    _ call: inout Call, _ leg: inout Leg, _ side: CallSide, _ response: Response, from offerer: Leg,
    _ client: TransactionID, _ inviteCSeq: UInt32
  ) throws(Refused) -> (SessionDescription, Call.DelayedOffer?) {
    guard
      var offer = try readOffer(
        response.headers, response.body, offerer.session.policy(after: offerer.heard))
    else { throw Refused(488) }
    offer = numbered(offer, by: side.other, offerer.session, in: &call.further)
    let further = call.further.offered(offer.audio, to: side)
    guard
      let said = Negotiation.relayedOffer(
        offer.audio, from: offerer.codecs, to: leg.codecs, events: usesEvents(leg), further: further)
    else { throw Refused(488) }
    let body = leg.session.offer(said, at: mediaAddress(leg.dialog.flow, port: leg.port), after: leg.heard)
    return (
      body,
      Call.DelayedOffer(
        answerer: side, said: said, offerer: Call.Offerer(offer: offer, client: client, inviteCSeq: inviteCSeq))
    )
  }

  /// Answers a phone's INVITE or UPDATE by 200; that to INVITE is sent again until the ACK comes.
  func accept(
    _ call: inout Call, _ leg: inout Leg, _ transaction: TransactionID, _ request: Request,
    _ body: SessionDescription?, user: String
  ) {
    var response = Response(to: request, status: 200, toTag: leg.dialog.localTag)
    addDialogHeaders(&response, request, leg.dialog.flow, user: user)
    if let body {
      response.headers.append(.contentType, MediaType.sdp.description)
      response.body = body.serialised()
    }
    grantTimer(&leg, request, &response)
    if request.method == .invite { leg.unacknowledged = transaction }
    reply(transaction, response)
  }

  /// The ACK of a 2xx came.
  func acknowledged(_ call: inout Call, _ side: CallSide, _ ack: Request) {
    switch call.state {
    case .talking(var talking):
      guard talking[side]?.unacknowledged != nil else { return }
      talking[side]?.unacknowledged = nil
      guard let delayed = talking.delayed, delayed.answerer == side else {
        call.state = .talking(talking)
        return goOn(&call)
      }
      talking.delayed = nil
      do throws(Refused) {
        try delayedAnswer(&call, &talking, delayed, ack)
        call.state = .talking(talking)
        goOn(&call)
      } catch {
        // The dialogs stand, but not the session (RFC 3261 §13.2.2.4): hang up.
        if let offerer = delayed.offerer, let leg = talking[side.other] {
          acknowledge(leg.dialog, offerer.inviteCSeq, offerer.client)
        }
        call.state = .talking(talking)
        hangUp(&call, .badAnswer)
      }
    case .ending(var talking):
      talking[side]?.unacknowledged = nil
      call.state = .ending(talking)
      sendDueByes(&call)
    case .ringing, .over: return
    }
  }

  private func delayedAnswer(
    _ call: inout Call, _ talking: inout Call.Talking, _ delayed: Call.DelayedOffer, _ ack: Request
  ) throws(Refused) {
    guard var answerer = talking[delayed.answerer] else { throw Refused(488) }
    let heard = try readAnswer(ack.headers, ack.body, to: answerer.session, after: answerer.heard)
    answerer.said = delayed.said
    answerer.heard = heard
    if let offerer = delayed.offerer, var leg = talking[delayed.answerer.other] {
      let body = try answerOn(&leg, offerer.offer, heard, from: answerer.codecs)
      acknowledge(leg.dialog, offerer.inviteCSeq, offerer.client, body)
      talking[delayed.answerer.other] = leg
    }
    talking[delayed.answerer] = answerer
    joinMedia(&call, talking)
  }
}
