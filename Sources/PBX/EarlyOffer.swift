import Media
import SDP
import SIP
import Wire

/// Offers while it rings, in UPDATE (RFC 3311 §5.2) or PRACK (RFC 3262 §5).
extension Exchange {
  /// Answers PRACK or UPDATE of the caller in the early dialog of a branch. An offer in it is answered here, with what
  /// the phone has agreed to already: it isn't asked again before it has answered.
  func answerEarly(_ call: inout Call, _ index: Int, _ request: Request, _ transaction: TransactionID) {
    guard case .ringing(var ringing) = call.state, let invite = call.caller.invite, let port = call.callerPort else {
      return
    }
    var response = Response(to: request, status: 200)
    response.headers.append(.contact, contactHeader(invite.flow, user: call.callee))
    do throws(Refused) {
      if let offer = try readOffer(request.headers, request.body, call.caller.session.security.policy) {
        let branch = ringing.branches[index]
        guard branch.agreed != nil, let heard = branch.early.compactMap({ $0.heard }).last ?? branch.heardEarly else {
          // RFC 3311 §5.2: the caller's first offer has no answer yet.
          return refuse(transaction, request, 500, retryAfter: 2)
        }
        guard
          let said = Negotiation.relayedAnswer(
            to: offer.audio, from: call.caller.codecs, heard, codecs: branch.codecs,
            events: usesEvents(call.caller.number, trunk: call.caller.trunk))
        else { throw Refused(488) }
        let before = branch.agreed?.heard ?? call.caller.offer?.audio
        ringing.branches[index].agreed = Call.EarlyAgreement(said: said, heard: offer.audio)
        response.headers.append(.contentType, MediaType.sdp.description)
        response.body =
          call.caller.session.answer(
            offer.description, said, at: mediaAddress(invite.flow, port: port), after: before
          ).serialised()
        if ringing.early == index {
          let caller = call.caller.session
          setMedia(
            &call, .caller,
            Negotiation.leg(port: port, said: said, heard: offer.audio, in: caller, by: invite.flow))
        }
        call.state = .ringing(ringing)
      }
    } catch {
      return refuse(transaction, request, error)
    }
    reply(transaction, response)
  }

  /// UPDATE while it rings (RFC 3311 §5.2), of either side.
  func updatedEarly(_ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID) {
    guard case .ringing(var ringing) = call.state, let tag = (try? request.headers.to)?.tag else {
      return refuse(transaction, request, 481)
    }
    if side == .caller {
      guard let index = ringing.branches.firstIndex(where: { $0.callerTag == tag }) else {
        return refuse(transaction, request, 481)
      }
      return answerEarly(&call, index, request, transaction)
    }
    guard let index = ringing.branches.firstIndex(where: { $0.localTag == tag }), let port = call.calleePort,
      let fork = ringing.branches[index].fork(request)
    else { return refuse(transaction, request, 481) }
    var branch = ringing.branches[index]
    branch.early[fork].dialog.refresh(request.headers)
    var response = Response(to: request, status: 200)
    response.headers.append(.contact, contactHeader(branch.flow, user: call.caller.number))
    do throws(Refused) {
      if let offer = try readOffer(request.headers, request.body, branch.session.security.policy) {
        guard branch.early[fork].heard != nil, let callers = branch.agreed?.heard ?? call.caller.offer?.audio else {
          // Our own offer to the phone has no answer yet.
          return refuse(transaction, request, 491)
        }
        guard
          let said = Negotiation.relayedAnswer(
            to: offer.audio, from: branch.codecs, callers, codecs: call.caller.codecs,
            events: usesEvents(call.callee, trunk: branch.trunk))
        else { throw Refused(488) }
        let before = branch.early[fork].heard
        branch.early[fork].heard = offer.audio
        branch.said = said
        response.headers.append(.contentType, MediaType.sdp.description)
        response.body =
          branch.session.answer(
            offer.description, said, at: mediaAddress(branch.flow, port: port), after: before
          ).serialised()
        if ringing.early == index {
          setMedia(
            &call, .callee,
            Negotiation.leg(port: port, said: said, heard: offer.audio, in: branch.session, by: branch.flow))
        }
      }
    } catch {
      return refuse(transaction, request, error)
    }
    ringing.branches[index] = branch
    call.state = .ringing(ringing)
    reply(transaction, response)
  }
}

extension Call.Branch {
  /// The early dialog of the phone that a request comes from.
  func fork(_ request: Request) -> Int? {
    guard let tag = (try? request.headers.from)?.tag else { return nil }
    return early.firstIndex { $0.dialog.remoteTag == tag }
  }
}
