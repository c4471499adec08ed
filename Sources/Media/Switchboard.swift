import Codecs
import KernelRelay
import Platform
import Wire

/// All streams of the media thread and the sockets that they have: carries out commands and decides each packet.
struct Switchboard: PacketHandler {
  /// What a socket is for, with what each packet needs to know of its stream: looking into the entry copies it.
  private struct Route {
    var stream: Int32 = -1
    var side = Side.a
    var isControl = false
    /// The kernel has what comes here.
    var isHeld = false
    /// The sockets of either side for packets of this kind.
    var slotA: Int32 = -1
    var slotB: Int32 = -1
  }

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

    var statistics: StreamStatistics {
      var statistics = stream.statistics
      statistics.a.inKernel = holds[0].number != 0
      statistics.b?.inKernel = holds[1].number != 0
      return statistics
    }

    /// Looks at the entry in place: it is large to copy.
    mutating func look<R>(_ body: (inout Entry) -> R) -> R { body(&self) }
  }

  /// A closed stream whose legs are on their way back from the kernel, with their last counts.
  struct Farewell {
    var stream: RelayStream
    var legs: Int
  }

  private let patience: Interval
  private let laws = G711Conversion()
  var entries: [Entry?] = []
  private var free: [Int] = []
  private var index: [StreamID: Int] = [:]
  /// By the slot of the socket.
  private var routes: [Route] = []
  private var now = Instant.zero
  /// What signalling is to be told.
  private(set) var events: [Event] = []
  var desk: KernelDesk
  var farewells: [StreamID: Farewell] = [:]

  private let studio: Studio
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
    guard
      let outcome = route.isControl
        ? entries[i]?.stream.receiveControl(UnsafeRawBufferPointer(packet), side: route.side, from: from, now: now)
        : entries[i]?.stream.receive(packet, side: route.side, from: from, now: now, laws: laws, moved: &moved)
    else { return nil }
    if moved, let id = entries[i]?.id {
      reconcile(i, takes: false)
      say(.latched(id, route.side, from))
    }
    if outcome == .taken {
      // A key may have brought the stream back.
      if route.isHeld { reconcile(i, takes: false) }
      address(i)
    }
    guard case .send(let side, let address) = outcome else { return nil }
    if route.isHeld { slipped(i, route.side, payloadType: packet[1] & 0x7f, from: from) }
    let by = side == .a ? route.slotA : route.slotB
    return by >= 0 ? PacketTarget(slot: Int(by), address: address) : nil
  }

  /// Tells the routes of a stream what its packets need to know.
  mutating func reroute(_ i: Int) {
    guard let (sockets, isHeld) = entries[i]?.look({ ($0.sockets, ($0.holds[0].number != 0, $0.holds[1].number != 0)) })
    else { return }
    for s in 0..<2 where sockets[s].rtp >= 0 {
      routes[sockets[s].rtp].isHeld = s == 0 ? isHeld.0 : isHeld.1
      routes[sockets[s].rtp].slotA = Int32(sockets[0].rtp)
      routes[sockets[s].rtp].slotB = Int32(sockets[1].rtp)
      routes[sockets[s].control].slotA = Int32(sockets[0].control)
      routes[sockets[s].control].slotB = Int32(sockets[1].control)
    }
  }

  mutating func next(into packet: UnsafeMutableRawBufferPointer) -> (count: Int, target: PacketTarget)? {
    studio.outbox.next(into: packet)
  }

  /// Says where the packets go that a stream has just made, and when it wants to be woken.
  private mutating func address(_ i: Int) {
    studio.outbox.address { letter in
      entries[i]?.look { entry in
        let sockets = entry.sockets[Int(letter.side.rawValue)]
        guard let address = entry.stream.send(letter.count, to: letter.side, isControl: letter.isControl),
          sockets.rtp >= 0
        else { return nil }
        return PacketTarget(slot: letter.isControl ? sockets.control : sockets.rtp, address: address)
      } ?? nil
    }
    nextWake = earliest(nextWake, entries[i]?.stream.deadline)
    guard !studio.outbox.digits.isEmpty, let id = entries[i]?.id else { return }
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
      guard entries[i]?.stream.fellSilent(now: now, patience: patience) == true else { continue }
      if let id = entries[i]?.id { say(.noMedia(id)) }
    }
  }

  // MARK: commands

  mutating func perform(
    _ command: Command, _ sockets: PortPair?, _ engine: inout some PacketEngine & ~Copyable, now: Instant
  ) {
    switch command {
    case .setLeg(let id, let side, let leg): set(id, side, leg, echo: false, sockets, &engine, now)
    case .setEcho(let id, let leg): set(id, .a, leg, echo: true, sockets, &engine, now)
    case .report(let id):
      if let entry = entry(id) { say(.statistics(id, entry.statistics)) } else { say(.failed(id, .noStream)) }
    case .press(let id, let side, let digit, let milliseconds):
      guard let i = index[id] else { return say(.failed(id, .noStream)) }
      entries[i]?.stream.press(side, digit & 15, milliseconds: max(0, milliseconds), now: now)
      reconcile(i, takes: false)
      address(i)
    case .close(let id): close(id, &engine)
    case .release: break
    }
  }

  private func entry(_ id: StreamID) -> Entry? { index[id].flatMap { entries[$0] } }

  private mutating func set(
    _ id: StreamID, _ side: Side, _ leg: Leg, echo: Bool, _ pair: PortPair?,
    _ engine: inout some PacketEngine & ~Copyable, _ now: Instant
  ) {
    let i = index[id] ?? open(id, now)
    guard attach(i, side, leg.port, pair, &engine) else {
      say(.failed(id, .portNotReserved(leg.port)))
      return
    }
    if echo {
      detach(i, .b, &engine)
      entries[i]?.stream.setEcho(leg, now: now)
    } else {
      entries[i]?.stream.set(side, leg, now: now)
    }
    reconcile(i, takes: false)
    address(i)
  }

  private mutating func open(_ id: StreamID, _ now: Instant) -> Int {
    let entry = Entry(id: id, stream: RelayStream(now: now, studio: studio))
    let i: Int
    if let reused = free.popLast() {
      i = reused
      entries[i] = entry
    } else {
      i = entries.count
      entries.append(entry)
    }
    index[id] = i
    return i
  }

  /// Gives the side the sockets of its port, where it does not have them.
  private mutating func attach(
    _ i: Int, _ side: Side, _ port: UInt16, _ pair: PortPair?, _ engine: inout some PacketEngine & ~Copyable
  ) -> Bool {
    let s = Int(side.rawValue)
    if entries[i]?.sockets[s].port == port, pair == nil { return true }
    guard let pair else { return false }
    detach(i, side, &engine)
    guard let rtp = engine.attach(pair.rtp) else {
      engine.refuse(pair.rtp)
      engine.refuse(pair.control)
      return false
    }
    guard let control = engine.attach(pair.control) else {
      engine.detach(rtp)
      engine.refuse(pair.control)
      return false
    }
    while routes.count <= max(rtp, control) { routes.append(Route()) }
    routes[rtp] = Route(stream: Int32(i), side: side, isControl: false)
    routes[control] = Route(stream: Int32(i), side: side, isControl: true)
    entries[i]?.sockets[s] = Sockets(port: port, rtp: rtp, control: control)
    reroute(i)
    return true
  }

  private mutating func detach(_ i: Int, _ side: Side, _ engine: inout some PacketEngine & ~Copyable) {
    let s = Int(side.rawValue)
    guard let sockets = entries[i]?.sockets[s], sockets.rtp >= 0 else { return }
    for slot in [sockets.rtp, sockets.control] {
      routes[slot] = Route()
      engine.detach(slot)
    }
    entries[i]?.sockets[s] = Sockets()
    reroute(i)
  }

  private mutating func close(_ id: StreamID, _ engine: inout some PacketEngine & ~Copyable) {
    guard let i = index.removeValue(forKey: id), let entry = entries[i] else {
      say(.failed(id, .noStream))
      return
    }
    detach(i, .a, &engine)
    detach(i, .b, &engine)
    let legs = farewell(i)
    if legs > 0 {
      farewells[id] = Farewell(stream: entry.stream, legs: legs)
    } else {
      say(.closed(id, entry.stream.statistics))
    }
    entries[i] = nil
    free.append(i)
  }
}
