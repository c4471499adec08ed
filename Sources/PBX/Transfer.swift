import CallDoctor
import Configuration
import SDP
import SIP
import Wire

/// A phone hands its partner over to somebody else (RFC 5589). The exchange carries out the REFER itself: it calls the
/// target on behalf of the partner, or takes the other call that Replaces names, and joins the two that remain.
struct Transfer: Sendable {
  /// Whose leg goes.
  let by: CallSide
  /// The call that rings the target; nil where there is none.
  var attempt: UInt32?
  /// The target's leg, where an offer under way keeps it waiting.
  var arrived: Leg?
  /// Who is told how it goes; nil where nobody asked for it (RFC 4488), or after the last word.
  var subscriber: Subscriber?
  /// The transferor had hung up and the transfer failed: it is rung itself.
  var isReturn = false
  /// The target is being rung, as it says itself.
  var isRinging = false

  /// The subscription that a REFER makes (RFC 3515 §2.4.4).
  struct Subscriber: Sendable {
    /// `refer`; of a later REFER in the dialog with the number of that (§2.4.6).
    let event: String
    let until: Instant
    /// The dialog of a REFER that came outside of the call; nil for the call's own.
    var dialog: Dialog?
  }
}

extension Exchange {
  /// How long a phone is told of its transfer at most: longer than a target may ring.
  private static let longestNotice = Interval.seconds(180)

  /// REFER within a call.
  func refer(_ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID) {
    guard case .talking(var talking) = call.state, let transferor = talking[side] else {
      // A call that has ended is none to hand over (RFC 5407 §3.3.3).
      if case .ending = call.state { return refuse(transaction, request, 481) }
      return refuse(transaction, request, 403)
    }
    let event = "refer" + (transferor.hasReferred ? ";id=\((try? request.headers.cSeq.number) ?? 0)" : "")
    talking[side]?.hasReferred = true
    call.state = .talking(talking)
    refer(&call, side, request, transaction, transferor.dialog.flow, event, dialog: nil)
  }

  /// REFER outside of a call, which names the call by Target-Dialog (RFC 4538): of whoever is in it.
  func referOutside(_ request: Request, by number: String, from flow: Flow, _ transaction: TransactionID) {
    do throws(SIPError) {
      guard let name = try request.headers.targetDialog else { return refuse(transaction, request, 403) }
      guard let reference = leg(named: name), let call = calls[reference.call] else {
        return refuse(transaction, request, 481)
      }
      guard call.party(reference.side) == number else { return refuse(transaction, request, 403) }
      let dialog = try Dialog(answering: request, from: flow, localTag: newTag())
      withCall(reference.call) { (exchange, call) in
        exchange.refer(&call, reference.side, request, transaction, flow, "refer", dialog: dialog)
      }
    } catch {
      refuse(transaction, request, error)
    }
  }

  private func refer(
    _ call: inout Call, _ side: CallSide, _ request: Request, _ transaction: TransactionID, _ flow: Flow,
    _ event: String, dialog: Dialog?
  ) {
    guard case .talking(var talking) = call.state, let transferor = talking[side], let stays = talking[side.other],
      stays.isOpen
    else { return refuse(transaction, request, 403) }
    guard talking.transfer == nil, stays.heard != nil, talking.delayed == nil else {
      return refuse(transaction, request, 491)
    }
    let referral: Referral
    do throws(Refused) {
      referral = try Referral(request)
    } catch {
      return refuse(transaction, request, error)
    }
    var response = Response(to: request, status: 202, toTag: dialog?.localTag)
    response.headers.append(.contact, contactHeader(flow, user: stays.number))
    if referral.isSilent { response.headers.fields.append(Headers.Field(named: "Refer-Sub", "false")) }
    reply(transaction, response)
    var transfer = Transfer(by: side)
    if !referral.isSilent {
      transfer.subscriber = Transfer.Subscriber(event: event, until: now + Exchange.longestNotice, dialog: dialog)
    }
    talking.transfer = transfer
    call.state = .talking(talking)
    log(.info, "call", "transfer", call.logFields + [.init("by", transferor.number), .init("target", referral.number)])
    tellTransferor(&call, 100)
    if let replaces = referral.replaces {
      joinOther(&call, replaces)
    } else {
      attempt(&call, referral.number, referral.referredBy ?? "<" + houseURI(transferor.number).description + ">")
    }
  }

