import SDP
import SIP
import Wire

/// UPDATE (RFC 3311): a change of the session that needs no ACK, or none at all and a sign of life.
extension Exchange {
  func updated(_ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID) {
    if case .ringing = call.state { return updatedEarly(&call, side, request, transaction) }
    guard case .talking(var talking) = call.state, var leg = talking[side] else {
      return refuse(transaction, request, 481)
    }
    if let refusal = tooBrief(request) { return reply(transaction, refusal) }
    do throws(Refused) {
      if try readOffer(request.headers, request.body, leg.session.policy(after: leg.heard)) != nil {
        return reinvited(&call, side, request, transaction)
      }
    } catch {
      return refuse(transaction, request, error)
    }
    leg.dialog.refresh(request.headers)
    var response = Response(to: request, status: 200)
    response.headers.append(
      .contact, contactHeader(leg.dialog.flow, user: talking[side.other]?.number ?? call.callee))
    addCapabilities(&response.headers)
    grantTimer(&leg, request, &response)
    talking[side] = leg
    call.state = .talking(talking)
    reply(transaction, response)
  }
}
