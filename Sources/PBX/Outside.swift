import Configuration
import Crypto
import DNS
import SIP
import Wire

/// What of the exchange's state concerns the world outside of the house, as plain values.
struct Outside: Sendable {
  /// What an answer of DNS or of the kernel is for.
  enum Errand: Hashable, Sendable {
    /// Registering, or looking whether it is there.
    case trunk(String)
    /// A name that its calls may come from.
    case source(trunk: String, host: String)
    case call(UInt32)
    case trial(UInt32)
  }

  /// A way out of the box whose own address only the kernel knows.
  struct Path: Hashable, Sendable {
    let transport: Transport
    let remote: SocketAddress
  }

  /// How long the kernel's word on a path counts for calls.
  static let pathLife = Interval.seconds(60)

  var trunks: [String: Trunk] = [:] { didSet { haveTrunksChanged = true } }
  /// Since they were last kept.
  var haveTrunksChanged = false
  var locator = Locator()
  var searches: [SearchID: Errand] = [:]
  var paths: [Path: (local: SocketAddress, until: Instant)] = [:]
  var waiting: [Path: [Errand]] = [:]
  /// Requests to trunks that may be challenged yet.
  var sent: [TransactionID: TrunkRequest] = [:]
  /// By when a trunk has to have said something on a call, before another is tried.
  var patience: [UInt32: Instant] = [:]
  /// Channels of trunks that calls hold.
  var channels: [UInt32: [String]] = [:]
  var toll = TollBook()
  var trials: [UInt32: TrunkTrial] = [:]
  var lastTrial: UInt32 = 0
  /// Why the connection ended whose end is being told.
  var trouble: String?

  init() {}

  /// How many channels of a trunk are taken.
  func calls(of trunk: String) -> Int {
    channels.values.reduce(0) { sum, names in sum + names.count { $0 == trunk } }
  }

  var nextDeadline: Instant? {
    var deadline = toll.deadline
    for trunk in trunks.values { deadline = earliest(deadline, trunk.dueAt) }
    for instant in patience.values { deadline = earliest(deadline, instant) }
    for trial in trials.values { deadline = earliest(deadline, trial.dueAt) }
    return deadline
  }
}

/// Something is known at once, or an answer brings it later.
enum Known<Value> {
  case now(Value)
  case later
}

extension Exchange {
  /// Trunks as the configuration has them: what has changed begins anew, calls go on.
  func takeTrunks(_ before: Configuration?) {
    let settings = configuration.trunks
    for (name, trunk) in outside.trunks where !settings.contains(where: { $0.name == name }) {
      leaveRegistrar(trunk)
      outside.trunks[name] = nil
    }
    if before?.nameServers != configuration.nameServers { outside.locator.forget() }
    for one in settings {
      if var known = outside.trunks[one.name], known.settings.hasAccount(of: one) {
        known.settings = one
        outside.trunks[one.name] = known
        continue
      }
      if let before = outside.trunks[one.name] { leaveRegistrar(before) }
      var made = Trunk(one, callID: random.token(16), tag: newTag(), line: random.token(8))
      made.dueAt = now
      outside.trunks[one.name] = made
    }
    outside.toll.settle(configuration, now)
  }

  /// What is due by itself.
  func wakeOutside() {
    for name in outside.trunks.keys.sorted() {
      guard let due = outside.trunks[name]?.dueAt, due <= now else { continue }
      beginCycle(name)
    }
    for (number, due) in outside.patience where due <= now {
      outside.patience[number] = nil
      withCall(number) { (exchange, call) in exchange.trunkIsSilent(&call) }
    }
    for (number, trial) in outside.trials {
      if let due = trial.dueAt, due <= now { trialTimeCame(number) }
    }
    endCallsBeyondTheCap()
  }

  /// DNS has answered.
  @export(interface)
  public func resolved(_ question: NameQuestion, _ answer: NameAnswer, now: Instant) {
    self.now = now
    let ended = outside.locator.answered(question, answer, &random, now: now)
    for (id, outcome) in ended {
      guard let errand = outside.searches.removeValue(forKey: id) else { continue }
      located(errand, outcome)
    }
    askNames()
    drainLayer()
  }

  /// The kernel has said which address of ours leads to `remote`; the port is the one that is listened at. Nil where there
  /// is no way.
  @export(interface)
  public func localAddress(
    _ transport: Transport, toward remote: SocketAddress, is local: SocketAddress?, now: Instant
  ) {
    self.now = now
    let path = Outside.Path(transport: transport, remote: remote)
    outside.paths[path] = local.map { ($0, now + Outside.pathLife) }
    for errand in outside.waiting.removeValue(forKey: path) ?? [] {
      switch errand {
      case .trunk(let name): trunkHasPath(name, local)
      case .call(let number):
        withCall(number) { (exchange, call) in exchange.callHasPath(&call, local) }
      case .trial(let number): trialHasPath(number, local)
      case .source: break
      }
    }
    drainLayer()
  }

  /// Where to send to, if that is known; else `located` tells it.
  func locate(_ target: ServerTarget, _ errand: Outside.Errand) -> Known<Locator.Outcome> {
    switch outside.locator.find(target, &random, now: now) {
    case .done(let outcome): return .now(outcome)
    case .searching(let id):
      outside.searches[id] = errand
      askNames()
      return .later
    }
  }

  /// Our address on the way to a server, if it is known; else the errand's continuation tells it.
  func ownAddress(toward hop: ServerHop, _ errand: Outside.Errand, anew: Bool = false) -> Known<SocketAddress?> {
    let path = Outside.Path(transport: hop.transport, remote: hop.address)
    if !anew, let known = outside.paths[path], known.until > now { return .now(known.local) }
    if outside.paths.count > 256 { outside.paths = outside.paths.filter { $0.value.until > now } }
    let isAsked = outside.waiting[path] != nil
    outside.waiting[path, default: []].append(errand)
    if !isAsked { emit(.findLocalAddress(hop.transport, toward: hop.address)) }
    return .later
  }

  private func located(_ errand: Outside.Errand, _ outcome: Locator.Outcome) {
    switch errand {
    case .trunk(let name): trunkLocated(name, outcome)
    case .source(let name, let host): sourceLocated(name, host, outcome)
    case .call(let number):
      withCall(number) { (exchange, call) in exchange.callLocated(&call, outcome) }
    case .trial(let number): trialLocated(number, outcome)
    }
  }

  private func askNames() {
    while let question = outside.locator.poll() { emit(.resolve(question)) }
  }
}

extension TrunkSettings {
  /// Whether both are the same account at the same place, so that a registration holds for both.
  func hasAccount(of other: TrunkSettings) -> Bool {
    place == other.place && outboundProxy == other.outboundProxy && transport == other.transport && user == other.user
      && authenticationUser == other.authenticationUser && password == other.password && registers == other.registers
      && expires == other.expires && acceptFrom == other.acceptFrom && keepAlive == other.keepAlive
  }
}
