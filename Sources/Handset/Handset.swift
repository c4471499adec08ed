import Codecs
import Crypto
import Phone
import Platform
import SDP
import SIP
import SecureVoice
import VoiceKey
import Wire

/// A telephone switched on: drives `UserAgent` and `VoicePath` by sockets, clock, sound and keys, in one thread.
public final class Handset {
  enum Token {
    static let line: UInt64 = 1
    static let voice: UInt64 = 2
    static let control: UInt64 = 3
    static let keys: UInt64 = 4
    static let signals: UInt64 = 5
    static let card: UInt64 = 6
  }

  /// How long an answer is waited for once the phone is switched off.
  static let farewell = Interval.seconds(3)
  static let statisticsEvery = Interval.seconds(1)
  /// In such steps sound is heard, and a packet waits no longer for the next of them.
  static let step = 5

  let options: HandsetOptions
  var show: Show
  let poller: Poller
  let sound: Sound
  let acquaintances: Acquaintances
  let receiver = DatagramReceiver()
  let signals: SignalReader
  let voice: UDPSocket
  let control: UDPSocket
  let client: TLSClient?
  var random: RandomSource
  var hops: [ServerHop]
  let ip: IPAddress
  var agent: UserAgent
  var keypad: Keypad?

  var line: Line?
  var lineNumber: UInt32 = 0
  var reconnectAt: Instant?
  var failures = 0

  // Of the call:
  var path: VoicePath?
  var party = ""
  var answeredAt: Instant?
  var hasBegun = false
  /// Whether the other phone was asked for keys.
  var hasAsked = false
  var toldOver = false
  var nextStatistics: Instant?
  /// When a sound card that nobody uses is looked for.
  var nextCardCheck: Instant?
  var session: SecureSession?
  /// What rings for a call that waits for an answer.
  var bell: ToneGenerator?
  /// Room for what is said in a packet, and for what is heard at once.
  var said: [Int16] = []
  var heard: [Int16] = []

  /// Nil until the phone is to be switched off.
  var leaveBy: Instant?
  var status: Int32 = 0
  /// How the last call ended.
  var lastEnd: CallEnd?
  var hasCalled = false
  /// The registrar knows; what else was asked may still wait for its answer.
  var hasLeft = false
  var isGone = false

  /// Reads what the options name, finds the exchange, and opens ports; nothing is sent yet.
  @export(interface)
  public convenience init(_ options: HandsetOptions) throws(HandsetError) {
    try self.init(options, Sound(options))
  }

  /// With another sound than the options name.
  init(_ options: HandsetOptions, _ sound: Sound) throws(HandsetError) {
    self.options = options
    show = Show(json: options.json)
    self.sound = sound
    acquaintances = try Acquaintances(options)
    do throws(CryptoError) {
      random = RandomSource(seed: try randomBytes(32))
    } catch {
      throw .random(error)
    }
    guard let target = options.account.server else { throw .account(.uriMissing) }
    hops = try findServers(target, patience: .seconds(10), random: &random)
    guard let first = hops.first else { throw .server(.noAddress(target.host.description)) }
    if options.account.encryption == .required, first.transport != .tls { throw .encryptionNeedsTLS }
    guard let ip = Network.localAddress(toward: first.address) else { throw .noRoute(first.address.ip.description) }
    self.ip = ip
    client = first.transport == .tls ? try makeClient(options.account.authority) : nil
    do throws(PlatformError) {
      poller = try Poller()
      (voice, control) = try openPorts(ip, scope: first.address.scope, random: &random)
      signals = try SignalReader([SignalReader.interrupt, SignalReader.terminate, SignalReader.hangup])
      try poller.add(voice.descriptor, .readable, token: Token.voice)
      try poller.add(control.descriptor, .readable, token: Token.control)
      try poller.add(signals.descriptor, .readable, token: Token.signals)
    } catch {
      throw .file(error)
    }
    // Voice is expedited forwarding (RFC 4594 §4.1).
    voice.setDSCP(46)
    agent = UserAgent(
      options.account, codecs: options.codecs, packetTime: options.packetTime, mediaPort: voice.localAddress?.port ?? 0,
      random: RandomSource(seed: random.bytes(32)))
  }

  /// Runs until the phone is switched off; the exit status.
  @export(interface)
  public func run() -> Int32 {
    introduce()
    let keypad = Keypad()
    self.keypad = keypad
    show.isLive = keypad.isTerminal && !options.json
    defer {
      show.clear()
      keypad.close()
    }
    // What is no terminal, pipe or socket can't be waited for, and has nothing to say.
    try? poller.add(0, .readable, token: Token.keys)
    // Where that is not permitted, sound may break while the machine is busy.
    if sound.card != nil { Thread.makeRealtime(priority: 1) }
    if options.endsWithCard { nextCardCheck = Clock.monotonic() }
    connect(Clock.monotonic())
    while !isGone {
      var ready: [(token: UInt64, what: Readiness)] = []
      poller.wait(until: nextDeadline) { token, what in ready.append((token, what)) }
      for (token, what) in ready { handle(token, what) }
      wake()
    }
    line?.close()
    sound.close()
    return status
  }

