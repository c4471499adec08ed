import CallDoctor
import Configuration
import Media
import SDP
import SIP
import Wire

/// An offer that the exchange itself makes a phone within its call, so that it hears whoever came in the other's place.
struct Reoffer: Sendable {
  enum State: Sendable {
    /// As soon as no other offer is under way.
    case due
    /// The phone's own offer crossed it (RFC 3261 §14.1): not before this time.
    case waiting(until: Instant)
    /// The INVITE that carries it, and what it says.
    case running(TransactionID, inviteCSeq: UInt32, said: AudioStream)
  }

  var state = State.due
  /// What the phone is offered to do.
  var direction = Direction.sendrecv
  /// Without it the phone would hear nothing more: its media goes to another port from now on.
  var isVital = false
  /// It only tells the phone what the other one answered; what the phone says to that goes nowhere else.
  var isEcho = false
  /// It says what was said before, so that the phone shows that it is still there.
  var isRefresh = false
  /// It went out as an UPDATE, which has no ACK.
  var isUpdate = false

  /// When it may go out, if it has to wait.
  var deadline: Instant? {
    guard case .waiting(let until) = state else { return nil }
    return until
  }

  var isRunning: Bool {
    guard case .running = state else { return false }
    return true
  }
}

extension Call.Talking {
  /// Whether the exchange may not make or pass on an offer: one is under way already, or a 2xx unacknowledged.
  var isNegotiating: Bool {
    reinvite != nil || delayed != nil
      || [caller, callee].contains { leg in
        guard let leg else { return false }
        return leg.unacknowledged != nil || leg.reoffer?.isRunning == true
      }
  }

  /// When an offer that had to wait is due.
  var reofferDeadline: Instant? {
    earliest(caller.reoffer?.deadline, callee?.reoffer?.deadline)
  }
}

extension Exchange {
  /// Sends the offers that are due, as far as nothing is in their way.
  func makeReoffers(_ call: inout Call) {
    guard case .talking(var talking) = call.state, talking.caller.reoffer != nil || talking.callee?.reoffer != nil
    else { return }
    for side in [CallSide.caller, .callee] {
      guard var leg = talking[side], let reoffer = leg.reoffer, case .open = leg.ending else { continue }
      switch reoffer.state {
      case .running: continue
      case .waiting(let until) where until > now: continue
      case .due, .waiting: break
      }
      // Two of ours may cross: one leg's says nothing of the other's.
      guard talking.reinvite == nil, talking.delayed == nil, leg.unacknowledged == nil else { continue }
      guard let said = reoffer.isRefresh ? leg.said : newOffer(talking, side, reoffer.direction) else {
        leg.reoffer = nil
        talking[side] = leg
        continue
      }
      let body = leg.session.offer(
        said, at: mediaAddress(leg.dialog.flow, port: leg.port), after: leg.heard
      ).serialised()
      var invite = leg.dialog.request(
        .invite, contact: contactHeader(leg.dialog.flow, user: talking[side.other]?.number ?? call.callee))
      addCapabilities(&invite.headers)
      addTimer(&invite.headers, leg)
      if leg.trunk == nil, let other = talking[side.other] {
        assertIdentity(&invite.headers, other.number, isPrivate: side == .callee && call.caller.isPrivate)
      }
      invite.headers.append(.contentType, MediaType.sdp.description)
      invite.body = body
      let client = send(
        invite, to: leg.dialog.nextHop, for: .reoffer(CallReference(call: call.number, side: side)))
      leg.reoffer?.state = .running(client, inviteCSeq: leg.dialog.localCSeq, said: said)
      talking[side] = leg
    }
    call.state = .talking(talking)
  }

  /// What the phone of that side is offered of what the other last said.
  private func newOffer(_ talking: Call.Talking, _ side: CallSide, _ direction: Direction) -> AudioStream? {
    guard let leg = talking[side], let other = talking[side.other], let heard = other.heard else { return nil }
    // What the phones have beside the audio stays.
    let further = leg.said?.further.filter { ours in heard.further.contains { $0.number == ours.number } }
    var said = Negotiation.relayedOffer(
      heard, from: other.codecs, to: leg.codecs, events: usesEvents(leg), further: further ?? [])
    said?.direction = direction
    said?.muxesControl = leg.muxesControl
    return said
  }

