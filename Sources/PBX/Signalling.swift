import CallDoctor
import Configuration
import SDP
import SIP
import Wire

/// Between the calls and the transaction layer.
extension Exchange {
  /// What is served, for refusals and OPTIONS (RFC 3261 §8.2, §11.2).
  static let methods: [Method] = [
    .invite, .ack, .cancel, .bye, .options, .info, .prack, .subscribe, .message, .update, .refer, .register,
  ]
  /// Option tags that may stand in Require, and that we say we know.
  static let extensions = ["100rel", "timer", "replaces", "norefersub", "tdialog", "ice"]
  /// Those that only a registrar knows.
  static let registrarExtensions = ["outbound", "path"]
  static let knownMethods: [Method] =
    methods + [.notify, .publish]
  static let product = "Sotto"

  /// Carries out what the transaction layer wants.
  func drainLayer() {
    repeat {
      drainOutputs()
      spreadTransferNews()
      spreadChanges()
    } while layer.hasOutputs
  }

  private func drainOutputs() {
    while let output = layer.poll() {
      switch output {
      case .send(let message, let flow):
        note(message, by: flow, isIncoming: false)
        transmit(message, to: flow)
      case .request(let request, let transaction, let flow): receiveRequest(request, transaction, from: flow)
      case .ack(let request, let flow): receiveAck(request, from: flow)
      case .cancelled(let transaction, let reason): receiveCancel(transaction, reason)
      case .response(let response, let transaction, let flow): receiveResponse(response, transaction, from: flow)
      case .failed(let transaction, let failure): transactionFailed(transaction, failure)
      }
    }
  }

  private func receiveAck(_ ack: Request, from flow: Flow) {
    guard let tag = try? ack.headers.to.tag, let reference = reference(of: ack, ourTag: tag) else { return }
    withCall(reference.call) { (exchange, call) in
      // Of a CANCEL-crossed or repeated ACK nothing is left to be done.
      guard let transaction = call.unacknowledged(reference.side) else { return }
      exchange.layer.acknowledged(transaction, now: exchange.now)
      exchange.disown(&call, transaction)
      exchange.acknowledged(&call, reference.side, ack)
    }
  }

  private func receiveCancel(_ transaction: TransactionID, _ reason: String?) {
    guard let reference = serverCalls[transaction] else { return }
    withCall(reference.call) { (exchange, call) in
      if case .ringing = call.state {
        exchange.callerGaveUp(&call, reason: reason)
      } else {
        exchange.reinviteCancelled(&call, transaction)
      }
    }
  }

  private func receiveResponse(_ response: Response, _ transaction: TransactionID, from flow: Flow) {
    let wasAuthenticated = wasAuthenticated(transaction)
    if answeredChallenge(response, transaction) { return }
    guard let purpose = purposes[transaction] else {
      // A phone answered what nobody waits for any more; only a 2xx to INVITE obliges (RFC 3261 §13.2.2.4).
      if response.isSuccess, let cSeq = try? response.headers.cSeq, cSeq.method == .invite {
        discard(response, called: URI(host: .address(flow.remote.ip), port: flow.remote.port), from: flow, transaction)
      }
      return
    }
    if response.isFinal { purposes[transaction] = nil }
    switch purpose {
    case .branch(let number, let index):
      withCall(number) { (exchange, call) in exchange.branchResponded(&call, index, response, from: flow) }
    case .reinvite(let number):
      withCall(number) { (exchange, call) in exchange.reinviteResponded(&call, response) }
    case .bye(let reference):
      guard response.isFinal else { return }
      withCall(reference.call) { (exchange, call) in exchange.byeFinished(&call, reference.side) }
    case .info(let passed, let request): infoResponded(passed, request, response)
    case .reoffer(let reference):
      withCall(reference.call) { (exchange, call) in exchange.reofferResponded(&call, reference.side, response) }
    case .refresh(let reference):
      guard response.isFinal else { return }
      withCall(reference.call) { (exchange, call) in exchange.refreshResponded(&call, reference.side, response) }
    case .ended(let dialog):
      guard response.isSuccess, let cSeq = try? response.headers.cSeq, cSeq.method == .invite else { return }
      acknowledge(dialog, cSeq.number, transaction)
    case .notice(let tag):
      if response.isFinal { noticeFailed(tag, response.status) }
    case .message(let passed): messageResponded(passed, response, response.status)
    case .transferNotice(let reference):
      guard response.isFinal, !response.isSuccess else { return }
      withCall(reference.call) { (exchange, call) in exchange.transferNoticeFailed(&call, reference.side) }
    case .trunk(let purpose):
      trunkResponded(purpose, response, transaction, wasAuthenticated: wasAuthenticated)
    }
  }

