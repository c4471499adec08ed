import Platform
import Wire

/// ICE's checks, and what follows where a phone is found somewhere else.
extension Switchboard {
  /// Takes one of ICE's checks; what is answered goes back by the same socket.
  @inline(never)
  mutating func check(
    _ packet: UnsafeRawBufferPointer, _ slot: Int, _ route: Route, from: SocketAddress
  ) -> PacketTarget? {
    let i = Int(route.stream)
    guard
      let outcome = entries[i]?.stream.receiveCheck(
        packet, side: route.side, isControl: route.isControl, from: from, now: now)
    else { return nil }
    if outcome.moved { follow(route, from) }
    if let answer = outcome.answer { studio.outbox.post(answer, to: PacketTarget(slot: slot, address: from)) }
    return nil
  }

  /// The phone is somewhere else than before. Not inlined, for it seldom is, and each packet would pay.
  @inline(never)
  mutating func follow(_ route: Route, _ from: SocketAddress) {
    let i = Int(route.stream)
    guard let id = entries[i]?.id, let port = entries[i]?.sockets[Int(route.side.rawValue)].port else { return }
    reconcile(i, takes: false)
    if !route.isControl { say(.latched(id, route.side, from)) }
    if route.shares.contains(.checks) { say(.proved(id, port: port, isControl: route.isControl, from)) }
  }
}
