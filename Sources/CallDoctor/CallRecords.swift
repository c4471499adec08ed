import Wire

/// A call and what was said in it.
public struct CallRecord: Equatable, Sendable {
  @Boxed public var facts: CallFacts
  public var ladder = Ladder()
  /// Its Call-IDs.
  public internal(set) var names: [String] = []
  var isFault = false

  /// Nil while the call lives.
  public var diagnosis: Diagnosis? { Diagnosis(facts) }

  init(_ facts: CallFacts) { _facts = Boxed(wrappedValue: facts) }

  /// About what it takes in memory.
  var octets: Int { names.reduce(512 + ladder.octets) { $0 + 48 + $1.utf8.count } }
}

/// The calls that live and the last that ended, in bounds.
public struct CallRecords: Sendable {
  /// Ended calls, and the octets that they may take together.
  private let mostRecords: Int
  private let mostOctets: Int
  /// So many of the last stay whether or not they ended well; beyond that, those that did leave first.
  static let alwaysKept = 50
  static let mostStrays = 48

  private var records: [UInt32: CallRecord] = [:]
  private var calls: [String: UInt32] = [:]
  /// Oldest first.
  private var ended: [UInt32] = []
  private var octets = 0
  /// The last INVITEs that belong to no call, and what was answered: the beginning of a call whose caller had to prove
  /// itself first.
  private var strays: [(name: String, message: LadderMessage, at: Instant)] = []
  private var nextStray = 0
  /// Calls whose records changed since they were last kept; nil where nobody keeps them.
  public var changes: Set<UInt32>?

  public init(records: Int = 300, octets: Int = 512 << 10) {
    mostRecords = max(records, 1)
    mostOctets = octets
  }

  /// A call, or one that was refused before it was any, begins; `name` is the Call-ID of its INVITE.
  public mutating func begin(_ facts: CallFacts, name: String) {
    var record = CallRecord(facts)
    for stray in inOrder() where stray.name == name { record.ladder.add(stray.message, at: stray.at) }
    records[facts.number] = record
    changes?.insert(facts.number)
    follow(name, of: facts.number)
  }

  /// Messages with that Call-ID belong to the call.
  public mutating func follow(_ name: String, of number: UInt32) {
    guard let count = records[number]?.names.count, count < 16, calls[name] == nil else { return }
    calls[name] = number
    records[number]?.names.append(name)
    changes?.insert(number)
  }

  /// The call that messages with that Call-ID belong to.
  public func call(named name: String) -> UInt32? { calls[name] }

  /// A message came or goes. `message` is asked for only where it is kept; those of no call only where they `mayBegin` one.
  public mutating func note(_ name: String, at: Instant, mayBegin: Bool, _ message: () -> LadderMessage) {
    if let number = calls[name] {
      let wasEnded = records[number]?.facts.end != nil
      let before = wasEnded ? records[number]?.octets ?? 0 : 0
      records[number]?.ladder.add(message(), at: at)
      if wasEnded { octets += (records[number]?.octets ?? 0) - before }
      changes?.insert(number)
    } else if mayBegin {
      if strays.count < Self.mostStrays {
        strays.append((name, message(), at))
      } else {
        strays[nextStray] = (name, message(), at)
        nextStray = (nextStray + 1) % Self.mostStrays
      }
    }
  }

  private func inOrder() -> [(name: String, message: LadderMessage, at: Instant)] {
    Array(strays[nextStray...]) + Array(strays[..<nextStray])
  }

  /// Whether the call is known and has not ended.
  public func isOpen(_ number: UInt32) -> Bool { records[number].map { $0.facts.end == nil } ?? false }

  public func facts(of number: UInt32) -> CallFacts? { records[number]?.facts }

  /// The call has ended; `facts.end` says how. Only the first time counts.
  public mutating func conclude(_ facts: CallFacts) {
    guard isOpen(facts.number), facts.end != nil else { return }
    records[facts.number]?.facts = facts
    settle(facts.number)
    ended.append(facts.number)
    octets += records[facts.number]?.octets ?? 0
    while ended.count > mostRecords || (octets > mostOctets && ended.count > 1) { forgetOne() }
  }

  /// The last counters of a call, which may come after its end.
  public mutating func measured(_ number: UInt32, caller: MediaFacts?, callee: MediaFacts?) {
    records[number]?.facts.caller.media = caller
    records[number]?.facts.callee.media = callee
    settle(number)
  }

  private mutating func settle(_ number: UInt32) {
    let isFault = records[number]?.diagnosis?.cause.isFault ?? false
    records[number]?.isFault = isFault
    changes?.insert(number)
  }

  private mutating func forgetOne() {
    let old = ended.indices.dropLast(Self.alwaysKept)
    let i = old.first { records[ended[$0]]?.isFault == false } ?? 0
    guard let record = records.removeValue(forKey: ended.remove(at: i)) else { return }
    octets -= record.octets
    for name in record.names { calls[name] = nil }
    changes?.insert(record.facts.number)
  }

  /// Takes up what another process kept, in records that hold nothing yet.
  public mutating func restore(_ kept: [CallRecord]) {
    for record in kept {
      let number = record.facts.number
      records[number] = record
      for name in record.names { calls[name] = number }
    }
    ended = kept.compactMap { record in record.facts.endedAt.map { (at: $0, number: record.facts.number) } }
      .sorted { ($0.at, $0.number) < ($1.at, $1.number) }.map { $0.number }
    octets = ended.reduce(0) { $0 + (records[$1]?.octets ?? 0) }
  }

  /// A call by its number, as in the log.
  public subscript(number: UInt32) -> CallRecord? { records[number] }

  /// Those that ended, the last first.
  public var lastEnded: [CallRecord] { ended.reversed().compactMap { records[$0] } }

  /// Those that live.
  public var open: [CallRecord] { records.values.filter { $0.facts.end == nil } }

  /// About what the ended ones take in memory.
  public var size: (records: Int, octets: Int) { (ended.count, octets) }
}
