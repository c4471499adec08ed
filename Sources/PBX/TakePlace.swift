import Configuration
import SDP
import SIP
import Wire

/// A phone's INVITE with Replaces (RFC 3891 §3).
extension Exchange {
  /// An INVITE that is to take the place of a dialog (RFC 3891 §3), of a sender that has proved to be `caller`.
  func takePlace(
    _ request: Request, _ replaces: DialogName, by caller: Extension, from flow: Flow, _ transaction: TransactionID
  ) {
    guard let reference = leg(named: replaces), let call = calls[reference.call] else {
      return refuse(transaction, request, 481)
    }
    switch call.state {
    case .ringing(let ringing):
      // An early dialog that the exchange didn't begin is none to take; of one with a phone, it takes the phone's call.
      guard reference.side == .callee, ringing.held == nil else { return refuse(transaction, request, 481) }
      withCall(reference.call) { (exchange, call) in
        exchange.pickUp(&call, replaces, request, by: caller, from: flow, transaction)
      }
    case .over: return refuse(transaction, request, 481)
    case .ending: return refuse(transaction, request, 603)
    case .talking(let talking):
      guard !replaces.isEarlyOnly else { return refuse(transaction, request, 486) }
      guard let stays = talking[reference.side.other], stays.isOpen, stays.heard != nil else {
        return refuse(transaction, request, 488)
      }
      guard !talking.isNegotiating, talking.transfer == nil else { return refuse(transaction, request, 491) }
      withCall(reference.call) { (exchange, call) in
        exchange.takePlace(&call, reference.side, stays, request, by: caller, from: flow, transaction)
      }
    }
  }

  private func takePlace(
    _ call: inout Call, _ side: CallSide, _ stays: Leg, _ request: Request, by caller: Extension, from flow: Flow,
    _ transaction: TransactionID
  ) {
    guard let dialog = try? Dialog(answering: request, from: flow, localTag: newTag()), var heard = stays.heard else {
      return refuse(transaction, request, 400)
    }
    guard let ports = takePorts(1) else { return refuse(transaction, request, 503, retryAfter: 5) }
    var leg = Leg(
      number: caller.number, codecs: caller.codecs, port: ports[0], dialog: dialog,
      session: newSession(for: caller.number, by: flow))
    let address = mediaAddress(flow, port: leg.port)
    heard.direction = .sendrecv
    do throws(Refused) {
      let body: SessionDescription
      var delayed: Call.DelayedOffer?
      if let offer = try readOffer(request.headers, request.body, leg.session.security.policy) {
        body = try answerOn(&leg, offer, heard, from: stays.codecs)
      } else {
        guard
          let said = Negotiation.relayedOffer(heard, from: stays.codecs, to: leg.codecs, events: usesEvents(leg))
        else { throw Refused(488) }
        body = leg.session.offer(said, at: address)
        delayed = Call.DelayedOffer(answerer: side, said: said, offerer: nil)
      }
      accept(&call, &leg, transaction, request, body, user: stays.number)
      own(&call, side, transaction)
      guard case .talking(var talking) = call.state else { return }
      talking.delayed = delayed
      call.state = .talking(talking)
      replace(&call, side, by: leg)
    } catch {
      takeBack(ports[0])
      refuse(transaction, request, error)
    }
  }
}
