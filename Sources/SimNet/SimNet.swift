import Wire

/// How a link treats what is sent over it. Probabilities from 0 to 1, each drawn for each packet.
public struct LinkConditions: Sendable {
  public var loss: Double
  public var duplication: Double
  /// The part of the packets held back by `reorderingDelay`, so that later ones overtake them.
  public var reordering: Double
  public var reorderingDelay: Interval
  public var delay: Interval
  /// Added to `delay`, evenly spread from zero to this.
  public var jitter: Interval

  public init(
    loss: Double = 0, duplication: Double = 0, reordering: Double = 0, reorderingDelay: Interval = .milliseconds(50),
    delay: Interval = .milliseconds(5), jitter: Interval = .zero
  ) {
    self.loss = loss
    self.duplication = duplication
    self.reordering = reordering
    self.reorderingDelay = reorderingDelay
    self.delay = delay
    self.jitter = jitter
  }

  /// 5 ms, nothing lost.
  public static let good = LinkConditions()
  /// What a phone on a bad radio link sees: a fifth lost, a tenth twice, a fifth late.
  public static let bad = LinkConditions(
    loss: 0.2, duplication: 0.1, reordering: 0.2, reorderingDelay: .milliseconds(700), jitter: .milliseconds(40))
}

/// A network in virtual time: what is sent arrives later, twice, out of order or never, as the seed decides.
/// Nothing happens between calls; the caller asks for the next arrival and moves the clock there.
public struct SimNet<Payload> {
  public struct Arrival {
    public let payload: Payload
    public let from: SocketAddress
    public let to: SocketAddress
    public let time: Instant
  }

  private struct Link: Hashable {
    let from: SocketAddress
    let to: SocketAddress
  }

  private var generator: SeededGenerator
  private var conditions: LinkConditions
  private var special: [Link: LinkConditions] = [:]
  private var severed: Set<Link> = []
  private var lastInOrder: [Link: Instant] = [:]
  /// Sorted by time, then by the order of sending; the next one last.
  private var inFlight: [Arrival] = []
  /// What was sent and what never arrives, for a test's own bounds.
  public private(set) var sent = 0
  public private(set) var lost = 0

  public init(seed: UInt64, _ conditions: LinkConditions = .good) {
    generator = SeededGenerator(seed: seed)
    self.conditions = conditions
  }

  /// Conditions for one direction of one link; the others keep the network's.
  public mutating func set(_ conditions: LinkConditions, from: SocketAddress, to: SocketAddress) {
    special[Link(from: from, to: to)] = conditions
  }

  /// From now on nothing passes between the two, in neither direction; what is in flight still arrives.
  public mutating func cut(_ a: SocketAddress, _ b: SocketAddress) {
    severed.formUnion([Link(from: a, to: b), Link(from: b, to: a)])
  }

  /// Undoes `cut`.
  public mutating func mend(_ a: SocketAddress, _ b: SocketAddress) {
    severed.subtract([Link(from: a, to: b), Link(from: b, to: a)])
  }

  /// Sends a datagram.
  public mutating func send(_ payload: Payload, from: SocketAddress, to: SocketAddress, now: Instant) {
    let link = Link(from: from, to: to)
    let conditions = special[link] ?? conditions
    sent += 1
    let isLost = generator.chance(conditions.loss)
    let isDoubled = generator.chance(conditions.duplication)
    for copy in 0..<2 {
      var delay = conditions.delay
      delay = delay + .microseconds(Int64(Double(conditions.jitter.microseconds) * unit()))
      if generator.chance(conditions.reordering) { delay = delay + conditions.reorderingDelay }
      if copy == 0 ? isLost : !isDoubled { continue }
      enqueue(payload, link, at: now + delay)
    }
    if isLost && !isDoubled { lost += 1 }
  }

  /// Sends over a connection: delayed, but complete and in order unless the link is cut.
  public mutating func sendInOrder(_ payload: Payload, from: SocketAddress, to: SocketAddress, now: Instant) {
    let link = Link(from: from, to: to)
    let conditions = special[link] ?? conditions
    sent += 1
    let jitter = Interval.microseconds(Int64(Double(conditions.jitter.microseconds) * unit()))
    let time = max(now + conditions.delay + jitter, lastInOrder[link] ?? now)
    lastInOrder[link] = time
    enqueue(payload, link, at: time)
  }

  /// When the next packet arrives, if any is in flight.
  public var nextArrival: Instant? { inFlight.last?.time }

  /// Takes the next packet that has arrived by `now`, else nil.
  public mutating func arrival(by now: Instant) -> Arrival? {
    guard let next = inFlight.last, next.time <= now else { return nil }
    return inFlight.removeLast()
  }

  private mutating func unit() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

  private mutating func enqueue(_ payload: Payload, _ link: Link, at time: Instant) {
    guard !severed.contains(link) else {
      lost += 1
      return
    }
    // Before every one that is due at the same time or earlier: these were sent first and leave from the end first.
    var low = 0
    var high = inFlight.count
    while low < high {
      let middle = (low + high) / 2
      if inFlight[middle].time > time { low = middle + 1 } else { high = middle }
    }
    inFlight.insert(Arrival(payload: payload, from: link.from, to: link.to, time: time), at: low)
  }
}
