import Platform
import Wire

/// Handshakes of DTLS: the signalling thread has them, and their datagrams pass here.
extension Switchboard {
  @inline(never)
  mutating func shaken(_ packet: UnsafeRawBufferPointer, _ route: Route, from: SocketAddress) {
    let i = Int(route.stream)
    guard let id = entries[i]?.id, entries[i]?.stream.admitHandshake(route.side, from: from, now: now) == true else {
      return
    }
    say(.shaken(id, route.side, Array(packet)))
  }

  mutating func shake(_ id: StreamID, _ side: Side, _ datagram: [UInt8]) {
    guard let i = index[id], let slot = entries[i]?.sockets[Int(side.rawValue)].rtp, slot >= 0,
      let address = entries[i]?.look({ $0.stream.handshakeDestination(side) }) ?? nil
    else { return }
    studio.outbox.post(datagram, to: PacketTarget(slot: slot, address: address))
  }
}
