import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import SIP
import STUN
import Wire

/// The telephone exchange without I/O: registrar and back-to-back user agent between the phones of the house.
///
/// Feed it what arrives (`receive`, `mediaEvent`, `offer(ports:)`, `connectionClosed`), call `wake` at `nextDeadline`, and
/// drain `poll()` after each. A spurious wake-up is harmless.
public final class Exchange {
  var configuration: Configuration
  var layer: TransactionLayer
  var digest: DigestServer
  var registrar: Registrar
  var random: RandomSource

  /// The time of the event at work.
  var now: Instant
  var calls: [UInt32: Call] = [:]
  /// The legs by our tag, which is unguessable and unique.
  var legs: [String: CallReference] = [:]
  /// The requests that calls began with.
  var callers: [CallerKey: UInt32] = [:]
  /// What requests of ours are for. One without an entry concerns nobody.
  var purposes: [TransactionID: Purpose] = [:]
  /// INVITEs of phones that belong to a call and are not done with.
  var serverCalls: [TransactionID: CallReference] = [:]
  var deadlines = CallDeadlines()
  var freePorts: [UInt16] = []
  var askedForPorts = false
  var isShuttingDown = false
  var callsStarted: UInt64 = 0
  var callsAnswered: UInt64 = 0
  var subscriptions = Subscriptions()
  var mailboxes: [String: Mailbox] = [:] { didSet { haveMailboxesChanged = true } }
  /// Numbers whose watchers are to be told, when the event at work is done.
  var changedNumbers: Set<String> = []
  /// MESSAGEs of phones that wait for their answer.
  var messages: [TransactionID: RelayedMessage] = [:] { didSet { haveMessagesChanged = true } }
  /// What calls made for a transfer have to tell the calls that they are made for, until the event at work is done.
  var transferNews: [TransferNews] = []
  /// Trunks and what belongs to them.
  var outside = Outside()
  /// What became of calls, and of logins that were refused.
  public internal(set) var records = CallRecords()
  /// When records that changed are kept, and how long that may wait.
  var recordsDue: Instant?
  var recordsRest = Interval.seconds(1)
  public internal(set) var refusedLogins = RefusedLogins()
  var acquaintance = Acquaintance()
  var credit = StrangersCredit()
  /// Where what a leg hears goes on in another process.
  var sources: [CallReference: HeardSource] = [:]
  /// What changed since it was last kept; nil where nobody keeps it.
  var changedCalls: Set<UInt32>?
  var changedSources: Set<CallReference>?
  /// The SHA-256 of the certificate that handshakes of DTLS show.
  public var mediaFingerprint = OwnSecurity.nobody
  /// Where phones have their media by ICE's word.
  var proved = ProvedWays()
  var haveMessagesChanged = false
  var haveMailboxesChanged = false
  /// Trunks as they were last kept.
  var keptTrunks: [String: [UInt8]] = [:]
  private var lastNumber: UInt32 = 0
  private var outputs: [Output] = []
  private var polled = 0

  /// Why a request of ours was sent.
  enum Purpose: Sendable {
    case branch(call: UInt32, index: Int)
    case reinvite(call: UInt32)
    /// An offer that the exchange itself makes.
    case reoffer(CallReference)
    /// An UPDATE that only refreshes.
    case refresh(CallReference)
    /// An INVITE whose dialog has ended since: its 2xx is acknowledged, no more.
    case ended(Dialog)
    /// How a transfer goes, told to the phone that asked for it.
    case transferNotice(CallReference)
    /// A NOTIFY of the subscription with that tag of ours.
    case notice(String)
    /// A MESSAGE passed on to one phone: the one that it answers.
    case message(TransactionID)
    case bye(CallReference)
    /// An INFO passed on: the INFO that it answers.
    case info(TransactionID, Request)
    case trunk(TrunkPurpose)
  }

  /// `random` makes tags, branches, nonces and session identifiers: seed it from the operating system.
  @export(interface)
  public init(_ configuration: Configuration, random: RandomSource, now: Instant) {
    var random = random
    self.configuration = configuration
    self.now = now
    layer = TransactionLayer(random: RandomSource(seed: random.bytes(32)))
    digest = DigestServer(realm: configuration.domain, secret: random.bytes(32))
    registrar = Registrar()
    self.random = random
    askForPorts()
    takeTrunks(nil)
  }

  // MARK: In

  /// A datagram, or a message cut out of a connection's bytes.
  @export(interface)
  public func receive(_ bytes: [UInt8], from flow: Flow, now: Instant) {
    self.now = now
    account(bytes, from: flow)
    if flow.transport == .udp && StunMessage.isSTUN(bytes) { return keepAlive(bytes, from: flow) }
    do throws(SIPError) {
      let message = try Message.parse(bytes, flow.transport.keepsMessagesApart ? .datagram : .stream)
      note(message, by: flow, isIncoming: true)
      layer.receive(message, from: flow, now: now)
    } catch {
      refuseDamaged(bytes, error, from: flow)
    }
    drainLayer()
  }

  /// A connection is gone, or could not be made; for UDP: the address can't be reached.
  @export(interface)
  public func connectionClosed(_ flow: Flow, reason: String? = nil, now: Instant) {
    self.now = now
    outside.trouble = reason
    defer { outside.trouble = nil }
    subscriptions.lost(flow)
    noWay(flow)
    drainLayer()
    for (number, call) in calls {
      guard case .talking(var talking) = call.state else { continue }
      for side in [CallSide.caller, .callee] { talking[side]?.dialog.lost(flow) }
      calls[number]?.state = .talking(talking)
    }
    registrar.connectionClosed(flow)
    trunkConnectionClosed(flow)
  }

