import CallDoctor
import Configuration
import Crypto
import Media
import SIP
import Wire

/// Going on with what another process kept.
extension Exchange {
  /// Takes up what another process kept, in an exchange that has done nothing yet. `ports` are the media ports that are
  /// bound: those that calls have, and others. From then on `takeChanges` tells what changed.
  @export(interface)
  public func restore(_ values: [Journal.Key: [UInt8]], ports: [UInt16], now: Instant) throws(StorageError) {
    self.now = now
    keepChanges()
    var trials: [TransactionID] = []
    try restoreRecords(values)
    for (key, value) in values.sorted(by: { ($0.key.kind, $0.key.name) < ($1.key.kind, $1.key.name) }) {
      var reader = StorageReader(value)
      switch key.kind {
      case Kind.transaction:
        if let trial = try restoreTransaction(key.name, &reader) { trials.append(trial) }
      case Kind.call: try restoreCall(&reader)
      case Kind.registration: registrar.restore(try reader.value(), of: key.name)
      case Kind.secret:
        let uses = values.filter { $0.key.kind == Kind.nonce }.map { (name: $0.key.name, value: $0.value) }
        digest = try DigestServer(realm: configuration.domain, secret: &reader, uses: uses)
        digest.keepChanges()
      case Kind.nonce, Kind.record: continue
      case Kind.subscription:
        let subscription = try reader.value(Subscription.self)
        becomeAcquainted(by: subscription.dialog)
        subscriptions.set(key.name, subscription)
      case Kind.trunk:
        keptTrunks[key.name] = value
        try restoreTrunk(key.name, &reader)
      case Kind.usage: try restoreUsage(key.name, &reader)
      case Kind.source:
        guard let leg = CallReference(text: key.name) else { throw .invalid }
        sources[leg] = try reader.value(HeardSource.self)
      case Kind.proved:
        guard let port = UInt16(key.name) else { throw .invalid }
        proved.restore(port, try reader.value())
      case Kind.rest: try restoreRest(key.name, &reader)
      default: throw .invalid
      }
      guard reader.left == 0 else { throw .invalid }
    }
    layer.restored()
    takeBackPorts(ports)
    outside.toll.settle(configuration, now)
    // Whoever waited for the trial is gone.
    for transaction in trials { cancel(transaction, reason: nil) }
    for number in calls.keys.sorted() { withCall(number) { (exchange, call) in exchange.goOnOutward(&call) } }
    drainLayer()
  }

  /// Takes up phones' contacts that outlived a power cut: nothing else does. `seconds` have passed since; `local` is our
  /// address now on the way to a phone, nil where there is none any more.
  @export(interface)
  public func restoreRegistrations(
    _ values: [Journal.Key: [UInt8]], writtenAt: Instant, seconds: Int64, now: Instant,
    local: (Flow) -> SocketAddress?
  ) throws(StorageError) {
    self.now = now
    for (key, value) in values where key.kind == Kind.registration {
      guard configuration.extensions[key.name] != nil else { continue }
      var reader = StorageReader(value)
      var list: [Binding] = []
      for var binding in try reader.value([Binding].self) {
        let left = binding.expires - writtenAt - .seconds(seconds)
        guard left > .zero, let address = local(binding.flow) else { continue }
        binding.expires = now + min(left, .seconds(Int64(registrar.limits.most)))
        binding.flow.local = address
        list.append(binding)
      }
      registrar.restore(list, of: key.name)
    }
  }

  private func restoreRecords(_ values: [Journal.Key: [UInt8]]) throws(StorageError) {
    var kept: [CallRecord] = []
    for (key, value) in values where key.kind == Kind.record {
      var reader = StorageReader(value)
      kept.append(try reader.value())
      guard reader.left == 0 else { throw .invalid }
    }
    records.restore(kept)
    for record in kept { avoidNumber(record.facts.number) }
  }

  /// Returns the transaction where it is one of a trial.
  private func restoreTransaction(
    _ name: String, _ reader: inout StorageReader
  ) throws(StorageError) -> TransactionID? {
    let id = try layer.restore(name, from: &reader)
    purposes[id] = try reader.value(Purpose?.self)
    outside.sent[id] = try reader.value(TrunkRequest?.self)
    guard case .trunk(.trial) = purposes[id] else { return nil }
    purposes[id] = nil
    return id
  }

  private func restoreCall(_ reader: inout StorageReader) throws(StorageError) {
    let call = try reader.value(Call.self)
    for (tag, side) in zip(call.tags, try reader.value([CallSide?].self)) {
      if let side { legs[tag] = CallReference(call: call.number, side: side) }
    }
    for (transaction, side) in zip(call.transactions, try reader.value([CallSide?].self)) {
      if let side { serverCalls[transaction] = CallReference(call: call.number, side: side) }
    }
    if let key = call.caller.invite?.key { callers[key] = call.number }
    if let at = call.scheduled { deadlines.insert(at, for: call.number) }
    outside.patience[call.number] = try reader.value(Instant?.self)
    avoidNumber(call.number)
    calls[call.number] = call
    becomeAcquainted(by: call)
    account(for: call)
    for side in [CallSide.caller, .callee] {
      let leg = CallReference(call: call.number, side: side)
      if let since = try reader.value(Instant?.self) { outside.toll.restore(meterOf: leg, since: since) }
    }
  }

  private func restoreTrunk(_ name: String, _ reader: inout StorageReader) throws(StorageError) {
    // One that the configuration names no more, or that was never stored, is read over.
    let settings = configuration.trunk(name)
    guard var trunk = try Trunk(settings ?? TrunkSettings(name: name, host: ""), from: &reader), settings != nil
    else { return }
    if let way = trunk.way, way.flow.transport.isReliable, case .held = trunk.registration {
      // Its connection ended with the process.
      trunk.registration = .absent
      trunk.dueAt = now + .milliseconds(Int64(random.next() % 1000))
    }
    if trunk.dueAt == nil && trunk.ping == nil {
      // It waited for DNS, or for the kernel's word; a request on its way goes on by itself.
      if case .asking = trunk.registration {} else { trunk.dueAt = now }
    }
    outside.trunks[name] = trunk
  }

  private func restoreUsage(_ name: String, _ reader: inout StorageReader) throws(StorageError) {
    guard let subject = TollSubject(text: name) else { throw .invalid }
    outside.toll.restore(try reader.value(TollBook.Usage.self), of: subject)
  }

  private func restoreRest(_ name: String, _ reader: inout StorageReader) throws(StorageError) {
    switch name {
    case Rest.day: outside.toll.restore(day: try reader.value(Int64.self))
    case Rest.messages: messages = try reader.value([TransactionID: RelayedMessage].self)
    case Rest.mailboxes: mailboxes = try reader.value([String: Mailbox].self)
    case Rest.logins: refusedLogins = RefusedLogins(try reader.value([RefusedLogin].self))
    default: throw .invalid
    }
  }

  /// A call to the outside that waited for DNS, or for our own address on the way, asks again.
  private func goOnOutward(_ call: inout Call) {
    guard case .ringing(let ringing) = call.state, let outward = call.outward, let name = outward.trunk,
      let trunk = outside.trunks[name], ringing.branches.allSatisfy({ $0.failure != nil })
    else { return }
    if let hop = outward.nextHop {
      if case .now(let local) = ownAddress(toward: hop, .call(call.number)) { callHasPath(&call, local) }
    } else if case .now(let outcome) = locate(trunk.target, .call(call.number)) {
      callLocated(&call, outcome)
    }
  }
}
