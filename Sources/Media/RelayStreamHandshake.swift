import Wire

/// The way that a handshake of DTLS takes beside the media of a leg.
struct HandshakeWay {
  /// Datagrams in a second that are looked at: a handshake has about ten, and each costs the signalling thread its time.
  static let most = 40

  /// Where the last one came from that was taken.
  fileprivate var source: SocketAddress?
  private var since = Instant.zero
  private var count = 0

  fileprivate mutating func mayTake(now: Instant) -> Bool {
    if now - since >= .seconds(1) {
      since = now
      count = 0
    }
    count += 1
    return count <= Self.most
  }
}

extension RelayStream {
  /// Whether a datagram of a handshake that came from there is looked at: only where this side's phone may be, by its SDP,
  /// by ICE, or by where its media comes from.
  mutating func admitHandshake(_ side: Side, from: SocketAddress, now: Instant) -> Bool {
    let i = Int(side.rawValue)
    guard legs[i].mayShake(from), legs[i].handshake?.mayTake(now: now) == true else {
      legs[i].counts.dropped.foreign &+= 1
      return false
    }
    legs[i].handshake?.source = from
    return true
  }

  /// Where this side's handshake goes: back to where one came from, else to where media would.
  func handshakeDestination(_ side: Side) -> SocketAddress? {
    let leg = legs[Int(side.rawValue)]
    guard let way = leg.handshake else { return nil }
    if let source = way.source, leg.mayShake(source) { return source }
    return leg.rtp.destination
  }
}

extension RelayLeg {
  fileprivate func mayShake(_ source: SocketAddress) -> Bool {
    isProved ? ice?.wrappedValue.media.contains(source) == true : rtp.mayBe(at: source)
  }
}
