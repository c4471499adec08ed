import CallDoctor
import Media
import SDP
import SIP
import Wire

/// A provisional response to the caller that is sent again until its PRACK comes (RFC 3262 §3).
struct ReliableResponse: Sendable {
  let number: UInt32
  let response: Response
  /// When it is sent again, and after which pause.
  var again: Instant
  var pause: Interval
  /// When the call is given up.
  let until: Instant
}

extension Exchange {
  /// T1 and 64·T1, as for every other message.
  private static let firstPause = Interval.milliseconds(500)
  /// Responses that wait for the PRACK of one before them.
  private static let mostWaiting = 8

  /// Tells the caller what a branch says: reliably where it asks for that, or where an answer is in it and it may be.
  func tellCaller(_ call: inout Call, _ index: Int, _ response: Response) {
    guard let invite = call.caller.invite, case .ringing(var ringing) = call.state else { return }
    let isRequired = invite.request.headers.requires("100rel")
    let isReliable = isRequired || !response.body.isEmpty && invite.request.headers.supports("100rel")
    guard isReliable else { return reply(invite.transaction, response) }
    // The first reliable one would have to hold an offer (RFC 3261 §13.2.1), which nobody has made yet.
    guard call.caller.offer != nil else { return }
    if ringing.branches[index].unacknowledged != nil {
      if ringing.branches[index].waiting.count < Exchange.mostWaiting {
        ringing.branches[index].waiting.append(response)
      }
      call.state = .ringing(ringing)
      return
    }
    ringing.branches[index].lastNumber &+= 1
    let number = ringing.branches[index].lastNumber
    var response = response
    response.headers.append(.require, "100rel")
    response.headers.append(.rSeq, String(number))
    response.headers.append(.server, Exchange.product)
    ringing.branches[index].unacknowledged = ReliableResponse(
      number: number, response: response, again: now + Exchange.firstPause, pause: Exchange.firstPause,
      until: now + Exchange.firstPause * 64)
    call.state = .ringing(ringing)
    layer.respond(response, to: invite.transaction, now: now)
  }

  /// Sends again what the caller has not acknowledged, and gives up on one that never does.
  func repeatReliable(_ call: inout Call) {
    guard case .ringing(var ringing) = call.state, let invite = call.caller.invite else { return }
    for index in ringing.branches.indices {
      guard var reliable = ringing.branches[index].unacknowledged, reliable.again <= now else { continue }
      guard reliable.until > now else { return end(&call, refusing: 504, .noPRACK) }
      reliable.pause = reliable.pause * 2
      reliable.again = min(now + reliable.pause, reliable.until)
      ringing.branches[index].unacknowledged = reliable
      layer.respond(reliable.response, to: invite.transaction, now: now)
    }
    call.state = .ringing(ringing)
  }

  /// PRACK of the caller.
  func pracked(_ call: inout Call, _ request: Request, _ transaction: TransactionID) {
    guard case .ringing(var ringing) = call.state, let invite = call.caller.invite,
      let tag = (try? request.headers.to)?.tag,
      let index = ringing.branches.firstIndex(where: { $0.callerTag == tag }),
      let reliable = ringing.branches[index].unacknowledged, let acknowledged = try? request.headers.rAck,
      acknowledged == RAck(reliable.number, CSeq(invite.key.cSeq, .invite))
    else { return refuse(transaction, request, 481) }
    ringing.branches[index].unacknowledged = nil
    if !reliable.response.body.isEmpty, let said = ringing.branches[index].saidToCaller,
      let heard = call.caller.offer?.audio
    {
      ringing.branches[index].agreed = Call.EarlyAgreement(said: said, heard: heard)
    }
    let next = ringing.branches[index].waiting.isEmpty ? nil : ringing.branches[index].waiting.removeFirst()
    call.state = .ringing(ringing)
    answerEarly(&call, index, request, transaction)
    if let next { tellCaller(&call, index, next) }
    guard case .ringing(var now) = call.state, let held = now.held, now.branches[held.index].unacknowledged == nil
    else { return }
    now.held = nil
    call.state = .ringing(now)
    branchAnswered(&call, now, held.index, held.response, from: held.flow)
  }
}

extension Call.Ringing {
  /// When it has rung for long enough, or something has to be sent again.
  var nextDeadline: Instant {
    branches.reduce(deadline) { soonest, branch in
      branch.unacknowledged.map { min(soonest, $0.again) } ?? soonest
    }
  }
}
