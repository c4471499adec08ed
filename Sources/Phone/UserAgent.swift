import Codecs
import Crypto
import SDP
import SIP
import Wire

/// A telephone's signalling: registers, calls, is called, holds; one call at a time (RFC 3261 §10, §13, RFC 3264). Without
/// I/O: tell it when the exchange is `reached`, feed it what arrives, drain `poll` after each, `wake` it at `nextDeadline`.
public struct UserAgent: Sendable {
  public var account: Account
  /// What is offered and answered, the best first.
  let codecs: [VoiceCoding]
  /// Milliseconds of voice in a packet.
  let packetTime: UInt32
  /// Where voice is taken.
  let mediaPort: UInt16
  var random: RandomSource
  var transactions: TransactionLayer
  var digest: DigestClient
  /// The way to the exchange; nil while there is none.
  var flow: Flow?
  var registration: Registration
  var asked: [TransactionID: Asked] = [:]
  var call: PhoneCall?
  /// Whether the call was last told to be held.
  var wasHeld = false
  private var outputs: [PhoneOutput] = []

  /// A request of ours that waits for its final response.
  struct Asked: Sendable {
    enum Purpose: Sendable {
      case register, leave, invite, reinvite, bye
    }
    let purpose: Purpose
    var request: Request
    /// Whether it carries credentials.
    var isAuthenticated = false
  }

  /// `codecs` are offered in that order; packets have 10 or 20 milliseconds of voice, taken at `mediaPort`.
  public init(
    _ account: Account, codecs: [VoiceCoding] = VoiceCoding.all, packetTime: UInt32 = 20, mediaPort: UInt16,
    random: RandomSource
  ) {
    self.account = account
    self.codecs = codecs
    self.packetTime = packetTime
    self.mediaPort = mediaPort
    var random = random
    registration = Registration(
      callID: random.token(12), tag: random.token(8), line: random.token(8), expires: account.expires)
    transactions = TransactionLayer(random: RandomSource(seed: random.bytes(32)), limit: 64)
    self.random = random
    digest = DigestClient(username: account.user, password: account.password)
  }

  // MARK: what the world does

  /// There is a way to the exchange: by a connection that stands, or from a port of ours.
  @export(interface)
  public mutating func reached(_ flow: Flow, now: Instant) {
    self.flow = flow
    call?.dialog?.move(to: flow)
    registration.dueAt = now
    wake(now: now)
  }

  /// The way is lost; `reached` tells of the next one. A call goes on, for its voice has ways of its own.
  @export(interface)
  public mutating func lost(now: Instant) {
    guard let flow else { return }
    self.flow = nil
    transactions.transportFailed(flow, now: now)
    drain(now)
    if registration.isHeld { registration.state = .absent }
  }

  @export(interface)
  public mutating func receive(_ message: Message, from flow: Flow, now: Instant) {
    transactions.receive(message, from: flow, now: now)
    drain(now)
  }

  @export(interface)
  public mutating func wake(now: Instant) {
    transactions.wake(now: now)
    drain(now)
    renew(now)
    if let at = call?.retryAt, at <= now {
      call?.retryAt = nil
      tellHold(now)
    }
    drain(now)
  }

  @export(interface)
  public var nextDeadline: Instant? {
    let waiting = flow == nil ? nil : registration.dueAt
    return earliest(earliest(transactions.nextDeadline, waiting), call?.retryAt)
  }

  /// What is to be sent, and what happened, until nil.
  @export(interface)
  public mutating func poll() -> PhoneOutput? { outputs.isEmpty ? nil : outputs.removeFirst() }

  /// Whether requests of ours wait for answers.
  public var isWaiting: Bool { !asked.isEmpty }

  mutating func tell(_ event: PhoneEvent) { outputs.append(.event(event)) }

  // MARK: messages

  /// Sends a request in a transaction of its own; nil where there is no way.
  @discardableResult
  mutating func send(_ request: Request, for purpose: Asked.Purpose, now: Instant) -> TransactionID? {
    guard let flow else { return nil }
    let id = transactions.send(request, to: flow, now: now)
    asked[id] = Asked(purpose: purpose, request: request)
    return id
  }

  /// Where requests reach this phone.
  func contact(_ flow: Flow) -> String {
    var uri = URI(user: account.uri.user, host: .address(flow.local.ip), port: flow.local.port)
    if flow.transport != .udp { uri.parameters["transport"] = flow.transport.parameterName }
    uri.parameters["line"] = registration.line
    return NameAddress(uri).description
  }

  mutating func drain(_ now: Instant) {
    while let output = transactions.poll() {
      switch output {
      case .send(let message, let flow): outputs.append(.send(message, to: flow))
      case .request(let request, let id, let flow): received(request, id, flow, now)
      case .ack(let request, _): acknowledged(request, now)
      case .cancelled(let id, let reason): cancelled(id, reason, now)
      case .response(let response, let id, _): answered(response, id, now)
      case .failed(let id, let failure): failed(id, failure, now)
      }
    }
  }

  private mutating func answered(_ response: Response, _ id: TransactionID, _ now: Instant) {
    guard let question = asked[id] else {
      // Another fork of an INVITE that was answered (RFC 3261 §13.2.2.4).
      if response.isSuccess { declineFork(response, id, now) }
      return
    }
    guard response.isFinal else {
      if case .invite = question.purpose { progressed(response, now) }
      return
    }
    asked[id] = nil
    if response.isChallenge, authenticate(question, response, id, now) { return }
    switch question.purpose {
    case .register: registerAnswered(response, wasAuthenticated: question.isAuthenticated, now)
    case .invite: inviteAnswered(response, id, question, now)
    case .reinvite: reinviteAnswered(response, id, now)
    case .leave: tell(.unregistered)
    case .bye: break
    }
  }

  /// Asks again with credentials; false where there are none, or they were wrong.
  private mutating func authenticate(
    _ question: Asked, _ response: Response, _ id: TransactionID, _ now: Instant
  ) -> Bool {
    guard let flow, !account.password.isEmpty,
      let (request, number) = digest.answer(
        response, to: question.request, isAgain: question.isAuthenticated, cnonce: random.token(8))
    else { return false }
    switch question.purpose {
    case .register, .leave: registration.cSeq = number
    case .reinvite, .bye: call?.dialog?.used(number)
    case .invite: break
    }
    let next = transactions.send(request, to: flow, now: now)
    asked[next] = Asked(purpose: question.purpose, request: request, isAuthenticated: true)
    call?.moved(from: id, to: next)
    return true
  }

  private mutating func failed(_ id: TransactionID, _ failure: TransactionFailure, _ now: Instant) {
    guard let question = asked.removeValue(forKey: id) else { return unacknowledged(id, now) }
    switch question.purpose {
    case .register: registrationFailed(failure.description, now)
    case .invite: end(CallEnd(.failed, status: failure == .timeout ? 408 : 503, failure.description))
    case .reinvite: reinviteFailed(failure, now)
    case .leave: tell(.unregistered)
    case .bye: break
    }
  }
}
