import Crypto
import Wire

extension TransactionLayer {
  /// Sends a request in a new transaction; one without a branch has its Via already (CANCEL has its INVITE's).
  mutating func startClient(
    _ request: Request, to flow: Flow, branch: String?, isInternal: Bool, now: Instant
  ) -> TransactionID {
    var request = request
    if let branch { request.headers.prepend(.via, via(flow, branch: branch)) }
    let id = TransactionID(slot: UInt32(freeSlots.last ?? slots.count), generation: nextGeneration())
    guard count < 2 * limit, let branch = branch ?? (try? request.headers.via.branch) else {
      emit(.failed(id, .overload))
      return id
    }
    let isInvite = request.method == .invite
    var transaction = Transaction(
      isInvite ? .inviteClient : .client, isInvite ? .calling : .trying,
      TransactionKey(branch: branch, request.method), id.generation, flow)
    transaction.kept = .request(request)
    transaction.isInternal = isInternal
    _ = start(transaction, now: now)
    emit(.send(.request(request), to: flow))
    return id
  }

  /// Matches a response by its topmost Via and CSeq (RFC 3261 §17.1.3); one for nothing of ours is dropped.
  mutating func receive(_ response: Response, now: Instant) {
    var response = response
    guard response.check() == nil, let branch = try? response.headers.via.branch,
      let method = try? response.headers.cSeq.method, let i = clients[TransactionKey(branch: branch, method)]
    else {
      strayResponses &+= 1
      return
    }
    let event: TransactionEvent =
      response.isProvisional ? .provisional : response.isSuccess ? .success : .failure
    apply(event, i, .response(response), now: now)
  }

  /// Unguessable, so that nobody who doesn't see our requests answers them.
  mutating func newBranch() -> String { Via.magicCookie + random.token(10) }

  /// The Via of a request of ours, which always asks for the source port (RFC 3581 §3), and offers the connection for the
  /// way back where its other end has proved who it is (RFC 5923 §9.1).
  func via(_ flow: Flow, branch: String) -> String {
    let isProven = flow.transport == .tls && flow.serverName != nil
    return "SIP/2.0/" + flow.transport.viaName + " " + flow.local.description + ";branch=" + branch + ";rport"
      + (isProven ? ";alias" : "")
  }
}

extension Request {
  /// The ACK of a failure (RFC 3261 §17.1.1.3): same hop, same transaction, To of the response.
  func acknowledging(_ response: Response) -> Request { derived(.ack, to: response.headers[.to]) }

  /// The CANCEL of this INVITE (RFC 3261 §9.1).
  func cancelling() -> Request { derived(.cancel, to: headers[.to]) }

  private func derived(_ method: Method, to: String?) -> Request {
    var request = Request(method, uri)
    request.headers.fields.reserveCapacity(8)
    if let via = headers[.via] { request.headers.append(.via, via) }
    request.headers.append(.maxForwards, "70")
    for field in headers.fields {
      switch field.name {
      case .from, .callID, .route: request.headers.fields.append(field)
      default: break
      }
    }
    if let to { request.headers.append(.to, to) }
    if let number = try? headers.cSeq.number { request.headers.append(.cSeq, CSeq(number, method).description) }
    return request
  }
}
