import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// While the callee's phones ring: what each says goes to the caller, the first answer wins (RFC 3261 §16.7, as a
/// forking proxy would).
extension Exchange {
  func branchResponded(_ call: inout Call, _ index: Int, _ response: Response, from flow: Flow) {
    guard case .ringing(let ringing) = call.state, index < ringing.branches.count else { return }
    outside.patience[call.number] = nil
    if response.isProvisional {
      guard response.status > 100, noteProvisional(&call, index, response) else { return }
      forwardProvisional(&call, index, response)
    } else if response.status == 422, invitedAgain(&call, index, response) {
      return
    } else if response.isSuccess {
      branchAnswered(&call, ringing, index, response, from: flow)
    } else {
      branchFailed(&call, ringing, index, response.status, response)
    }
  }

  /// A branch ended without an answer: `response` is nil where it never came.
  func branchFailed(
    _ call: inout Call, _ ringing: Call.Ringing, _ index: Int, _ status: Int, _ response: Response? = nil
  ) {
    var ringing = ringing
    let failure = Failure(status: status, response: response)
    ringing.branches[index].failure = failure
    call.state = .ringing(ringing)
    if isFlowFailure(status, response) && triedNextFlow(&call, ringing, index) { return }
    if triesElsewhere(&call, ringing.branches[index], failure) { return }
    let failures = ringing.branches.compactMap { $0.failure }
    // 6xx speaks for all phones of the callee (RFC 3261 §16.7 step 5).
    guard failures.count == ringing.branches.count || status >= 600 else { return }
    guard let best = Failure.best(failures) else { return }
    if call.outward == nil && best.isRedirection && redirected(&call, ringing) { return }
    let told = call.outward == nil ? best.statusForCaller : best.statusFromOutside
    let why = call.outward == nil ? best.end : trunkEnd(call, best)
    end(&call, refusing: told, why, copying: best.response)
  }

  private func forwardProvisional(
    _ call: inout Call, _ index: Int, _ response: Response
  ) {
    if case .transfer(let transferee) = call.caller.origin {
      transferNews.append(.progressed(transferee, by: call.number, response.status, response.reason))
    }
    guard let invite = call.caller.invite, case .ringing(var ringing) = call.state else { return }
    let branch = ringing.branches[index]
    var forwarded = Response(
      to: invite.request, status: response.status, reason: response.reason, toTag: branch.callerTag)
    addDialogHeaders(&forwarded, invite.request, invite.flow, user: call.callee)
    if ringing.early == nil || ringing.early == index, branch.agreed == nil,
      let (answer, said, heard) = earlyAnswer(&call, branch, response, invite.flow)
    {
      ringing.early = index
      ringing.branches[index].heardEarly = heard
      ringing.branches[index].saidToCaller = said
      call.state = .ringing(ringing)
      forwarded.headers.append(.contentType, MediaType.sdp.description)
      forwarded.body = answer.serialised()
      if let offer = call.caller.offer, let callerPort = call.callerPort, let port = call.calleePort,
        let saidToBranch = branch.said
      {
        let caller = Negotiation.leg(
          port: callerPort, said: said, heard: offer.audio, in: call.caller.session, by: invite.flow)
        setMedia(&call, .caller, caller)
        setMedia(
          &call, .callee,
          Negotiation.leg(port: port, said: saidToBranch, heard: heard, in: branch.session, by: branch.flow))
      }
    }
    tellCaller(&call, index, forwarded)
  }

  /// The answer that a provisional response already holds, as told to the caller: ringing or an announcement can be heard.
  private func earlyAnswer(
    _ call: inout Call, _ branch: Call.Branch, _ response: Response, _ flow: Flow
  ) -> (SessionDescription, said: AudioStream, heard: AudioStream)? {
    guard let offer = call.caller.offer, let port = call.callerPort,
      let heard = try? branch.answer(in: response),
      let said = Negotiation.relayedAnswer(
        to: offer.audio, from: call.caller.codecs, heard, codecs: branch.codecs,
        events: usesEvents(call.caller.number, trunk: call.caller.trunk))
    else { return nil }
    let address = mediaAddress(flow, port: port)
    return (call.caller.session.answer(offer.description, said, at: address), said, heard)
  }

