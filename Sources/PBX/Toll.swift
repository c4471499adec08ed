import CallDoctor
import Configuration
import SIP
import Wire

/// Whose calls to the outside are counted.
enum TollSubject: Hashable, Sendable {
  case `extension`(String)
  case trunk(String)

  var text: String {
    switch self {
    case .extension(let number): "extension " + number
    case .trunk(let name): "trunk " + name
    }
  }

  /// Of what `text` made.
  init?(text: String) {
    if text.hasPrefix("extension ") {
      self = .extension(String(text.dropFirst("extension ".utf8.count)))
    } else if text.hasPrefix("trunk ") {
      self = .trunk(String(text.dropFirst("trunk ".utf8.count)))
    } else {
      return nil
    }
  }
}

/// What calls to the outside have used of the day, as plain values. Calls to emergency numbers, and calls from outside, are
/// not counted.
struct TollBook: Sendable {
  struct Usage: Sendable {
    var calls = 0
    /// Of calls that have ended, or went on from the day before.
    var talked = Interval.zero
  }

  struct Meter: Sendable {
    let subjects: [TollSubject]
    /// When the call was answered, or the day began.
    var since: Instant
  }

  /// The day that is counted, by a number that only has to differ from those of other days.
  private(set) var day: Int64?
  private(set) var usage: [TollSubject: Usage] = [:]
  /// Calls that talk.
  private(set) var meters: [CallReference: Meter] = [:]
  /// When the first of the caps would be reached.
  private(set) var deadline: Instant?
  private var caps: [TollSubject: DailyCap] = [:]
  /// Whose use changed since it was last kept, and whether the day did; nil where nobody keeps it.
  var changes: Set<TollSubject>?
  var isDayNew = false

  init() {}

  /// Seconds talked today, calls in progress included.
  func talked(_ subject: TollSubject, _ now: Instant) -> Interval {
    var sum = usage[subject]?.talked ?? .zero
    for meter in meters.values where meter.subjects.contains(subject) { sum = sum + (now - meter.since) }
    return sum
  }

  func calls(_ subject: TollSubject) -> Int { usage[subject]?.calls ?? 0 }

  /// Whether nothing is left of the day's calls (false) or minutes (true); nil where there is.
  func spent(_ subject: TollSubject, _ cap: DailyCap, _ now: Instant) -> Bool? {
    if calls(subject) >= cap.calls { return false }
    return talked(subject, now) >= .seconds(Int64(cap.minutes) * 60) ? true : nil
  }

  /// A call is tried.
  mutating func count(_ subjects: [TollSubject]) {
    for subject in subjects {
      usage[subject, default: Usage()].calls += 1
      changes?.insert(subject)
    }
  }

  mutating func start(_ leg: CallReference, _ subjects: [TollSubject], _ configuration: Configuration, _ now: Instant) {
    meters[leg] = Meter(subjects: subjects, since: now)
    settle(configuration, now)
  }

  mutating func stop(_ leg: CallReference, _ now: Instant) {
    guard let meter = meters.removeValue(forKey: leg) else { return }
    for subject in meter.subjects {
      usage[subject, default: Usage()].talked = (usage[subject]?.talked ?? .zero) + (now - meter.since)
      changes?.insert(subject)
    }
    reckon(now)
  }

  /// A day has begun: calls that talk go on at its expense.
  mutating func begin(day: Int64, _ now: Instant) {
    guard day != self.day else { return }
    let isFirst = self.day == nil
    self.day = day
    isDayNew = true
    // What was used before the day was known belongs to it.
    guard !isFirst else { return }
    if changes != nil { changes?.formUnion(usage.keys) }
    usage = [:]
    for leg in meters.keys { meters[leg]?.since = now }
    reckon(now)
  }

  /// The caps may have changed.
  mutating func settle(_ configuration: Configuration, _ now: Instant) {
    caps = [:]
    for meter in meters.values {
      for subject in meter.subjects {
        switch subject {
        case .extension: caps[subject] = configuration.toll.extensionCap
        case .trunk(let name): caps[subject] = configuration.cap(ofTrunk: name)
        }
      }
    }
    reckon(now)
  }