  /// Calls the target on behalf of the leg that stays.
  private func attempt(_ call: inout Call, _ number: String, _ referredBy: String?) {
    guard case .talking(var talking) = call.state, let transfer = talking.transfer,
      let stays = talking[transfer.by.other], var heard = stays.heard, let description = stays.session.last
    else { return }
    var plan: OutwardPlan?
    if configuration.extensions[number] == nil {
      do throws(OutwardRefusal) {
        plan = try transferPlan(number, by: talking[transfer.by], joining: stays, transfer)
      } catch {
        log(.notice, "toll", error.description, call.logFields)
        return transferFailed(&call, error.refused.status)
      }
    }
    let contacts = plan == nil ? registrations(of: number) : []
    guard plan != nil || !contacts.isEmpty else { return transferFailed(&call, 480) }
    guard let ports = takePorts(1) else { return transferFailed(&call, 503) }
    // The hold that comes before a transfer is not the target's concern.
    heard.direction = .sendrecv
    heard.further = []
    let stayer = CallReference(call: call.number, side: transfer.by.other)
    var made = Call(
      number: nextCallNumber(), callee: number, startedAt: now, answeredAt: nil,
      caller: Call.Caller(
        number: stays.number, name: configuration.extensions[stays.number]?.name ?? "", codecs: stays.codecs, hops: 70,
        origin: .transfer(stayer), offer: Call.Offer(description: description, audio: heard), session: newSession(),
        referredBy: referredBy),
      callerPort: nil, calleePort: ports[0],
      state: .ringing(
        Call.Ringing(
          numbers: [number], branches: [], deadline: now + Exchange.longestRinging, isDeadlineOfCaller: false)))
    talking.transfer?.attempt = made.number
    call.state = .talking(talking)
    callsStarted &+= 1
    begin(made)
    log(.info, "call", "started", made.logFields + [.init("transfer", String(call.number))])
    if let plan, let payer = talking[transfer.by]?.number {
      callOutward(&made, plan, payer: payer)
    } else {
      ring(&made, contacts)
    }
    store(made)
  }

  /// The target can't be had. Its partner goes back to the transferor: they talk on, or the transferor is rung.
  func transferFailed(_ call: inout Call, _ status: Int) {
    tellTransferor(&call, status)
    guard case .talking(var talking) = call.state, let transfer = talking.transfer,
      let transferor = talking[transfer.by]
    else { return }
    talking.transfer = nil
    call.state = .talking(talking)
    log(.notice, "call", "transfer failed", call.logFields + [.init("status", String(status))])
    if transferor.isOpen { return settleSounds(&call) }
    guard !transfer.isReturn else { return leave(&call, transfer.by.other, status) }
    talking.transfer = Transfer(by: transfer.by, isReturn: true)
    call.state = .talking(talking)
    attempt(&call, transferor.number, nil)
  }

  /// The target's leg takes the transferor's place as soon as no offer is under way.
  func completeTransfer(_ call: inout Call) {
    guard case .talking(let talking) = call.state, let transfer = talking.transfer, let leg = transfer.arrived,
      talking.reinvite == nil, talking.delayed == nil, talking[transfer.by.other]?.reoffer?.isRunning != true
    else { return }
    tellTransferor(&call, 200)
    replace(&call, transfer.by, by: leg)
  }

  /// The call ends, and a transfer of it with it.
  func abandonTransfer(_ call: inout Call) {
    tellTransferor(&call, 487)
    guard case .talking(var talking) = call.state, let transfer = talking.transfer else { return }
    talking.transfer = nil
    call.state = .talking(talking)
    if let leg = transfer.arrived { dismissArrived(leg, "the call to be transferred ended") }
    guard let attempt = transfer.attempt else { return }
    withCall(attempt) { (exchange, made) in
      made.caller.origin = .nobody
      exchange.end(&made, refusing: 487, .gaveUp)
    }
  }
}
