import Crypto
import Wire

/// How keys are agreed on.
public struct AgreementSettings: Hashable, Sendable {
  /// The Ed25519 secret of this phone's identity, 32 octets.
  public var identity: [UInt8]
  /// What is remembered of the number at the other end; nil where nothing is.
  public var peer: PeerRecord?
  /// `post_quantum: required`: without ML-KEM there are no keys.
  public var requiresPostQuantum: Bool
  /// Off in a test alone: whether ML-KEM is offered, where OpenSSL has it.
  public var offersPostQuantum: Bool

  public init(
    identity: [UInt8], peer: PeerRecord? = nil, requiresPostQuantum: Bool = false,
    offersPostQuantum: Bool = MLKEM768.isAvailable
  ) {
    self.identity = identity
    self.peer = peer
    self.requiresPostQuantum = requiresPostQuantum
    self.offersPostQuantum = offersPostQuantum
  }
}

/// The key agreement of `docs/secure-voice-protocol.md`, from one end. Frames that arrive are handed to `receive`; for
/// each voice packet that is due `nextFrame` says whether a frame goes in its place; `poll` tells what happened.
///
///     hello  ──▶ commit sent ──▶ reveal sent ──▶ secured      the initiator
///     hello  ──▶ commit awaited ──▶ respond sent ──▶ secured  the responder
public struct KeyAgreement: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    /// Nothing was heard of the other end yet.
    case calling
    case agreeing
    case secured
    /// Nothing answered. A phone that speaks up later is answered still.
    case unanswered
    case failed(SecureVoiceFault)
  }

  /// HELLOs to a number that isn't known as a Sotto phone: each is 20 ms of noise to an ordinary one.
  static let hellosToStrangers = 3
  static let resendInterval = Interval.milliseconds(200)
  /// How long one end waits for the other before it gives an attempt up.
  static let patience = Interval.seconds(10)

  /// Room for data in a frame.
  let room: Int
  let settings: AgreementSettings
  var state = State.calling
  var attempt: UInt8 = 0
  /// For the first attempt and the retry; emptied as they are used up.
  var secrets: [EphemeralSecrets]
  /// Whether the other end is known to have the keys, so that nobody can ask to begin anew.
  var isProven = false
  var events: [SecureVoiceEvent] = []
  var wasReflected = false
  /// Whether a Sotto phone ever answered in this call.
  var hasHeardPeer = false

  // Of the attempt that goes on:
  var ownHello: [UInt8] = []
  var peerHello: [UInt8] = []
  var role: SecureSession.Role?
  var commit: [UInt8] = []
  var respond: [UInt8] = []
  /// The responder's, until the initiator's nonce completes the transcript.
  var sharedSecrets: [UInt8] = []
  var schedule: KeySchedule?
  var flight: [OutgoingMessage] = []
  /// Which frame of the flight is next; all were sent where it is their count.
  var cursor = 0
  var resendAt: Instant?
  var incoming: IncomingMessage?
  var reportAt: Instant?
  var hellosSent = 0
  var deadline: Instant?

  /// `packetSize` is what a voice packet has in octets, 160 or 80.
  @export(interface)
  public init(_ settings: AgreementSettings, packetSize: Int, random: inout RandomSource, now: Instant) {
    self.init(
      settings, packetSize: packetSize, secrets: [EphemeralSecrets(&random), EphemeralSecrets(&random)], now: now)
  }

  init(_ settings: AgreementSettings, packetSize: Int, secrets: [EphemeralSecrets], now: Instant) {
    self.settings = settings
    self.secrets = secrets
    room = min(AgreementFrame.mostData, packetSize - AgreementFrame.overhead)
    if settings.requiresPostQuantum && !settings.offersPostQuantum {
      fail(.postQuantumMissingHere, now)
    } else {
      begin(now)
    }
  }

  /// What happened, until nil.
  @export(interface)
  public mutating func poll() -> SecureVoiceEvent? { events.isEmpty ? nil : events.removeFirst() }

  /// How far it is.
  public var progress: State { state }

  /// When `wake` is to be called. Frames go with the voice packets and wait for no deadline.
  @export(interface)
  public var nextDeadline: Instant? { deadline }

  @export(interface)
  public mutating func wake(now: Instant) {
    guard let deadline, now >= deadline else { return }
    self.deadline = nil
    switch state {
    case .calling:
      guard attempt == 0 else { return fail(.silent, now) }
      state = .unanswered
      flight = []
      events.append(.unanswered(isAlarm: settings.peer != nil))
    case .agreeing: fail(.silent, now)
    case .secured:
      flight = []
      events.append(.unheard)
    case .unanswered, .failed: break
    }
  }

  /// To be called when a frame of the other end's voice proved genuine.
  @export(interface)
  public mutating func voiceCame() {
    guard state == .secured, !isProven else { return }
    isProven = true
    deadline = nil
    forget()
  }

  /// Starts the attempt that `attempt` says.
  mutating func begin(_ now: Instant) {
    ownHello = Hello(offersPostQuantum: settings.offersPostQuantum, random: secrets[Int(attempt)].hello).bytes
    peerHello = []
    role = nil
    commit = []
    respond = []
    sharedSecrets = []
    schedule = nil
    incoming = nil
    reportAt = nil
    state = .calling
    send([OutgoingMessage(.hello, ownHello)])
    deadline = now + Self.patience
  }

  /// Gives the attempt up, with a word to the user, and begins the retry where there is one.
  mutating func fail(_ fault: SecureVoiceFault, _ now: Instant) {
    if attempt == 0 && fault.allowsRetry {
      attempt = 1
      events.append(.retrying(fault))
      begin(now)
    } else {
      state = .failed(fault)
      events.append(.failed(fault))
      deadline = nil
      forget()
    }
  }

  /// Drops what is no longer needed, secrets above all.
  mutating func forget() {
    for i in secrets.indices { secrets[i].wipe() }
    wipe(&sharedSecrets)
    schedule = nil
    flight = []
    incoming = nil
    resendAt = nil
    reportAt = nil
  }

  mutating func send(_ messages: [OutgoingMessage]) {
    flight = messages
    cursor = 0
    resendAt = nil
  }
}

/// The first message: what a phone can do, and a number that decides who goes on.
struct Hello: Hashable, Sendable {
  static let version: UInt8 = 1
  static let count = 18

  let offersPostQuantum: Bool
  let random: [UInt8]

  init(offersPostQuantum: Bool, random: [UInt8]) {
    self.offersPostQuantum = offersPostQuantum
    self.random = random
  }

  /// Nil where it is none. A later version says what it can do beside this one, in bits that are ignored here.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.count, bytes[0] >= Self.version else { return nil }
    self.init(offersPostQuantum: bytes[1] & 1 == 1, random: Array(bytes[2...]))
  }

  var bytes: [UInt8] { [Self.version, offersPostQuantum ? 1 : 0] + random }
}

extension EphemeralSecrets {
  mutating func wipe() {
    Crypto.wipe(&hello)
    Crypto.wipe(&x25519)
    Crypto.wipe(&kemSeed)
    Crypto.wipe(&kemRandom)
    Crypto.wipe(&nonce)
  }
}
