import CallDoctor
import Configuration
import SDP
import SIP
import Wire

/// When a leg's session ends unless it is refreshed (RFC 4028).
struct SessionTimer: Sendable {
  let seconds: UInt32
  /// Whether the refresh is ours to send.
  let isOurs: Bool
  /// The last refresh, or the answer.
  let since: Instant
  var isRefreshing = false

  /// A refresh is due after half of the time; the end comes a little before the other end's (§10).
  var deadline: Instant {
    if isOurs && !isRefreshing { return since + .seconds(Int64(seconds / 2)) }
    return since + .seconds(Int64(seconds - min(32, seconds / 3)))
  }
}

extension Exchange {
  /// Seconds that a session lasts by itself, and the least that is granted (RFC 4028 §4, §5).
  static let usualSession: UInt32 = 1800
  static let shortestSession: UInt32 = 90

  /// 422 for a session that would have to be refreshed too often (§9), which only a phone that knows timers can mend.
  func tooBrief(_ request: Request) -> Response? {
    guard request.headers.supports("timer"), let asked = try? request.headers.sessionExpires,
      asked.seconds < Exchange.shortestSession
    else { return nil }
    var response = refusal(of: request, 422)
    response.headers.append(.minSE, String(Exchange.shortestSession))
    return response
  }

  /// Grants a time to a phone's INVITE or UPDATE, in its 2xx. A phone that knows timers refreshes, unless it asked
  /// that we do (§9, table 2); otherwise it is ours.
  func grantTimer(_ leg: inout Leg, _ request: Request, _ response: inout Response) {
    leg.noteAbilities(request.headers)
    let asked = try? request.headers.sessionExpires
    let knows = request.headers.supports("timer")
    let least = max(Exchange.shortestSession, min(86400, (try? request.headers.minSE) ?? 0))
    let seconds = max(least, min(asked?.seconds ?? Exchange.usualSession, Exchange.usualSession))
    let refresher: SessionExpires.Refresher = knows ? asked?.refresher ?? .uac : .uas
    leg.timer = SessionTimer(seconds: seconds, isOurs: refresher == .uas, since: now)
    response.headers.append(.sessionExpires, SessionExpires(seconds: seconds, refresher: refresher).description)
    if refresher == .uac { response.headers.append(.require, "timer") }
  }

  /// Takes what a phone's 2xx to our INVITE or UPDATE says (§7.2). A phone that says nothing is refreshed all the same: so
  /// one that has gone is found out.
  func takeTimer(_ leg: inout Leg, _ response: Response) {
    leg.noteAbilities(response.headers)
    let granted = (try? response.headers.sessionExpires) ?? nil
    let seconds = max(granted?.seconds ?? leg.timer?.seconds ?? Exchange.usualSession, Exchange.shortestSession)
    leg.timer = SessionTimer(seconds: seconds, isOurs: granted?.refresher != .uas, since: now)
  }

  /// What an INVITE or UPDATE of ours says (§7.1, §7.4): whoever refreshes goes on to.
  func addTimer(_ headers: inout Headers, _ leg: Leg?) {
    var asked = SessionExpires(seconds: Exchange.usualSession)
    if let timer = leg?.timer {
      asked = SessionExpires(seconds: timer.seconds, refresher: timer.isOurs ? .uac : .uas)
    }
    headers.append(.sessionExpires, asked.description)
    headers.append(.minSE, String(Exchange.shortestSession))
  }