  private func introduce() {
    tellOfCard(Clock.monotonic())
    guard options.endToEnd != .off else { return }
    let kind = acquaintances.isTemporary ? "temporary identity, for this run alone" : "identity"
    show.tell(
      "identity", kind + ": " + grouped(acquaintances.fingerprint).joined(separator: " "),
      [.text("fingerprint", acquaintances.fingerprint), .flag("temporary", acquaintances.isTemporary)])
    if !MLKEM768.isAvailable {
      show.tell(
        "classical",
        "this build has only the classical part of the key agreement (X25519), not ML-KEM: recordings of "
          + "its calls could be opened by a quantum computer")
    }
  }

  private var nextDeadline: Instant? {
    var next = earliest(agent.nextDeadline, path?.nextDeadline)
    next = earliest(next, earliest(sound.nextDeadline, nextStatistics))
    next = earliest(next, earliest(reconnectAt, earliest(leaveBy, nextCardCheck)))
    if let answeredAt, let limit = options.limit { next = earliest(next, answeredAt + limit) }
    if let line, !line.isOpen { next = earliest(next, line.opened + .seconds(10)) }
    return next
  }

  private func handle(_ token: UInt64, _ what: Readiness) {
    let now = Clock.monotonic()
    switch token {
    case Token.line: lineReady(what, now)
    case Token.voice: receive(from: voice, now) { path, bytes in path.receive(bytes, now: now) }
    case Token.control: receive(from: control, now) { path, bytes in path.receiveControl(bytes, now: now) }
    case Token.keys:
      guard let commands = keypad?.read() else { return poller.remove(0) }
      for command in commands { perform(command, now) }
    case Token.card: break
    default:
      while signals.next() != nil { leave(now) }
    }
  }

  /// Hands over what came from where the other end said that it is.
  private func receive(from socket: UDPSocket, _ now: Instant, _ take: (VoicePath, [UInt8]) -> Void) {
    receiver.receive(from: socket) { datagram in
      guard let path, let remote = path.terms?.remote, datagram.from.ip == remote.ip else { return }
      take(path, datagram.bytes)
    }
  }

  private func wake() {
    let now = Clock.monotonic()
    if let due = reconnectAt, due <= now { connect(now) }
    if let line, !line.isOpen, line.opened + .seconds(10) <= now { lineBroke("it does not answer", now) }
    agent.wake(now: now)
    drain(now)
    path?.wake(now: now)
    converse(now)
    if let answeredAt, let limit = options.limit, answeredAt + limit <= now { agent.hangUp(now: now) }
    drain(now)
    if let due = nextStatistics, due <= now, let path {
      nextStatistics = now + Self.statisticsEvery
      if options.json { show.tell(path.quality, path.endSecurity, sound.card) } else { showLine(path, now) }
    }
    if let due = nextCardCheck, due <= now, let card = sound.card {
      nextCardCheck = now + CardSound.checkEvery
      card.check(now)
      tellOfCard(now)
    }
    if let leaveBy, leaveBy <= now || hasLeft && !agent.isWaiting { isGone = true }
  }

  /// Switches off: hangs up, takes the registration back; a second time at once.
  func leave(_ now: Instant) {
    guard leaveBy == nil else {
      isGone = true
      return
    }
    leaveBy = now + Self.farewell
    agent.hangUp(now: now)
    agent.leave(now: now)
    drain(now)
  }
}

private func makeClient(_ authority: String?) throws(HandsetError) -> TLSClient {
  do throws(TLSError) {
    return try TLSClient(authorities: authority, oldest: .v12)
  } catch {
    throw .noAuthorities(error)
  }
}

/// An even port for voice and the odd one above it for reports (RFC 3550 §11).
private func openPorts(
  _ ip: IPAddress, scope: UInt32, random: inout RandomSource
) throws(PlatformError) -> (voice: UDPSocket, control: UDPSocket) {
  var attempts = 0
  while true {
    let port = UInt16(16384 + 2 * (random.next() % 16000))
    attempts += 1
    do throws(PlatformError) {
      let voice = try UDPSocket(binding: SocketAddress(ip, port: port, scope: scope))
      do throws(PlatformError) {
        return (voice, try UDPSocket(binding: SocketAddress(ip, port: port + 1, scope: scope)))
      } catch {
        voice.close()
        throw error
      }
    } catch {
      guard attempts < 100 else { throw error }
    }
  }
}
