import Codecs
import Crypto
import SDP
import SIP
import Wire

/// What happens within a call: hold (RFC 3264 §8.4), changes of the other end's, the end.
extension UserAgent {
  public var isInCall: Bool { call != nil }

  /// Holds the call, or goes on with it.
  @export(interface)
  public mutating func hold(_ isHeld: Bool, now: Instant) {
    guard call?.isEstablished == true else { return }
    call?.wantsHold = isHeld
    tellHold(now)
    drain(now)
  }

  /// Ends the call, or declines it, or gives it up.
  @export(interface)
  public mutating func hangUp(now: Instant, _ cause: CallEnd = CallEnd(.hungUpHere, "hung up")) {
    guard let call else { return }
    switch call.stage {
    case .calling(let id):
      self.call?.stage = .cancelling(id)
      transactions.cancel(id, now: now)
    case .cancelling: break
    case .ringing(let id, let request, _):
      transactions.respond(Response(to: request, status: 603, toTag: call.localTag), to: id, now: now)
      end(CallEnd(.declinedHere, status: 603, "declined"))
    case .established: leaveCall(cause, now)
    }
    drain(now)
  }

  /// Says BYE.
  mutating func leaveCall(_ cause: CallEnd, _ now: Instant) {
    if var dialog = call?.dialog { send(dialog.request(.bye, contact: nil), for: .bye, now: now) }
    end(cause)
  }

  mutating func end(_ end: CallEnd) {
    guard call != nil else { return }
    call = nil
    wasHeld = false
    tell(.ended(end))
  }

  /// Both ends know what is sent now.
  mutating func agreed(_ terms: MediaTerms) {
    guard let call else { return }
    tell(.media(terms))
    if let heard = call.heard, call.toldHold || !heard.direction.receives || wasHeld {
      tell(.held(here: call.toldHold, there: !heard.direction.receives))
    }
    wasHeld = call.toldHold || call.heard?.direction.receives == false
  }

  // MARK: changes of ours

  /// Offers anew where the other end does not know yet whether it is held.
  mutating func tellHold(_ now: Instant) {
    guard var call, let flow, var dialog = call.dialog, call.isEstablished, call.wantsHold != call.toldHold,
      call.reinviting == nil, call.unacknowledged == nil, call.retryAt == nil
    else { return }
    // What is in use stays the first choice, so that the codec does not change in the midst of a call.
    var audio = AudioStream.offer(codecs, packetTime: packetTime)
    if let coding = call.terms?.format.coding, let i = audio.formats.firstIndex(where: { VoiceCoding($0) == coding }) {
      audio.formats.insert(audio.formats.remove(at: i), at: 0)
    }
    audio.direction = call.wish
    let description = call.session.offer(
      audio, at: SocketAddress(flow.local.ip, port: mediaPort), after: call.heard)
    call.offered = (description, audio)
    var request = dialog.request(.invite, contact: contact(flow))
    request.describe(description)
    call.dialog = dialog
    call.toldHold = call.wantsHold
    call.reinviting = send(request, for: .reinvite, now: now)
    self.call = call
  }

  mutating func reinviteAnswered(_ response: Response, _ id: TransactionID, _ now: Instant) {
    guard var call, call.reinviting == id, var dialog = call.dialog, let flow else {
      if response.isSuccess { declineFork(response, id, now) }
      return
    }
    call.reinviting = nil
    guard response.isSuccess else {
      call.offered = nil
      call.toldHold = !call.toldHold
      self.call = call
      switch response.status {
      case 491:
        // Both asked at once: who began the call waits longer (§14.1).
        let wait = dialog.isOurs ? 2100 + Int64(random.next() % 1900) : Int64(random.next() % 2000)
        self.call?.retryAt = now + .milliseconds(wait)
      case 408, 481:
        leaveCall(CallEnd(.failed, status: response.status, "the other end knows nothing of the call"), now)
      default:
        self.call?.wantsHold = call.toldHold
        tell(.holdRefused(reason: "\(response.status) \(response.reason)"))
      }
      return
    }
    dialog.refresh(response.headers)
    transactions.acknowledge(dialog.ack((try? response.headers.cSeq.number) ?? dialog.localCSeq), of: id, to: flow)
    call.dialog = dialog
    let terms = response.description.flatMap { call.settle(answered: $0) }
    self.call = call
    guard let terms else {
      return leaveCall(CallEnd(.noCommonMedia, "the other end answered with nothing that was offered"), now)
    }
    agreed(terms)
    tellHold(now)
  }

  mutating func reinviteFailed(_ failure: TransactionFailure, _ now: Instant) {
    guard failure == .timeout else {
      call?.reinviting = nil
      call?.offered = nil
      call?.wantsHold = false
      call?.toldHold = false
      return tell(.holdRefused(reason: failure.description))
    }
    leaveCall(CallEnd(.failed, status: 408, failure.description), now)
  }

  // MARK: changes of theirs

  mutating func reinvited(_ request: Request, _ id: TransactionID, _ now: Instant) {
    guard var call, call.owns(request), var dialog = call.dialog, let cSeq = try? request.headers.cSeq, let flow else {
      return transactions.respond(Response(to: request, status: 481, toTag: random.token(8)), to: id, now: now)
    }
    guard dialog.accepts(cSeq) else {
      return transactions.respond(Response(to: request, status: 500), to: id, now: now)
    }
    call.dialog = dialog
    self.call = call
    guard call.reinviting == nil, call.unacknowledged == nil else {
      return transactions.respond(Response(to: request, status: 491), to: id, now: now)
    }
    var response = Response(to: request, status: 200)
    let terms = respond(with: &response, to: request, &call, flow)
    if response.isSuccess {
      dialog.refresh(request.headers)
      call.dialog = dialog
      call.unacknowledged = id
      self.call = call
    }
    transactions.respond(response, to: id, now: now)
    if let terms { agreed(terms) }
  }
}

extension PhoneCall {
  /// What an answer to our offer says, without taking it for the last word: of a provisional response.
  func terms(answered description: SessionDescription) -> MediaTerms? {
    guard let offered, let heard = answer(description, offered) else { return nil }
    return MediaTerms(said: offered.audio, heard: heard, in: session)
  }

  /// Takes the answer to our offer; nil where it has nothing of it.
  mutating func settle(answered description: SessionDescription) -> MediaTerms? {
    guard let offered, let heard = answer(description, offered),
      let terms = MediaTerms(said: offered.audio, heard: heard, in: session)
    else { return nil }
    said = offered.audio
    self.heard = heard
    self.offered = nil
    self.terms = terms
    return terms
  }

  private func answer(
    _ description: SessionDescription, _ offered: (description: SessionDescription, audio: AudioStream)
  ) -> AudioStream? {
    (try? description.answeredAudio(
      at: session.audioIndex, of: offered.description, session.policy(after: heard))) ?? nil
  }
}
