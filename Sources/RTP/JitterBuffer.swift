import Wire

/// Puts the packets of one source in order for whoever decodes them. What comes in order is to be used at once and is
/// never copied; what comes after a gap is kept until the gap is filled, or until waiting for it is no longer worth it.
///
/// For each packet: `take`, and where that says `.next` use the packet; then `next` until nil. At `deadline`: `next` until
/// nil. It allocates once, when the first packet comes out of order.
public struct JitterBuffer: Sendable {
  /// Packets that are kept at most; a gap that is wider is given up at once.
  public static let capacity = HeldPackets.capacity
  public enum Verdict: Equatable, Sendable {
    /// The next in order, after `lost` packets that are given up.
    case next(lost: Int)
    /// Comes after a gap and was kept.
    case kept
    /// Its place is past, or it is there already, or it is no packet of this stream's.
    case dropped
    /// The source counts anew: this is the first packet of a stream without a past.
    case restarted
    /// There is no room: drain with `flush`, then take it again.
    case full
  }

  public typealias Held = HeldPacket

  public private(set) var patience = GapPatience()
  /// Packets that came too late, and those that never did as far as is known.
  public private(set) var late: UInt32 = 0
  public private(set) var missing: UInt32 = 0
  /// The number that is due.
  private var due: UInt16?
  private var source: UInt32 = 0
  private var held = HeldPackets()
  /// When the first of those kept came, and that showed the gap before it.
  private var since = Instant.zero
  /// When the last gap that was given up had shown.
  private var abandoned: Instant?
  /// The number that would prove that the source counts anew.
  private var restart: UInt16?

  public init() {}

  /// When `next` is due to give up a gap.
  public var deadline: Instant? { held.count > 0 ? since + patience.wait : nil }

  /// Takes a packet and says what to do with it.
  @export(interface)
  public mutating func take(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, now: Instant) -> Verdict {
    guard let due, header.ssrc == source else {
      begin(with: header)
      return .restarted
    }
    let distance = Int(sequenceDistance(header.sequence, due))
    if distance == 0 {
      if held.count > 0 { patience.arrived(after: now - since) }
      self.due = due &+ 1
      return .next(lost: 0)
    }
    guard distance > -Int(SequenceTracker.maxMisorder), distance < Int(SequenceTracker.maxDropout) else {
      guard header.sequence == restart else {
        restart = header.sequence &+ 1
        return .dropped
      }
      begin(with: header)
      return .restarted
    }
    if distance < 0 {
      late &+= 1
      if let abandoned, now - abandoned < .seconds(1) { patience.arrived(after: now - abandoned) }
      return .dropped
    }
    if distance >= Self.capacity {
      guard held.count == 0 else { return .full }
      missing &+= UInt32(distance)
      self.due = header.sequence &+ 1
      return .next(lost: distance)
    }
    let isFirst = held.count == 0
    guard held.keep(header, payload, now) else { return .dropped }
    if isFirst { since = now }
    return .kept
  }

  private mutating func begin(with header: RTPHeader) {
    source = header.ssrc
    due = header.sequence &+ 1
    restart = nil
    abandoned = nil
    held.removeAll()
  }

  /// The next packet in order of those kept, once it is its turn or the gap before it is given up.
  @export(interface)
  public mutating func next(now: Instant) -> Held? { pop(evenIfEarly: false, now) }

  /// The next packet of those kept, whatever is missing before it.
  @export(interface)
  public mutating func flush(now: Instant) -> Held? { pop(evenIfEarly: true, now) }

  private mutating func pop(evenIfEarly: Bool, _ now: Instant) -> Held? {
    // Those kept lie within `capacity` of what is due.
    guard let due, let lost = held.distance(from: due) else { return nil }
    guard lost == 0 || evenIfEarly || now >= since + patience.wait else { return nil }
    guard var packet = held[due &+ UInt16(lost)] else { return nil }
    held.remove(packet.sequence)
    if lost > 0 {
      patience.gaveUp()
      missing &+= UInt32(lost)
      abandoned = since
    }
    packet.lost = lost
    self.due = packet.sequence &+ 1
    since = held.earliestArrival ?? now
    return packet
  }

  /// Lends the payload of a packet that was popped, until the next `take`.
  public func withPayload<Result>(of packet: Held, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    held.withPayload(of: packet, body)
  }
}
