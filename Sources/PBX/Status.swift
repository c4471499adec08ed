import Configuration
import Media
import SIP
import Wire

/// What the exchange holds at one moment, for `status` and the console.
public struct ExchangeStatus: Sendable {
  public var registrations: [RegistrationStatus] = []
  public var calls: [CallStatus] = []
  /// Media ports reserved and free.
  public var freePorts = 0
  public var transactions = 0
  /// Calls since the start: all that passed authentication, and those that were answered.
  public var callsStarted: UInt64 = 0
  public var callsAnswered: UInt64 = 0

  public init() {}
}

/// One contact of an extension.
public struct RegistrationStatus: Sendable {
  public var number: String
  public var name: String
  /// The URI that the phone registered.
  public var contact: String
  /// Where calls to it go, with the transport: `udp 192.0.2.7:5060`.
  public var source: String
  public var userAgent: String?
  /// Seconds until it expires.
  public var expiresIn: Int64

  public init(number: String, name: String, contact: String, source: String, userAgent: String?, expiresIn: Int64) {
    self.number = number
    self.name = name
    self.contact = contact
    self.source = source
    self.userAgent = userAgent
    self.expiresIn = expiresIn
  }
}

public struct CallStatus: Sendable {
  public enum Phase: String, Sendable {
    case ringing, connected, held, ending
  }

  /// The number of the call, as in the log.
  public var number: UInt32
  public var caller: String
  public var callee: String
  public var phase: Phase
  /// Seconds since the INVITE came, and since the call was answered.
  public var age: Int64
  public var talking: Int64?
  /// The caller's leg, and the callee's; nil for the echo and while nobody has answered.
  public var callerLeg: LegStatus
  public var calleeLeg: LegStatus?
}

public struct LegStatus: Sendable {
  public var codec: String?
  /// The suite by which its media is encrypted; nil where it is not.
  public var encryption: String?
  /// What is passed on beside the audio, or instead of it: `video`, `image` (a fax).
  public var further: [String] = []
  /// Where signalling goes.
  public var signalling: String
  /// Where media goes: as its SDP said, or as was learned from its packets.
  public var media: String?
  public var port: UInt16?
  /// Counters as of the last report from the media thread; ask with `reportMedia`.
  public var statistics: LegStatistics?
}

extension Exchange {
  /// Everything as it is at `now`.
  @export(interface)
  public func status(now: Instant) -> ExchangeStatus {
    var status = ExchangeStatus()
    for number in registrar.numbers.sorted() {
      for binding in registrar.bindings(of: number, now: now) {
        status.registrations.append(
          RegistrationStatus(
            number: number, name: configuration.extensions[number]?.name ?? number,
            contact: binding.contact.uri.description, source: binding.flow.text, userAgent: binding.userAgent,
            expiresIn: binding.secondsLeft(now)))
      }
    }
    status.calls = calls.keys.sorted().compactMap { calls[$0]?.status(now: now) }
    status.freePorts = freePorts.count
    status.transactions = layer.count
    status.callsStarted = callsStarted
    status.callsAnswered = callsAnswered
    return status
  }
}

extension Call {
  fileprivate func status(now: Instant) -> CallStatus {
    var callerLeg = LegStatus(signalling: caller.invite?.flow.text ?? "", port: callerPort)
    var calleeLeg: LegStatus?
    var phase = CallStatus.Phase.ringing
    switch state {
    case .ringing: break
    case .talking(let talking), .ending(let talking):
      callerLeg = talking.caller.status
      callerLeg.encryption = suite(of: talking.caller)
      calleeLeg = talking.callee?.status
      calleeLeg?.encryption = talking.callee.flatMap { suite(of: $0) }
      phase = talking.isHeld ? .held : .connected
    case .over: phase = .ending
    }
    if case .ending = state { phase = .ending }
    callerLeg.statistics = statistics?.a
    calleeLeg?.statistics = statistics?.b
    return CallStatus(
      number: number, caller: caller.number, callee: callee, phase: phase, age: (now - startedAt).seconds,
      talking: answeredAt.map { (now - $0).seconds }, callerLeg: callerLeg, calleeLeg: calleeLeg)
  }
}