  private func transactionFailed(_ transaction: TransactionID, _ failure: TransactionFailure) {
    if let reference = serverCalls.removeValue(forKey: transaction) {
      return withCall(reference.call) { (exchange, call) in
        if case .ringing = call.state {
          exchange.callerGaveUp(&call, reason: nil)
        } else {
          exchange.acknowledgementMissing(&call, reference.side)
        }
      }
    }
    outside.sent[transaction] = nil
    guard let purpose = purposes.removeValue(forKey: transaction) else { return }
    // RFC 3261 §8.1.3.1.
    let status = failure == .timeout ? 408 : 503
    switch purpose {
    case .branch(let number, let index):
      withCall(number) { (exchange, call) in
        guard case .ringing(let ringing) = call.state else { return }
        exchange.log(.notice, "call", "a phone can't be reached: " + failure.description, call.logFields)
        exchange.branchFailed(&call, ringing, index, 408)
      }
    case .reinvite(let number):
      withCall(number) { (exchange, call) in
        guard case .talking(var talking) = call.state, let reinvite = talking.reinvite else { return }
        talking.reinvite = nil
        call.state = .talking(talking)
        exchange.reinviteFailed(&call, reinvite, 408, nil)
      }
    case .bye(let reference):
      withCall(reference.call) { (exchange, call) in exchange.byeFinished(&call, reference.side) }
    case .info(let passed, let request): reply(passed, Response(to: request, status: status))
    case .reoffer(let reference):
      withCall(reference.call) { (exchange, call) in exchange.reofferFailed(&call, reference.side, 408) }
    case .refresh(let reference):
      withCall(reference.call) { (exchange, call) in exchange.refreshResponded(&call, reference.side, nil) }
    case .ended: return
    case .notice(let tag): if !isAbsent(tag) { noticeFailed(tag, 408) }
    case .message(let passed): messageResponded(passed, nil, 408)
    case .transferNotice(let reference):
      withCall(reference.call) { (exchange, call) in exchange.transferNoticeFailed(&call, reference.side) }
    case .trunk(let purpose): trunkRequestFailed(purpose, failure)
    }
  }

  // MARK: Out

  func send(_ request: Request, to flow: Flow, for purpose: Purpose?) -> TransactionID {
    var request = request
    request.headers.append(.userAgent, Exchange.product)
    let transaction = layer.send(request, to: flow, now: now)
    acquaintance.note(flow.remote, now: now)
    if case .branch(let call, _) = purpose, let name = request.headers[.callID] { records.follow(name, of: call) }
    if let purpose {
      purposes[transaction] = purpose
      keepForChallenge(request, transaction, flow)
    }
    return transaction
  }

  func reply(_ transaction: TransactionID, _ response: Response) {
    var response = response
    response.headers.append(.server, Exchange.product)
    layer.respond(response, to: transaction, now: now)
  }

  func cancel(_ transaction: TransactionID, reason: String?) {
    layer.cancel(transaction, reason: reason, now: now)
  }

  /// The ACK of a phone's 2xx, with the answer if it holds one.
  func acknowledge(
    _ dialog: Dialog, _ inviteCSeq: UInt32, _ transaction: TransactionID, _ answer: SessionDescription? = nil
  ) {
    var ack = dialog.ack(inviteCSeq)
    if let answer {
      ack.headers.append(.contentType, MediaType.sdp.description)
      ack.body = answer.serialised()
    }
    layer.acknowledge(ack, of: transaction, to: dialog.nextHop)
  }
}

extension Call {
  /// The INVITE of that leg's phone whose 2xx waits for its ACK.
  func unacknowledged(_ side: CallSide) -> TransactionID? {
    switch state {
    case .talking(let talking), .ending(let talking): talking[side]?.unacknowledged
    case .ringing, .over: nil
    }
  }
}