  /// Refreshes what is due, by UPDATE where the phone knows it, else by re-INVITE; ends the call of a phone that should
  /// have.
  func checkTimers(_ call: inout Call) {
    for side in [CallSide.caller, .callee] {
      guard case .talking(var talking) = call.state, var leg = talking[side], leg.isOpen, let timer = leg.timer,
        timer.deadline <= now
      else { continue }
      guard timer.isOurs, !timer.isRefreshing else {
        return hangUp(&call, .expired, reason: "SIP;cause=408;text=\"Session expired\"")
      }
      leg.timer?.isRefreshing = true
      if leg.allowsUpdate {
        let user = talking[side.other]?.number ?? call.callee
        var update = leg.dialog.request(.update, contact: contactHeader(leg.dialog.flow, user: user))
        addCapabilities(&update.headers)
        addTimer(&update.headers, leg)
        _ = send(update, to: leg.dialog.nextHop, for: .refresh(CallReference(call: call.number, side: side)))
      } else if leg.reoffer == nil {
        leg.reoffer = Reoffer(isEcho: true, isRefresh: true)
      }
      talking[side] = leg
      call.state = .talking(talking)
    }
  }

  /// The answer to a refresh by UPDATE; nil where none came. What isn't understood leaves the time running (§10).
  func refreshResponded(_ call: inout Call, _ side: CallSide, _ response: Response?) {
    guard case .talking(var talking) = call.state, var leg = talking[side] else { return }
    switch response?.status ?? 408 {
    case 200..<300:
      if let response {
        leg.dialog.refresh(response.headers)
        takeTimer(&leg, response)
      }
    case 408, 481: return hangUp(&call, .lost)
    case 422: leg.lengthenTimer(response, now)
    // It says that it knows UPDATE, and doesn't serve it.
    case 405, 501:
      leg.allowsUpdate = false
      if leg.reoffer == nil { leg.reoffer = Reoffer(isEcho: true, isRefresh: true) }
    default: return
    }
    talking[side] = leg
    call.state = .talking(talking)
    makeReoffers(&call)
  }
}

extension Call {
  /// Whether a phone may be called once more for what its 422 asks for.
  fileprivate func mayLengthen(_ index: Int, _ response: Response) -> UInt32? {
    guard case .ringing(let ringing) = state, ringing.branches[index].inviteCSeq == 1,
      ringing.branches[index].trunk == nil,
      let least = (try? response.headers.minSE) ?? nil, least > Exchange.usualSession, least <= 86400
    else { return nil }
    return least
  }
}

extension Exchange {
  /// Calls a phone again that wants its session to last longer than ours do (RFC 4028 §7.3). False where it may not be.
  func invitedAgain(_ call: inout Call, _ index: Int, _ response: Response) -> Bool {
    guard let least = call.mayLengthen(index, response), case .ringing(var ringing) = call.state,
      let callID = try? response.headers.callID
    else { return false }
    var branch = ringing.branches[index]
    branch.inviteCSeq += 1
    let hops = call.caller.hops - ringing.numbers.count
    var invite = newInvite(
      call, to: branch.contact, branch.flow, branch.path, tag: branch.localTag, CSeq(branch.inviteCSeq, .invite),
      callID,
      hops: hops, body: branch.said == nil ? [] : branch.session.last?.serialised() ?? [])
    invite.headers[.sessionExpires] = SessionExpires(seconds: least).description
    invite.headers[.minSE] = String(least)
    branch.transaction = send(invite, to: branch.flow, for: .branch(call: call.number, index: index))
    ringing.branches[index] = branch
    call.state = .ringing(ringing)
    return true
  }
}

extension Leg {
  /// Notes what a message of the phone says that it can.
  mutating func noteAbilities(_ headers: Headers) {
    if headers.contains(.allow) { allowsUpdate = headers.allows(.update) }
  }

  /// A refresh was too brief for the phone: it is tried again at once with what it wants (RFC 4028 §7.3).
  mutating func lengthenTimer(_ response: Response?, _ now: Instant) {
    guard let timer, let least = (try? response?.headers.minSE) ?? nil, least > timer.seconds, least <= 86400 else {
      return
    }
    self.timer = SessionTimer(seconds: least, isOurs: true, since: now - .seconds(Int64(least / 2)))
  }
}

extension Call.Talking {
  /// When a refresh is due, or missing.
  var timerDeadline: Instant? { earliest(caller.openTimer?.deadline, callee?.openTimer?.deadline) }
}

extension Leg {
  fileprivate var openTimer: SessionTimer? { isOpen ? timer : nil }
}
