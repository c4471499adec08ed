import Wire

extension TransactionLayer {
  /// Matches a request (RFC 3261 §17.2.3): a repeated one is absorbed, a new one comes up with a new transaction.
  mutating func receive(_ request: Request, from flow: Flow, now: Instant) {
    var request = request
    let error = request.check()
    let via: Via
    do throws(SIPError) {
      via = try request.stampSource(of: flow)
    } catch {
      // Without a Via there is nobody to answer; one that can't be read leaves the source of the request.
      guard request.headers.contains(.via),
        let response = Response(to: request, refusing: error, toTag: tagWithoutState(request))
      else { return }
      return emit(.send(.response(response), to: flow))
    }
    let replyFlow = flow.replying(to: via)
    if let error {
      guard let response = Response(to: request, refusing: error, toTag: tagWithoutState(request)) else { return }
      return emit(.send(.response(response), to: replyFlow))
    }
    if request.method == .cancel { return receiveCancel(request, via, from: flow, replyFlow) }
    guard let key = TransactionKey(request, via) else { return }
    let known = servers[key]
    if request.method == .ack {
      // In Accepted it acknowledges a 2xx, which only the user can match (RFC 6026 §7.1).
      guard let known, slots[known]?.state != .accepted else { return emit(.ack(request, from: flow)) }
      return apply(.ack, known, nil, now: now)
    }
    if let known { return apply(.request, known, nil, now: now) }
    guard count < limit else { return refuse(request, 503, to: replyFlow) }
    let isInvite = request.method == .invite
    var transaction = Transaction(
      isInvite ? .inviteServer : .server, isInvite ? .proceeding : .trying, key, nextGeneration(), replyFlow)
    transaction.request = request
    let generation = transaction.generation
    let i = start(transaction, now: now)
    emit(.request(request, TransactionID(slot: UInt32(i), generation: generation), from: flow))
  }

  /// CANCEL needs no transaction of its own: a repeated one finds the INVITE's again (RFC 3261 §9.2).
  private mutating func receiveCancel(_ request: Request, _ via: Via, from flow: Flow, _ replyFlow: Flow) {
    // Nobody else may cancel, even one who has seen the branch.
    guard let key = TransactionKey(request, via, cancelled: true), let i = servers[key], let invite = slots[i],
      invite.flow.remote.ip == flow.remote.ip
    else { return refuse(request, 481, to: replyFlow) }
    var tag: String?
    if case .response(let response) = invite.kept { tag = try? response.headers.to.tag }
    emit(.send(.response(Response(to: request, status: 200, toTag: tag ?? tagWithoutState(request))), to: replyFlow))
    if invite.state == .proceeding, !invite.cancelHeld {
      slots[i]?.cancelHeld = true
      changes?.mark(i)
      emit(.cancelled(TransactionID(slot: UInt32(i), generation: invite.generation), reason: request.headers[.reason]))
    }
  }

  /// Answers without keeping anything (RFC 3261 §8.2.7).
  private mutating func refuse(_ request: Request, _ status: Int, to flow: Flow) {
    var response = Response(to: request, status: status, toTag: tagWithoutState(request))
    if status == 503 { response.headers.append(.retryAfter, "10") }
    emit(.send(.response(response), to: flow))
  }

  /// The same for the same request, however often it comes (RFC 3261 §8.2.7).
  private func tagWithoutState(_ request: Request) -> String {
    var hasher = Hasher()
    hasher.combine(request.headers[.via])
    hasher.combine(request.headers[.callID])
    return String(UInt(bitPattern: hasher.finalize()), radix: 16)
  }

  /// An RFC 2543 client's ACK is found by the tag that our response gives.
  mutating func noteAckKey(_ message: Message, _ i: Int) {
    guard let transaction = slots[i], transaction.machine == .inviteServer, case .response(let response) = message,
      response.isFinal, let request = transaction.request, let via = try? request.headers.via,
      let key = TransactionKey(ackOf: response, to: request, via), key != transaction.key
    else { return }
    slots[i]?.ackKey = key
    servers[key] = i
  }
}
