import Crypto
import SIP
import Wire

/// The phone's registration (RFC 3261 §10.2).
struct Registration: Sendable {
  enum State: Sendable {
    case absent, asking, held
    /// The phone is being switched off.
    case leaving
  }

  var state = State.absent
  /// All REGISTER requests are of one Call-ID.
  let callID: String
  let tag: String
  /// By which our contact is known among others of the same account.
  let line: String
  /// What is asked for; more than the account says where the registrar wants more (423).
  var expires: UInt32
  var cSeq: UInt32 = 0
  /// Attempts in a row that failed.
  var failures = 0
  /// When the next REGISTER is due.
  var dueAt: Instant?

  init(callID: String, tag: String, line: String, expires: UInt32) {
    self.callID = callID
    self.tag = tag
    self.line = line
    self.expires = expires
  }

  var isHeld: Bool { if case .held = state { true } else { false } }
}

extension UserAgent {
  public var isRegistered: Bool { registration.isHeld }

  /// Takes the registration away; `unregistered` says when the registrar knows, or does not answer.
  @export(interface)
  public mutating func leave(now: Instant) {
    let wasHeld = registration.isHeld
    registration.state = .leaving
    registration.dueAt = nil
    guard wasHeld, let flow else { return tell(.unregistered) }
    send(registerRequest(flow, expires: 0), for: .leave, now: now)
    drain(now)
  }

  /// Registers, or renews it, when that is due.
  mutating func renew(_ now: Instant) {
    guard let due = registration.dueAt, due <= now, let flow else { return }
    registration.dueAt = nil
    switch registration.state {
    case .asking, .leaving: return
    case .absent: registration.state = .asking
    case .held: break
    }
    send(registerRequest(flow, expires: registration.expires), for: .register, now: now)
  }

  private mutating func registerRequest(_ flow: Flow, expires: UInt32) -> Request {
    registration.cSeq &+= 1
    var request = Request(
      registering: account.record, at: account.neighbour(nil), callID: registration.callID, tag: registration.tag,
      cSeq: registration.cSeq, contact: contact(flow), expires: expires)
    request.headers.append(.userAgent, "sotto/" + sottoVersion)
    return request
  }

  mutating func registerAnswered(_ response: Response, wasAuthenticated: Bool, _ now: Instant) {
    if case .leaving = registration.state { return }
    if response.isSuccess { return registered(response, now) }
    let said = "\(response.status) \(response.reason)"
    switch response.status {
    case 423:
      guard let least = response.leastExpires(above: registration.expires) else {
        return registrationRefused(said, now)
      }
      registration.expires = least
      registration.state = .absent
      registration.dueAt = now
      renew(now)
    case 408, 500...: registrationFailed(said, now, after: (try? response.headers.retryAfter) ?? nil)
    case 401, 407:
      registrationRefused(
        wasAuthenticated
          ? "\(said): user or password is wrong"
          : "\(said): a password is asked for, by a method that is not known here",
        now)
    default: registrationRefused(said, now)
    }
  }

  private mutating func registered(_ response: Response, _ now: Instant) {
    let seconds = response.granted(to: registration.line, asked: registration.expires)
    let isNew = !registration.isHeld
    registration.state = .held
    registration.failures = 0
    registration.dueAt = now + renewal(after: seconds, random: random.next())
    if isNew { tell(.registered(seconds: seconds)) }
  }

  /// Nobody answered, or nobody can now: later again.
  mutating func registrationFailed(_ reason: String, _ now: Instant, after seconds: UInt32? = nil) {
    if case .leaving = registration.state { return }
    registration.state = .absent
    registration.failures = min(registration.failures + 1, 6)
    let pause = max(Int64(1) << Int64(registration.failures), Int64(min(seconds ?? 0, 600)))
    registration.dueAt = now + .seconds(pause)
    tell(.notRegistered(reason: reason, willRetry: true))
  }

  private mutating func registrationRefused(_ reason: String, _ now: Instant) {
    registration.state = .absent
    registration.dueAt = nil
    tell(.notRegistered(reason: reason, willRetry: false))
  }
}
