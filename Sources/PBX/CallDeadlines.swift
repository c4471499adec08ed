import HeapModule
import Wire

/// When calls have something to do by themselves, soonest first. A call stands here by the time that it noted as
/// `scheduled`; what else stands here for it means nothing any more.
struct CallDeadlines: Sendable {
  struct Entry: Comparable, Sendable {
    let at: Instant
    let call: UInt32

    static func < (a: Entry, b: Entry) -> Bool { a.at < b.at }
  }

  private var entries = Heap<Entry>()
  private var forgotten = 0

  mutating func insert(_ at: Instant, for call: UInt32) { entries.insert(Entry(at: at, call: call)) }

  var first: Instant? { entries.min?.at }

  /// The next that is due.
  mutating func next(by now: Instant) -> Entry? {
    guard let first = entries.min, first.at <= now else { return nil }
    return entries.removeMin()
  }

  /// A call is over: once there may be many entries that mean nothing, only those stay that `isLive` names.
  mutating func forget(_ isLive: (Entry) -> Bool) {
    forgotten += 1
    guard forgotten > 64 + entries.count / 2 || isUseless(isLive) else { return }
    forgotten = 0
    entries = Heap(entries.unordered.filter(isLive))
  }

  /// Cheap to see, and all that is left of the last call.
  private func isUseless(_ isLive: (Entry) -> Bool) -> Bool { entries.count <= 8 && !entries.isEmpty }
}

extension Call {
  /// When the call has something to do by itself; nil where it only waits for others.
  var deadline: Instant? {
    switch state {
    case .ringing(let ringing): ringing.nextDeadline
    case .talking(let talking):
      earliest(earliest(talking.reofferDeadline, talking.timerDeadline), talking.leaving?.until)
    case .ending, .over: nil
    }
  }
}

extension Exchange {
  /// Something of a call may be due.
  func timeCame(_ call: inout Call) {
    switch call.state {
    case .ringing:
      repeatReliable(&call)
      ringingTimedOut(&call)
    case .talking:
      checkTimers(&call)
      makeReoffers(&call)
      endTone(&call)
    case .ending, .over: return
    }
  }
}
