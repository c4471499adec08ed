import Platform
import Wire

/// What signalling asks for: streams that come, change and go, with their sockets.
extension Switchboard {
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
    case .resume(let id, let side, let from): entries[index[id] ?? open(id, now)]?.stream.resume(side, from, now: now)
    case .shake(let id, let side, let datagram): shake(id, side, datagram)
    case .agreed(let id, let side, let association, let keys):
      guard let i = index[id], entries[i]?.stream.agree(side, association, keys, now: now) == true else { return }
      address(i)
      tellSources(i, now: now)
    case .kept(let id, let side, let source): if let i = index[id] { entries[i]?.stream.kept(side, source) }
    case .expectBoth(let id): entries[index[id] ?? open(id, now)]?.expectsBoth = true
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
    if entries[i]?.expectsBoth == true, let pair {
      entries[i]?.expectsBoth = false
      entries[i]?.first = FirstSide(side: side, leg: leg, pair: pair)
      return
    }
    if let first = entries[i]?.first {
      entries[i]?.first = nil
      set(id, first.side, first.leg, echo: false, first.pair, &engine, now)
    }
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
    reroute(i)
    reconcile(i, takes: false)
    address(i)
    tellSources(i, now: now)
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
    if let first = entry.first {
      engine.refuse(first.pair.rtp)
      engine.refuse(first.pair.control)
    }
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
