import KernelRelay
import Wire

/// What the relay helper said, on its way to a media thread.
enum KernelNews: Sendable {
  case opened
  case closed
  case reply(RelayReply)
}

/// Handing legs over to the kernel and taking them back.
extension Switchboard {
  /// Brings what the kernel has in line with what each stream wants of it.
  mutating func handOver() {
    guard desk.isOpen else { return }
    for i in entries.indices where entries[i] != nil { reconcile(i, takes: true) }
  }

  /// Takes back what has changed, and where `takes`, hands over what may be.
  mutating func reconcile(_ i: Int, takes: Bool) {
    guard desk.isOpen, let id = entries[i]?.id else { return }
    for side in [Side.a, .b] {
      let s = Int(side.rawValue)
      guard let hold = entries[i]?.holds[s] else { continue }
      let wanted = entries[i]?.stream.kernelLeg(side)
      if hold.number != 0, hold.leg != wanted {
        takeBack(i, side)
      } else if takes, hold.number == 0, let wanted, wanted != hold.givenUp {
        keep(desk.take(wanted, entry: i, stream: id, side: side), i, side)
      }
    }
  }

  private mutating func takeBack(_ i: Int, _ side: Side, givingUp: KernelLeg? = nil) {
    let s = Int(side.rawValue)
    guard let number = entries[i]?.holds[s].number, number != 0 else { return }
    desk.leave(number)
    keep(KernelDesk.Hold(givenUp: givingUp), i, side)
  }

  private mutating func keep(_ hold: KernelDesk.Hold, _ i: Int, _ side: Side) {
    entries[i]?.holds[Int(side.rawValue)] = hold
    reroute(i)
  }

  /// A packet came here although the kernel has the leg; maybe one that the kernel should have taken.
  mutating func slipped(_ i: Int, _ side: Side, payloadType: UInt8, from: SocketAddress) {
    let s = Int(side.rawValue)
    guard let hold = entries[i]?.holds[s], hold.leg?.source == from, hold.leg?.types.contains(payloadType) == true
    else { return }
    entries[i]?.holds[s].slipped = hold.slipped &+ 1
    if hold.slipped >= KernelDesk.mostSlipped { takeBack(i, side, givingUp: hold.leg) }
  }

  /// The stream is about to close: takes its legs back; of how many the last count is still to come.
  mutating func farewell(_ i: Int) -> Int {
    guard let id = entries[i]?.id else { return 0 }
    takeBack(i, .a)
    takeBack(i, .b)
    return desk.orphan(id)
  }

  mutating func hear(_ news: KernelNews, now: Instant) {
    switch news {
    case .opened: desk.open()
    case .closed:
      desk.close()
      for i in entries.indices {
        entries[i]?.holds = InlineArray(repeating: KernelDesk.Hold())
        reroute(i)
      }
      for (id, farewell) in farewells { say(.closed(id, farewell.stream.statistics)) }
      farewells = [:]
    case .reply(.count(let number, let count, let isLast)):
      if let (holder, fresh) = desk.count(number, count, isLast: isLast) { add(fresh, holder, number, isLast, now) }
    case .reply(.found(let leg, let count)): found[leg.port] = (leg, count)
    case .reply(.foundAll):
      goOnInKernel(now)
      desk.settle()
    case .reply(.refused(let number, _)):
      guard let holder = desk.forget(number) else { return }
      if let i = holder.entry, let hold = entries[i]?.holds[Int(holder.side.rawValue)], hold.number == number {
        keep(KernelDesk.Hold(givenUp: hold.leg), i, holder.side)
      }
      if holder.entry == nil { part(holder.stream) }
    }
  }

  /// Leaves to the kernel what it does already for streams that go on. What is left of the rest goes from there.
  private mutating func goOnInKernel(_ now: Instant) {
    for i in entries.indices {
      guard let (id, ports) = entries[i]?.look({ ($0.id, [$0.sockets[0].port, $0.sockets[1].port]) }),
        let a = found[ports[0]], let b = found[ports[1]],
        entries[i]?.stream.goOnInKernel(a.leg, b.leg, now: now) == true
      else { continue }
      keep(desk.take(a.leg, entry: i, stream: id, side: .a, seen: a.count), i, .a)
      keep(desk.take(b.leg, entry: i, stream: id, side: .b, seen: b.count), i, .b)
    }
    found = [:]
  }

  private mutating func add(
    _ fresh: KernelCount, _ holder: KernelDesk.Holder, _ number: UInt32, _ isLast: Bool, _ now: Instant
  ) {
    guard let i = holder.entry else {
      farewells[holder.stream]?.stream.relayedByKernel(holder.side, fresh, now: now)
      if isLast { part(holder.stream) }
      return
    }
    // A leg taken back late may find another stream in its place.
    guard entries[i]?.id == holder.stream else { return }
    entries[i]?.stream.relayedByKernel(holder.side, fresh, now: now)
    let s = Int(holder.side.rawValue)
    guard entries[i]?.holds[s].number == number else { return }
    if fresh.packets > 0 { entries[i]?.holds[s].slipped = 0 }
    if holder.seen.packets >= KernelDesk.unseen {
      entries[i]?.stream.lookAgain(holder.side)
      takeBack(i, holder.side)
    }
  }

  /// One leg of a closed stream has counted its last.
  private mutating func part(_ id: StreamID) {
    guard var farewell = farewells[id] else { return }
    farewell.legs -= 1
    farewells[id] = farewell.legs > 0 ? farewell : nil
    if farewell.legs == 0 { say(.closed(id, farewell.stream.statistics)) }
  }
}