  /// Takes up what another process counted.
  mutating func restore(day: Int64) { self.day = day }
  mutating func restore(_ usage: Usage, of subject: TollSubject) { self.usage[subject] = usage }
  mutating func restore(meterOf leg: CallReference, since: Instant) { meters[leg]?.since = since }

  /// Calls whose minutes are used up, with whose.
  func exhausted(_ now: Instant) -> [(call: UInt32, subject: TollSubject)] {
    var ended: [(call: UInt32, subject: TollSubject)] = []
    for (leg, meter) in meters {
      let spent = meter.subjects.first { subject in
        caps[subject].map { talked(subject, now) >= .seconds(Int64($0.minutes) * 60) } ?? false
      }
      if let spent { ended.append((leg.call, spent)) }
    }
    return ended.sorted { $0.call < $1.call }
  }

  /// Calls at the same time use up a cap together.
  private mutating func reckon(_ now: Instant) {
    deadline = nil
    for (subject, cap) in caps {
      let running = Int64(meters.values.count { $0.subjects.contains(subject) })
      guard running > 0 else { continue }
      let left = max(Interval.seconds(Int64(cap.minutes) * 60) - talked(subject, now), .zero)
      // Rounded up: a moment early there would be nothing to end.
      let due = left > .zero ? now + .microseconds(left.microseconds / running + 1) : now
      deadline = earliest(deadline, due)
    }
  }
}

extension Exchange {
  /// Tells which day it is where the box stands, by any number that only this day has. Called at the start, when a day
  /// ends, and when the clock was set.
  @export(interface)
  public func dayIs(_ day: Int64, now: Instant) {
    self.now = now
    guard outside.toll.day != day else { return }
    outside.toll.begin(day: day, now)
    if changedCalls != nil { changedCalls?.formUnion(outside.toll.meters.keys.map { $0.call }) }
  }

  /// Calls that have used up the day's minutes end as if hung up.
  func endCallsBeyondTheCap() {
    guard let due = outside.toll.deadline, due <= now else { return }
    for (number, subject) in outside.toll.exhausted(now) {
      withCall(number) { (exchange, call) in
        let why = "the day's minutes of \(subject.text) are used up"
        exchange.log(.warning, "toll", why, call.logFields)
        exchange.hangUp(&call, .minutesUsedUp(why), reason: "Q.850;cause=16;text=\"The day's minutes are used up\"")
      }
    }
    outside.toll.settle(configuration, now)
  }

  /// Keeps channels and minutes in step with what becomes of a call: they belong to legs, which a transfer may put into
  /// another call.
  func account(for call: Call) {
    guard !outside.trunks.isEmpty || outside.channels[call.number] != nil else { return }
    var held: [String] = []
    var metered: [CallSide: TrunkLeg] = [:]
    switch call.state {
    case .ringing: held = [call.caller.trunk, call.outward?.trunk].compactMap { $0 }
    case .talking(let talking):
      outside.patience[call.number] = nil
      for side in [CallSide.caller, .callee] {
        guard let leg = talking[side], let trunk = leg.trunk, leg.isOpen else { continue }
        held.append(trunk.name)
        if trunk.payer != nil { metered[side] = trunk }
      }
    case .ending, .over: outside.patience[call.number] = nil
    }
    if outside.channels[call.number] ?? [] != held { outside.channels[call.number] = held.isEmpty ? nil : held }
    for side in [CallSide.caller, .callee] {
      let reference = CallReference(call: call.number, side: side)
      let isMetered = outside.toll.meters[reference] != nil
      if let trunk = metered[side], let payer = trunk.payer {
        if !isMetered {
          outside.toll.start(reference, [.extension(payer), .trunk(trunk.name)], configuration, now)
        }
      } else if isMetered {
        outside.toll.stop(reference, now)
      }
    }
  }
}