  func reofferResponded(_ call: inout Call, _ side: CallSide, _ response: Response) {
    guard case .talking(var talking) = call.state, var leg = talking[side],
      let reoffer = leg.reoffer, case .running(let client, let inviteCSeq, let said) = reoffer.state
    else { return }
    guard response.isFinal else {
      noteProvisional(&leg, response)
      talking[side] = leg
      call.state = .talking(talking)
      return
    }
    guard response.isSuccess else { return reofferFailed(&call, side, response.status, response) }
    leg.reoffer = nil
    leg.dialog.refresh(response.headers)
    takeTimer(&leg, response)
    if !reoffer.isUpdate { acknowledge(leg.dialog, inviteCSeq, client) }
    do throws(Refused) {
      leg.heard = try readAnswer(response.headers, response.body, to: leg.session, after: leg.heard)
      leg.said = said
    } catch {
      talking[side] = leg
      call.state = .talking(talking)
      return hangUp(&call, .badAnswer)
    }
    talking[side] = leg
    tellDirection(&talking, of: side, reoffer)
    joinMedia(&call, talking)
    call.state = .talking(talking)
    if !reoffer.isRefresh { log(.info, "call", "joined", call.logFields) }
    goOn(&call)
  }

  /// A phone that keeps its call on hold answers so: the other one is then told.
  private func tellDirection(_ talking: inout Call.Talking, of side: CallSide, _ reoffer: Reoffer) {
    guard !reoffer.isEcho, let heard = talking[side]?.heard, var other = talking[side.other], other.reoffer == nil,
      let said = other.said, said.direction != heard.direction
    else { return }
    other.reoffer = Reoffer(direction: heard.direction, isEcho: true)
    talking[side.other] = other
  }

  func reofferFailed(_ call: inout Call, _ side: CallSide, _ status: Int, _ response: Response? = nil) {
    guard case .talking(var talking) = call.state, var leg = talking[side], var reoffer = leg.reoffer else { return }
    if status == 491 {
      reoffer.state = .waiting(until: now + glarePause(leg.dialog))
      leg.reoffer = reoffer
      talking[side] = leg
      call.state = .talking(talking)
      return
    }
    leg.reoffer = nil
    if status == 422 { leg.lengthenTimer(response, now) }
    talking[side] = leg
    call.state = .talking(talking)
    if status == 481 || status == 408 {
      hangUp(&call, .lost)
    } else if reoffer.isVital {
      hangUp(&call, .badAnswer)
    } else {
      log(.notice, "call", "a phone refused our offer: \(status)", call.logFields)
      goOn(&call)
    }
  }

  /// An offer is done with: what waited for that goes on.
  func goOn(_ call: inout Call) {
    completeTransfer(&call)
    makeReoffers(&call)
  }

  /// The phone that made an offer is leaving: it is let go, and the other's answer stays between that one and us. False
  /// where it was asked for an offer, which nobody is there to answer.
  func adoptReinvite(_ call: inout Call) -> Bool {
    guard case .talking(var talking) = call.state, let reinvite = talking.reinvite else { return true }
    guard let said = reinvite.said else { return false }
    reply(reinvite.server, Response(to: reinvite.request, status: 487))
    disown(&call, reinvite.server)
    let side = reinvite.from.other
    purposes[reinvite.client] = .reoffer(CallReference(call: call.number, side: side))
    talking.reinvite = nil
    talking[side]?.reoffer = Reoffer(
      state: .running(reinvite.client, inviteCSeq: reinvite.inviteCSeq, said: said), isEcho: true,
      isUpdate: reinvite.isUpdate)
    call.state = .talking(talking)
    return true
  }

  /// RFC 3261 §14.1: whoever made the Call-ID waits for 2.1 to 4 s, the other for up to 2 s, in steps of 10 ms.
  func glarePause(_ dialog: Dialog) -> Interval {
    .milliseconds(10 * (dialog.isOurs ? .random(in: 210...400, using: &random) : .random(in: 0...200, using: &random)))
  }
}
