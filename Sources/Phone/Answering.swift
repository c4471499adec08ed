import Crypto
import SDP
import SIP
import Wire

/// Calls that come (RFC 3261 §13.3), and all else that is asked of a phone.
extension UserAgent {
  mutating func received(_ request: Request, _ id: TransactionID, _ flow: Flow, _ now: Instant) {
    switch request.method {
    case .invite:
      if ((try? request.headers.to.tag) ?? nil) == nil {
        rings(request, id, flow, now)
      } else {
        reinvited(request, id, now)
      }
    case .bye:
      guard call?.owns(request) == true else { return respond(481, to: request, id, now) }
      respond(200, to: request, id, now)
      let reason = request.headers[.reason]
      end(CallEnd(.hungUpThere, reason.map { "the other end hung up: " + $0 } ?? "the other end hung up"))
    case .options, .info:
      if ((try? request.headers.to.tag) ?? nil) != nil, call?.owns(request) != true {
        return respond(481, to: request, id, now)
      }
      respond(200, to: request, id, now)
    default: respond(405, to: request, id, now)
    }
  }

  private mutating func respond(
    _ status: Int, to request: Request, _ id: TransactionID, _ now: Instant, tag: String? = nil
  ) {
    var response = Response(to: request, status: status, toTag: tag ?? random.token(8))
    if status == 405 || request.method == .options {
      response.headers.append(.allow, Self.methods.map { $0.name }.joined(separator: ", "))
    }
    transactions.respond(response, to: id, now: now)
  }

  /// Somebody calls.
  private mutating func rings(_ request: Request, _ id: TransactionID, _ flow: Flow, _ now: Instant) {
    guard call == nil else { return respond(486, to: request, id, now) }
    guard ((try? request.headers.require) ?? []).isEmpty else {
      var response = Response(to: request, status: 420, toTag: random.token(8))
      response.headers.append(.unsupported, request.headers.values(.require).joined(separator: ", "))
      return transactions.respond(response, to: id, now: now)
    }
    guard let policy = account.policy(flow.transport) else { return respond(488, to: request, id, now) }
    if !request.body.isEmpty {
      guard let offer = sessionDescription(request.headers, request.body), let audio = try? offer.offeredAudio(policy),
        audio.answered(codecs, packetTime: packetTime) != nil
      else { return respond(488, to: request, id, now) }
    }
    guard let from = try? request.headers.from, let callID = try? request.headers.callID else {
      return respond(400, to: request, id, now)
    }
    let tag = random.token(8)
    let number = from.uri.unescapedUser ?? from.uri.description
    call = PhoneCall(.ringing(id, request, flow), number: number, callID: callID, localTag: tag, newSession(policy))
    respond(180, to: request, id, now, tag: tag)
    tell(.incoming(number: number, name: from.displayName))
  }

  /// Answers the call that rings.
  @export(interface)
  public mutating func answer(now: Instant) {
    guard var call, case .ringing(let id, let request, let flow) = call.stage,
      let dialog = try? Dialog(answering: request, from: flow, localTag: call.localTag)
    else { return }
    var response = Response(to: request, status: 200, toTag: call.localTag)
    response.headers.copy(.recordRoute, from: request.headers)
    call.dialog = dialog
    call.stage = .established
    call.unacknowledged = id
    let terms = respond(with: &response, to: request, &call, flow)
    self.call = call
    guard response.isSuccess else {
      transactions.respond(response, to: id, now: now)
      return end(CallEnd(.noCommonMedia, status: response.status, "the caller offers nothing that this phone has"))
    }
    transactions.respond(response, to: id, now: now)
    tell(.answered(number: call.number))
    if let terms { agreed(terms) }
    drain(now)
  }

  /// Writes the answer to a request's offer into its response, or an offer where the request has none; what was agreed on.
  func respond(
    with response: inout Response, to request: Request, _ call: inout PhoneCall, _ flow: Flow
  ) -> MediaTerms? {
    let place = SocketAddress(flow.local.ip, port: mediaPort)
    var description: SessionDescription
    var terms: MediaTerms?
    if request.body.isEmpty {
      var audio = AudioStream.offer(codecs, packetTime: packetTime)
      audio.direction = call.wish
      description = call.session.offer(audio, at: place, after: call.heard)
      call.offered = (description, audio)
    } else {
      guard let offer = sessionDescription(request.headers, request.body),
        let heard = try? offer.offeredAudio(call.session.policy(after: call.heard)),
        var audio = heard.answered(codecs, packetTime: packetTime)
      else {
        response = Response(to: request, status: 488, toTag: call.localTag)
        return nil
      }
      audio.direction = call.wish.limited(to: heard.direction.mirrored)
      description = call.session.answer(offer, audio, at: place, after: call.heard)
      (call.said, call.heard) = (audio, heard)
      terms = MediaTerms(said: audio, heard: heard, in: call.session)
      call.terms = terms
    }
    response.headers.append(.contact, contact(flow))
    response.headers.append(.allow, Self.methods.map { $0.name }.joined(separator: ", "))
    response.headers.append(.contentType, MediaType.sdp.description)
    response.body = description.serialised()
    return terms
  }

  /// The ACK of a 2xx of ours came; where that had an offer, this has the answer.
  mutating func acknowledged(_ ack: Request, _ now: Instant) {
    guard var call, call.owns(ack), let id = call.unacknowledged else { return }
    transactions.acknowledged(id, now: now)
    call.unacknowledged = nil
    guard call.offered != nil else {
      self.call = call
      return tellHold(now)
    }
    let terms = sessionDescription(ack.headers, ack.body).flatMap { call.settle(answered: $0) }
    self.call = call
    guard let terms else {
      return leaveCall(CallEnd(.noCommonMedia, "the other end answered with nothing that was offered"), now)
    }
    agreed(terms)
  }

  /// The caller gave up.
  mutating func cancelled(_ id: TransactionID, _ reason: String?, _ now: Instant) {
    guard let call, case .ringing(id, let request, _) = call.stage else { return }
    transactions.respond(Response(to: request, status: 487, toTag: call.localTag), to: id, now: now)
    end(CallEnd(.cancelled, reason.map { "the caller gave up: " + $0 } ?? "the caller gave up"))
  }

  /// Nobody acknowledged our answer.
  mutating func unacknowledged(_ id: TransactionID, _ now: Instant) {
    guard let call, call.unacknowledged == id else { return }
    leaveCall(CallEnd(.failed, TransactionFailure.unacknowledged.description), now)
  }
}
