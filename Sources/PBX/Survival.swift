import CallDoctor
import Configuration
import Media
import SIP
import Wire

/// How calls and registrations outlive the process: each change is told to whoever keeps it, and another exchange takes
/// all of it up (`restore`).
extension Exchange {
  /// What values are of, in the order in which they are taken up.
  enum Kind {
    static let secret: UInt8 = 1
    static let nonce: UInt8 = 2
    static let registration: UInt8 = 3
    static let trunk: UInt8 = 4
    /// What of a day is used up.
    static let usage: UInt8 = 5
    static let transaction: UInt8 = 6
    static let source: UInt8 = 7
    static let record: UInt8 = 8
    static let call: UInt8 = 9
    static let subscription: UInt8 = 10
    static let rest: UInt8 = 11
    static let proved: UInt8 = 12
  }

  enum Rest {
    static let day = "day"
    static let messages = "messages"
    static let mailboxes = "mailboxes"
    static let logins = "logins"
  }

  /// From now on `takeChanges` tells what changed.
  @export(interface)
  public func keepChanges() {
    layer.keepChanges()
    digest.keepChanges()
    registrar.changes = []
    subscriptions.changes = []
    outside.toll.changes = []
    outside.toll.isDayNew = true
    outside.haveTrunksChanged = true
    records.changes = []
    changedCalls = []
    changedSources = []
    proved.changed = []
  }

  /// Nobody keeps what changes any more.
  @export(interface)
  public func stopKeepingChanges() {
    layer.stopKeepingChanges()
    digest.stopKeepingChanges()
    registrar.changes = nil
    subscriptions.changes = nil
    outside.toll.changes = nil
    records.changes = nil
    recordsDue = nil
    changedCalls = nil
    changedSources = nil
    proved.changed = nil
    keptTrunks = [:]
  }

  /// Puts what changed since this was last asked into a batch. It is to be kept before the outputs are carried out: what
  /// others were told must not be forgotten.
  @export(interface)
  public func takeChanges(_ batch: inout Journal.Batch) {
    guard changedCalls != nil else { return }
    layer.takeChanges(&batch, kind: Kind.transaction) { (id, writer) in
      writer.put(purposes[id])
      writer.put(outside.sent[id])
    }
    takeChangedCalls(&batch)
    for number in registrar.changes ?? [] {
      let bindings = registrar.bindings(of: number, now: now)
      batch.keep(bindings.isEmpty ? nil : bindings, Journal.Key(Kind.registration, number))
    }
    if registrar.changes?.isEmpty == false { registrar.changes = [] }
    digest.takeChanges(&batch, secret: Kind.secret, uses: Kind.nonce)
    for tag in subscriptions.changes ?? [] { batch.keep(subscriptions[tag], Journal.Key(Kind.subscription, tag)) }
    if subscriptions.changes?.isEmpty == false { subscriptions.changes = [] }
    takeChangesOutside(&batch)
    takeChangedRecords(&batch)
    if haveMessagesChanged {
      batch.put(Journal.Key(Kind.rest, Rest.messages)) { $0.put(messages) }
      haveMessagesChanged = false
    }
    if haveMailboxesChanged {
      batch.put(Journal.Key(Kind.rest, Rest.mailboxes)) { $0.put(mailboxes) }
      haveMailboxesChanged = false
    }
  }

  /// Puts all contacts of phones that a restart of the machine may leave as they are (`restoreRegistrations`).
  @export(interface)
  public func putRegistrations(_ batch: inout Journal.Batch) {
    for number in registrar.numbers {
      let bindings = registrar.bindings(of: number, now: now).filter { !$0.flow.transport.isReliable }
      if !bindings.isEmpty { batch.put(Journal.Key(Kind.registration, number)) { $0.put(bindings) } }
    }
  }

  /// How often the contacts of phones have changed.
  public var registrationChanges: RegistrationChanges { registrar.counts }

  private func takeChangedCalls(_ batch: inout Journal.Batch) {
    for number in changedCalls ?? [] {
      let key = Journal.Key(Kind.call, String(number))
      guard let call = calls[number] else {
        batch.forget(key)
        continue
      }
      batch.put(key) { writer in
        writer.put(call)
        writer.put(call.tags.map { legs[$0]?.side })
        writer.put(call.transactions.map { serverCalls[$0]?.side })
        writer.put(outside.patience[number])
        for side in [CallSide.caller, .callee] {
          writer.put(outside.toll.meters[CallReference(call: number, side: side)]?.since)
        }
      }
    }
    if changedCalls?.isEmpty == false { changedCalls = [] }
    for leg in changedSources ?? [] { batch.keep(sources[leg], Journal.Key(Kind.source, leg.text)) }
    if changedSources?.isEmpty == false { changedSources = [] }
    for port in proved.changed ?? [] { batch.keep(proved[port], Journal.Key(Kind.proved, String(port))) }
    if proved.changed?.isEmpty == false { proved.changed = [] }
  }

  /// Records are for people, and grow with each message: they are kept a second later, together.
  private func takeChangedRecords(_ batch: inout Journal.Batch) {
    guard let changes = records.changes, !changes.isEmpty || refusedLogins.haveChanged else { return }
    let due = recordsDue ?? now + recordsRest
    guard now >= due else {
      recordsDue = due
      return
    }
    for number in changes { batch.keep(records[number], Journal.Key(Kind.record, String(number))) }
    records.changes = []
    recordsDue = nil
    guard refusedLogins.haveChanged else { return }
    batch.put(Journal.Key(Kind.rest, Rest.logins)) { $0.put(refusedLogins.logins) }
    refusedLogins.haveChanged = false
  }

  private func takeChangesOutside(_ batch: inout Journal.Batch) {
    for subject in outside.toll.changes ?? [] {
      batch.keep(outside.toll.usage[subject], Journal.Key(Kind.usage, subject.text))
    }
    if outside.toll.changes?.isEmpty == false { outside.toll.changes = [] }
    if outside.toll.isDayNew, let day = outside.toll.day {
      batch.put(Journal.Key(Kind.rest, Rest.day)) { $0.put(day) }
      outside.toll.isDayNew = false
    }
    guard outside.haveTrunksChanged else { return }
    for name in keptTrunks.keys where outside.trunks[name] == nil {
      keptTrunks[name] = nil
      batch.forget(Journal.Key(Kind.trunk, name))
    }
    for (name, trunk) in outside.trunks {
      var writer = StorageWriter()
      trunk.write(to: &writer)
      guard keptTrunks[name] != writer.bytes else { continue }
      keptTrunks[name] = writer.bytes
      batch.put(Journal.Key(Kind.trunk, name)) { $0.append(writer.bytes) }
    }
    outside.haveTrunksChanged = false
  }
}

extension Journal.Batch {
  /// A value, or that there is none any more.
  fileprivate mutating func keep<Value: Storable>(_ value: Value?, _ key: Journal.Key) {
    if let value { put(key) { $0.put(value) } } else { forget(key) }
  }
}

extension CallReference {
  /// As a name: the call's number with the side before it.
  var text: String { (side == .caller ? "a" : "b") + String(call) }

  init?(text: String) {
    guard let first = text.utf8.first, first == UInt8(ascii: "a") || first == UInt8(ascii: "b"),
      let number = UInt32(text.dropFirst())
    else { return nil }
    self.init(call: number, side: first == UInt8(ascii: "a") ? .caller : .callee)
  }
}
