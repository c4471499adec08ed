import Codecs
import KernelRelay
import Platform
import RTP
import Wire

/// All streams of the media thread and the sockets that they have: carries out commands and decides each packet.
struct Switchboard: PacketHandler {
  /// The sockets of one side.
  struct Sockets {
    var port: UInt16 = 0
    var rtp = -1
    var control = -1
  }

  struct Entry {
    var id: StreamID
    var stream: RelayStream
    var sockets = InlineArray<2, Sockets>(repeating: Sockets())
    /// What the kernel has of each side.
    var holds = InlineArray<2, KernelDesk.Hold>(repeating: KernelDesk.Hold())
    var watch = SourceWatch()
    var expectsBoth = false
    /// The first side of those that are expected.
    var first: FirstSide?

    var statistics: StreamStatistics {
      var statistics = stream.statistics
      statistics.a.inKernel = holds[0].number != 0
      statistics.b?.inKernel = holds[1].number != 0
      return statistics
    }

    /// Where another process would go on with what this side hears, where that is to be told now.
    mutating func due(_ side: Side, now: Instant) -> HeardSource? {
      let i = Int(side.rawValue)
      guard stream.endsHere else { return watch.due(side, stream.legs[i].succession) }
      guard let own = stream.source(toward: side) else { return nil }
      let ticks = stream.termination?.ticks(toward: side) ?? stream.legs[i].security?.own?.ticks ?? 8
      return watch.due(side, own, ticks: ticks, now: now, stream.legs[i].security)
    }

    /// The socket by which RTCP goes to that side; negative where it has none.
    mutating func controlSlot(_ side: Side) -> Int {
      let i = Int(side.rawValue)
      return stream.legs[i].muxesControl ? sockets[i].rtp : sockets[i].control
    }

    /// Looks at the entry in place: it is large to copy.
    mutating func look<R>(_ body: (inout Entry) -> R) -> R { body(&self) }
  }

  struct FirstSide {
    let side: Side
    let leg: Leg
    let pair: PortPair
  }

  /// A closed stream whose legs are on their way back from the kernel, with their last counts.
  struct Farewell {
    var stream: RelayStream
    var legs: Int
  }

  private let patience: Interval
  private let laws = G711Conversion()
  var entries: [Entry?] = []
  var free: [Int] = []
  var index: [StreamID: Int] = [:]
  /// By the slot of the socket.
  var routes: [Route] = []
  private(set) var now = Instant.zero
  /// What signalling is to be told.
  private(set) var events: [Event] = []
  var desk: KernelDesk
  var farewells: [StreamID: Farewell] = [:]
  /// What the kernel relays for another process, by the port that it takes packets at, until all of it is known.
  var found: [UInt16: (leg: KernelLeg, count: KernelCount)] = [:]

  let studio: Studio
  /// When `wake` is due, if ever.
  private(set) var nextWake: Instant?

  init(patience: Interval, seed: UInt64 = 0, desk: KernelDesk = KernelDesk(first: 1, step: 1)) {
    self.patience = patience
    self.desk = desk
    studio = Studio(seed: seed)
  }

  var isEmpty: Bool { index.isEmpty }
  /// Whether signalling is to be told something.
  var hasNews: Bool { !events.isEmpty || !desk.requests.isEmpty }

  mutating func takeEvents() -> [Event] {
    let taken = events
    events = []
    return taken
  }

  mutating func say(_ event: Event) { events.append(event) }

  func setMusic(_ music: Music?) { studio.music = music }

  // MARK: packets

  mutating func begin(now: Instant) { self.now = now }

