import SIP

/// What a call made for a transfer tells the call that it is made for, whose number comes first.
enum TransferNews: Sendable {
  case progressed(CallReference, by: UInt32, Int, String)
  case failed(CallReference, by: UInt32, Int)
  /// The target's leg.
  case answered(CallReference, by: UInt32, Leg)
}

extension Exchange {
  /// Tells transferred calls what became of the calls made for them: after the event at work, for a call must not be
  /// changed from within a change of another.
  func spreadTransferNews() {
    while !transferNews.isEmpty {
      switch transferNews.removeFirst() {
      case .progressed(let stayer, let made, let status, let reason):
        withTransfer(stayer, made) { (exchange, call) in
          exchange.tellTransferor(&call, status, reason)
          if status >= 180 { exchange.targetRings(&call) }
        }
      case .failed(let stayer, let made, let status):
        withTransfer(stayer, made) { (exchange, call) in exchange.transferFailed(&call, status) }
      case .answered(let stayer, let made, let leg):
        let isWanted = withTransfer(stayer, made) { (exchange, call) in
          guard case .talking(var talking) = call.state else { return }
          talking.transfer?.attempt = nil
          talking.transfer?.arrived = leg
          call.state = .talking(talking)
          exchange.completeTransfer(&call)
        }
        if !isWanted { dismissArrived(leg, "nobody waits for the target of the transfer") }
      }
    }
  }

  @discardableResult
  private func withTransfer(_ stayer: CallReference, _ made: UInt32, _ body: (Exchange, inout Call) -> Void) -> Bool {
    guard case .talking(let talking) = calls[stayer.call]?.state, talking.transfer?.attempt == made else {
      return false
    }
    withCall(stayer.call, body)
    return true
  }

  /// The target answered: its leg leaves the call that rang for it.
  func targetAnswered(
    _ call: inout Call, _ ringing: Call.Ringing, _ index: Int, _ response: Response, from flow: Flow,
    _ stayer: CallReference
  ) {
    let branch = ringing.branches[index]
    guard let port = call.calleePort, let dialog = branch.confirmed(response, from: flow)
    else { return branchFailed(&call, ringing, index, 502) }
    var leg = Leg(number: call.callee, codecs: branch.codecs, port: port, dialog: dialog, session: branch.session)
    leg.trunk = call.trunkLeg(branch)
    do throws(Refused) {
      leg.heard = try branch.answer(in: response)
      leg.said = branch.said
    } catch {
      discard(response, called: branch.contact, from: flow, branch.transaction)
      return branchFailed(&call, ringing, index, error.status)
    }
    if call.portsInMedia.contains(port) {
      // It carried early media to a caller that left since.
      guard let ports = takePorts(1) else {
        discard(response, called: branch.contact, from: flow, branch.transaction)
        return branchFailed(&call, ringing, index, 503)
      }
      leg.port = ports[0]
      leg.reoffer = Reoffer(isVital: true)
    } else {
      // The port goes with the leg.
      call.calleePort = nil
    }
    acknowledge(dialog, branch.inviteCSeq, branch.transaction)
    cancelBranches(ringing, except: index, reason: "SIP;cause=200;text=\"Call completed elsewhere\"")
    callsAnswered &+= 1
    takeTimer(&leg, response)
    closeMedia(&call)
    call.state = .over
    transferNews.append(.answered(stayer, by: call.number, leg))
  }
}