  /// Fires what is due.
  @export(interface)
  public func wake(now: Instant) {
    self.now = now
    layer.wake(now: now)
    drainLayer()
    registrar.wake(now: now)
    expireSubscriptions()
    while let due = deadlines.next(by: now) {
      guard calls[due.call]?.scheduled == due.at else { continue }
      calls[due.call]?.scheduled = nil
      withCall(due.call) { (exchange, call) in exchange.timeCame(&call) }
    }
    wakeOutside()
    drainLayer()
  }

  /// From now on another configuration holds. Calls go on as they are, with the media ports that they have.
  @export(interface)
  public func reload(_ configuration: Configuration) {
    if configuration.domain != self.configuration.domain {
      digest = DigestServer(realm: configuration.domain, secret: random.bytes(32))
      if changedCalls != nil { digest.keepChanges() }
    }
    let before = self.configuration
    self.configuration = configuration
    takeTrunks(before)
    for number in registrar.numbers where configuration.extensions[number] == nil { registrar.removeAll(of: number) }
    let ports = freePorts
    freePorts = []
    for port in ports { takeBack(port) }
    askForPorts()
    drainLayer()
  }

  /// Ends every call politely and takes no more. `isDone` says when nobody waits for anything.
  @export(interface)
  public func shutdown(now: Instant) {
    self.now = now
    isShuttingDown = true
    for number in calls.keys.sorted() {
      withCall(number) { (exchange, call) in
        if case .ringing = call.state {
          exchange.end(&call, refusing: 503, .shutdown, retryAfter: 10)
        } else {
          exchange.hangUp(&call, .shutdown)
        }
      }
    }
    drainLayer()
  }

  /// After `shutdown`: whether every phone has answered its BYE.
  public var isDone: Bool { isShuttingDown && calls.isEmpty }

  /// Calls that are not over.
  public var callCount: Int { calls.count }

  // MARK: Out

  /// The next thing to do, nil where there is none.
  @export(interface)
  public func poll() -> Output? {
    guard polled < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      polled = 0
      return nil
    }
    polled += 1
    return outputs[polled - 1]
  }

  /// When `wake` is due; may be earlier than needed, never later.
  public var nextDeadline: Instant? {
    var soonest = earliest(earliest(layer.nextDeadline, deadlines.first), registrar.nextDeadline)
    soonest = earliest(soonest, earliest(outside.nextDeadline, subscriptions.deadline))
    return earliest(soonest, recordsDue)
  }

  func emit(_ output: Output) { outputs.append(output) }

  /// Takes back that ports were asked for.
  func unask() {
    outputs.removeAll { if case .needPorts = $0 { true } else { false } }
    askedForPorts = false
  }

  func log(_ level: LogLevel, _ subsystem: StaticString, _ message: String, _ fields: [LogEvent.Field] = []) {
    emit(.log(LogEvent(level, subsystem, message, fields)))
  }

  // MARK: The table of calls

  /// A number that no call has.
  func nextCallNumber() -> UInt32 {
    repeat { lastNumber &+= 1 } while lastNumber == 0 || calls[lastNumber] != nil
    return lastNumber
  }

  /// A call has this number already.
  func avoidNumber(_ number: UInt32) { lastNumber = max(lastNumber, number) }

  /// Lets `body` change a call, and puts it back or, if it is over, out of every table. Must not be nested for a call.
  func withCall(_ number: UInt32, _ body: (Exchange, inout Call) -> Void) {
    guard var call = calls[number] else { return }
    body(self, &call)
    store(call)
  }

  func store(_ call: Call) {
    changedCalls?.insert(call.number)
    account(for: call)
    noteChange(call)
    guard case .over = call.state else {
      var call = call
      if let at = call.deadline, call.scheduled.map({ at < $0 }) ?? true {
        call.scheduled = at
        deadlines.insert(at, for: call.number)
      }
      calls[call.number] = call
      return
    }
    calls[call.number] = nil
    for side in [CallSide.caller, .callee] { forgetSource(CallReference(call: call.number, side: side)) }
    conclude(call, .joined)
    deadlines.forget { calls[$0.call]?.scheduled == $0.at }
    if let invite = call.caller.invite { callers[invite.key] = nil }
    for tag in call.tags where legs[tag]?.call == call.number { legs[tag] = nil }
    for transaction in call.transactions where serverCalls[transaction]?.call == call.number {
      serverCalls[transaction] = nil
    }
  }

  /// Makes one of our tags the name of a leg.
  func name(_ call: inout Call, _ side: CallSide, _ tag: String) {
    legs[tag] = CallReference(call: call.number, side: side)
    call.tags.append(tag)
  }

  /// Notes that an INVITE of a phone belongs to a call.
  func own(_ call: inout Call, _ side: CallSide, _ transaction: TransactionID) {
    serverCalls[transaction] = CallReference(call: call.number, side: side)
    call.transactions.append(transaction)
  }

  /// An INVITE of a phone is done with: its call no longer hangs on it.
  func disown(_ call: inout Call, _ transaction: TransactionID) {
    serverCalls[transaction] = nil
    call.transactions.removeAll { $0 == transaction }
  }

  func newTag() -> String { random.token(8) }

  /// Without `security` of a dialog that has no media of its own.
  func newSession(_ security: OwnSecurity = OwnSecurity()) -> LocalSession {
    LocalSession(
      sessionID: random.next(), iceSecret: IceSecret(high: random.next(), low: random.next()), security: security)
  }
}
