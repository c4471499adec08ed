import Wire

/// Holds the packets of one source until each is due to be heard, for whoever needs a frame at fixed times and cannot let
/// it wait for the network: a conference's mix, a sound card. How long packets are held follows how unevenly they come.
///
/// `put` each packet; `take` once every packet time while something is heard, and in silence as often as one likes: the
/// finer, the less the first packet waits.
public struct PlayoutBuffer: Sendable {
  public enum Turn: Equatable, Sendable {
    /// Decode this one.
    case packet(HeldPacket)
    /// Make something up in the place of a packet: it is lost, or late, or time is to be gained for later ones.
    case missing
    /// The source is silent, or was not heard yet.
    case silent
  }

  /// The longest that packets are held.
  static let most = Interval.milliseconds(200)
  /// Packets made up in a row before the source counts as silent.
  private static let mostMissing = 3

  /// Of a packet.
  private let duration: Interval
  /// What a timestamp counts in a millisecond.
  private let ticks: Int64
  private var held = HeldPackets()
  private var source: UInt32?
  /// The number that is to be heard next, nil while the source is silent.
  private var due: UInt16?
  /// The timestamp of the first packet; others are counted from it, without an end.
  private var origin: UInt32 = 0
  private var reach: Int64 = 0
  /// How much earlier than its timestamp a packet came at the earliest, in this and the last window of eight seconds.
  private var earliest = (now: Int64.max, before: Int64.max, until: Instant.zero)
  /// How much later than the earliest they come, as a peak that fades.
  private var spread: Int64 = 0
  private var missing = 0
  /// Packets that came too late to be heard, and those left out to catch up.
  public private(set) var late: UInt32 = 0
  public private(set) var skipped: UInt32 = 0

  private let least: Interval

  /// For packets of so many milliseconds, whose timestamps count `ticks` in each; they are held for `least` at least, up to
  /// 200 ms.
  public init(packetTime: Int, ticks: UInt32, least: Interval = .zero) {
    self.least = least
    duration = .milliseconds(Int64(packetTime))
    self.ticks = Int64(max(1, ticks))
  }

  /// How long a packet is held that comes at its earliest: half a packet more than the spread.
  public var delay: Interval {
    let wanted = Interval.microseconds(spread + duration.microseconds / 2)
    return min(Self.most, max(least, wanted))
  }

  // MARK: in

  @export(interface)
  public mutating func put(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, now: Instant) {
    if header.ssrc != source { restart(header, now) }
    let due = due
    if let due {
      let distance = Int(sequenceDistance(header.sequence, due))
      if distance < 0 && distance > -Int(SequenceTracker.maxMisorder) {
        late &+= 1
        // It was not heard, but says how late packets may be.
        note(header.timestamp, now)
        return
      }
      if distance < 0 || distance >= HeldPackets.capacity { restart(header, now) }
    } else if held.count == 0 || !isNear(header.sequence) {
      restart(header, now)
    }
    note(header.timestamp, now)
    _ = held.keep(header, payload, now)
  }

  private func isNear(_ sequence: UInt16) -> Bool {
    (0..<UInt16(HeldPackets.capacity / 2)).contains { held[sequence &- $0] != nil || held[sequence &+ $0] != nil }
  }

  private mutating func restart(_ header: RTPHeader, _ now: Instant) {
    let isAnother = header.ssrc != source
    source = header.ssrc
    held.removeAll()
    due = nil
    guard isAnother || Int64(Int32(bitPattern: header.timestamp &- origin)) &- reach > 60_000 * ticks else { return }
    origin = header.timestamp
    reach = 0
    earliest = (.max, .max, now + .seconds(8))
  }

  /// Microseconds of a timestamp since the origin.
  private func time(_ timestamp: UInt32) -> Int64 {
    let near = UInt32(truncatingIfNeeded: Int64(origin) &+ reach)
    return (reach &+ Int64(Int32(bitPattern: timestamp &- near))) &* 1000 / ticks
  }

  private mutating func note(_ timestamp: UInt32, _ now: Instant) {
    let time = time(timestamp)
    reach = max(reach, time &* ticks / 1000)
    let transit = now.microseconds &- time
    if now >= earliest.until {
      earliest = (.max, earliest.now, now + .seconds(8))
    }
    earliest.now = min(earliest.now, transit)
    let lateness = max(0, transit &- base)
    spread = lateness > spread ? min(lateness, Self.most.microseconds) : spread - spread >> 8
  }

  private var base: Int64 { min(earliest.now, earliest.before) }

  /// When a packet is due to be heard.
  private func isDue(_ packet: HeldPacket, now: Instant, slack: Int64 = 0) -> Bool {
    base &+ time(packet.timestamp) &+ delay.microseconds &- slack <= now.microseconds
  }

  // MARK: out

  /// What is to be heard now.
  @export(interface)
  public mutating func take(now: Instant) -> Turn {
    guard let due else { return begin(now) }
    if let packet = held[due] {
      // More delay is wanted by now: one frame is made up, and the packet waits.
      if missing < Self.mostMissing, !isDue(packet, now: now, slack: duration.microseconds) { return gap() }
      return hear(packet, now)
    }
    guard let distance = held.distance(from: due), let next = held[due &+ UInt16(distance)] else { return gap() }
    // As many were made up already, while it was not known whether they are lost or late.
    if missing >= distance, isDue(next, now: now, slack: duration.microseconds) { return hear(next, now) }
    // What is missing had its time if what follows it is about to have its own.
    let before = Int64(distance) * duration.microseconds
    guard isDue(next, now: now, slack: before) else { return gap() }
    if missing >= Self.mostMissing { return hear(next, now) }
    self.due = due &+ 1
    missing += 1
    return .missing
  }

  /// A source that was silent speaks, once its first packet has been held for long enough.
  private mutating func begin(_ now: Instant) -> Turn {
    guard let first = earliestHeld, isDue(first, now: now) else { return .silent }
    return hear(first, now)
  }

  /// The first in order of those that came since the silence.
  private var earliestHeld: HeldPacket? {
    var first: HeldPacket?
    held.forEach { packet in
      if let other = first, sequenceDistance(packet.sequence, other.sequence) > 0 { return }
      first = packet
    }
    return first
  }

  private mutating func hear(_ packet: HeldPacket, _ now: Instant) -> Turn {
    held.remove(packet.sequence)
    missing = 0
    let following = packet.sequence &+ 1
    due = following
    // Less delay will do: where two are due at once, one is left out. Delay is won back as soon as it may be: a packet that
    // was once made up would else delay a call to its end.
    if let next = held[following], isDue(next, now: now) {
      held.remove(following)
      skipped &+= 1
      due = following &+ 1
    }
    return .packet(packet)
  }

  private mutating func gap() -> Turn {
    missing += 1
    guard missing > Self.mostMissing else { return .missing }
    if held.count == 0 { due = nil }
    return .silent
  }

  /// Lends the payload of a packet that was taken, until the next `put`.
  public func withPayload<Result>(of packet: HeldPacket, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    held.withPayload(of: packet, body)
  }
}
