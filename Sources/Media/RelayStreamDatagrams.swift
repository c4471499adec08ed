import Wire

/// A stream that is no RTP: a fax by T.38, for one. Nothing is known of its datagrams but where they come from.
extension RelayStream {
  /// Takes a datagram that came to this side's port, for the other side as it is.
  mutating func receiveDatagram(
    _ count: Int, side: Side, from: SocketAddress, now: Instant, moved: inout Bool
  ) -> Outcome {
    let i = Int(side.rawValue)
    guard legs[i].admitDatagram(count, from: from, now: now, moved: &moved) else { return .drop }
    hear(now)
    guard legs[i].takesMedia, legs[1 - i].givesMedia else {
      legs[i].counts.dropped.direction &+= 1
      return .drop
    }
    guard let destination = legs[1 - i].rtp.destination else {
      legs[i].counts.dropped.noDestination &+= 1
      return .drop
    }
    legs[1 - i].counts.packetsOut &+= 1
    legs[1 - i].counts.octetsOut &+= UInt64(count)
    return .send(side.other, destination)
  }
}

extension RelayLeg {
  fileprivate mutating func admitDatagram(
    _ count: Int, from: SocketAddress, now: Instant, moved: inout Bool
  ) -> Bool {
    let followed = rtp.heard != nil
    switch rtp.judge(from: from, now: now) {
    case .same: break
    case .moved:
      moved = true
      if followed { counts.moves &+= 1 }
    case .foreign:
      counts.dropped.foreign &+= 1
      return false
    }
    counts.packetsIn &+= 1
    counts.octetsIn &+= UInt64(count)
    counts.lastHeard = now
    return true
  }
}