  /// The phones have rung for long enough.
  func ringingTimedOut(_ call: inout Call) {
    guard case .ringing(let ringing) = call.state, ringing.deadline <= now else { return }
    // RFC 3261 §13.3.1: a caller whose own Expires ran out gets 487.
    end(&call, refusing: ringing.isDeadlineOfCaller ? 487 : 480, .noAnswer)
  }

  /// The caller gave up, by CANCEL or by a BYE in an early dialog.
  func callerGaveUp(_ call: inout Call, reason: String?) {
    end(&call, refusing: 487, .gaveUp, cancelReason: reason)
  }

  /// Ends a call that rings: a final response to the caller, CANCEL to every phone that hasn't answered.
  func end(
    _ call: inout Call, refusing status: Int, _ why: CallEnd, copying original: Response? = nil,
    cancelReason: String? = nil, retryAfter: Int? = nil
  ) {
    guard case .ringing(let ringing) = call.state else { return }
    switch call.caller.origin {
    case .invite(let invite):
      var response = Response(
        to: invite.request, status: status, toTag: ringing.branches.first?.callerTag ?? newTag())
      if let original {
        for name in [HeaderName.retryAfter, .warning, .unsupported, .reason] {
          response.headers.copy(name, from: original.headers)
        }
      }
      if let retryAfter { response.headers.append(.retryAfter, String(retryAfter)) }
      reply(invite.transaction, response)
    case .transfer(let transferee): transferNews.append(.failed(transferee, by: call.number, status))
    case .nobody: break
    }
    cancelBranches(ringing, except: nil, reason: cancelReason)
    if let held = ringing.held {
      let branch = ringing.branches[held.index]
      discard(held.response, called: branch.contact, from: held.flow, branch.transaction)
    }
    conclude(call, why)
    closeMedia(&call)
    log(.info, "call", "ended", call.logFields + [.init("status", String(status)), .init("why", why.text)])
    call.state = .over
  }

  /// Cancels all branches still open but one; what they say from now on concerns nobody, and a late 2xx is hung up.
  func cancelBranches(_ ringing: Call.Ringing, except winner: Int?, reason: String?) {
    for (index, branch) in ringing.branches.enumerated() {
      if index != winner {
        legs[branch.localTag] = nil
        legs[branch.callerTag] = nil
      }
      guard index != winner, branch.failure == nil else { continue }
      purposes[branch.transaction] = nil
      cancel(branch.transaction, reason: reason)
    }
  }
}

/// How a branch failed.
struct Failure: Sendable {
  let status: Int
  /// Nil where no response came.
  let response: Response?

  /// The one that says most (RFC 3261 §16.7 step 6): 6xx, else of the lowest class; among 4xx those first that the
  /// caller can act upon, then those that say what the callee does. A 3xx only where there is nothing else.
  static func best(_ failures: [Failure]) -> Failure? {
    failures.min { $0.rank < $1.rank }
  }

  var isRedirection: Bool { (300..<400).contains(status) }

  private var rank: Int {
    switch status {
    case 600...: status - 600
    case 415, 420, 484: 1000 + status
    case 486: 2000
    case 480, 487: 2000 + status
    case 408: 4000
    case 400..<500: 3000 + status
    case 500..<600: 5000 + status
    default: 9000
    }
  }

  /// What the caller is told: not what concerned only us and the phone.
  var statusForCaller: Int {
    switch status {
    case 300..<400, 404, 408, 410, 481, 604: 480
    case 401, 407: 502
    case 503: 500
    default: status
    }
  }
}