  mutating func receive(_ packet: UnsafeMutableRawBufferPointer, slot: Int, from: SocketAddress) -> PacketTarget? {
    let route = routes[slot]
    let i = Int(route.stream)
    guard i >= 0 else { return nil }
    var moved = false
    var isControl = route.isControl
    if !route.shares.isEmpty {
      let octets = UnsafeRawBufferPointer(packet)
      if route.shares.contains(.checks), RTPHeader.isSTUN(octets) { return check(octets, slot, route, from: from) }
      if route.shares.contains(.handshakes), RTPHeader.isDTLS(octets) {
        shaken(octets, route, from: from)
        return nil
      }
      isControl = isControl || route.shares.contains(.control) && RTCPCompound.isMuxed(octets)
    }
    guard
      let outcome = isControl
        ? entries[i]?.stream.receiveSealedControl(packet, side: route.side, from: from, now: now)
        : entries[i]?.stream.receive(packet, side: route.side, from: from, now: now, laws: laws, moved: &moved)
    else { return nil }
    if moved { follow(route, from) }
    if outcome == .taken {
      // A key may have brought the stream back.
      if route.isHeld { reconcile(i, takes: false) }
      address(i)
    }
    guard case .send(let side, let address) = outcome else { return nil }
    if isControl {
      let by = entries[i]?.look { $0.controlSlot(side) } ?? -1
      return by >= 0 ? PacketTarget(slot: by, address: address) : nil
    }
    if route.isHeld { slipped(i, route.side, payloadType: packet[1] & 0x7f, from: from) }
    let by = side == .a ? route.slotA : route.slotB
    return by >= 0 ? PacketTarget(slot: Int(by), address: address) : nil
  }

  mutating func next(into packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)? {
    studio.outbox.next(into: packet)
  }

  /// Says where the packets go that a stream has just made, and when it wants to be woken.
  mutating func address(_ i: Int) {
    studio.outbox.address { letter, room in
      entries[i]?.look { entry in
        let sockets = entry.sockets[Int(letter.side.rawValue)]
        let count = entry.stream.protect(room, count: letter.count, to: letter.side, isControl: letter.isControl)
        guard count > 0, let address = entry.stream.send(count, to: letter.side, isControl: letter.isControl),
          sockets.rtp >= 0
        else { return nil }
        let slot = letter.isControl ? entry.controlSlot(letter.side) : sockets.rtp
        return (PacketTarget(slot: slot, address: address), count)
      } ?? nil
    }
    guard let found = entries[i]?.look({ ($0.id, $0.stream.nearsCeiling, $0.stream.deadline) }) else { return }
    let (id, nearsCeiling, deadline) = found
    if nearsCeiling { tellSources(i, now: now) }
    nextWake = earliest(nextWake, deadline)
    for key in studio.outbox.digits { say(.pressed(id, key.from, digit: key.digit, milliseconds: key.milliseconds)) }
    studio.outbox.digits.removeAll(keepingCapacity: true)
  }

  /// Wakes the streams that are due.
  mutating func wake(now: Instant) {
    guard let nextWake, nextWake <= now else { return }
    self.nextWake = nil
    for i in entries.indices {
      guard let deadline = entries[i]?.stream.deadline else { continue }
      if deadline <= now { entries[i]?.stream.wake(now: now) }
      address(i)
    }
  }

  mutating func unsent(slot: Int) {
    let route = routes[slot]
    if route.stream >= 0 { entries[Int(route.stream)]?.stream.countUnsent(route.side) }
  }

  /// Says which streams fell silent; to be asked about once a second.
  mutating func checkSilence(now: Instant) {
    for i in entries.indices {
      tellSources(i, now: now)
      guard entries[i]?.stream.fellSilent(now: now, patience: patience) == true else { continue }
      if let id = entries[i]?.id { say(.noMedia(id)) }
    }
  }

  /// Says where another process would go on, long before that is reached.
  mutating func tellSources(_ i: Int, now: Instant) {
    guard let (id, a, b) = entries[i]?.look({ ($0.id, $0.due(.a, now: now), $0.due(.b, now: now)) }) else { return }
    if let a { say(.source(id, .a, a)) }
    if let b { say(.source(id, .b, b)) }
  }
}
