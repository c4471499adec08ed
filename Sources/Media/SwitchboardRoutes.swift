/// Where each socket leads.
extension Switchboard {
  /// What a socket is for, with what each packet needs to know of its stream: looking into the entry copies it.
  struct Route {
    var stream: Int32 = -1
    var side = Side.a
    var isControl = false
    /// The kernel has what comes here.
    var isHeld = false
    /// What comes here too.
    var shares: Shares = []
    /// The sockets of either side for RTP.
    var slotA: Int32 = -1
    var slotB: Int32 = -1
  }

  /// What comes to a socket besides what it is for; told apart by the first octet (RFC 7983 §7).
  struct Shares: OptionSet {
    let rawValue: UInt8
    /// RTCP, to that for RTP.
    static let control = Shares(rawValue: 1)
    /// ICE's checks.
    static let checks = Shares(rawValue: 2)
    /// Handshakes of DTLS.
    static let handshakes = Shares(rawValue: 4)
  }

  /// Tells the routes of a stream what its packets need to know.
  mutating func reroute(_ i: Int) {
    let found = entries[i]?.look { entry in
      (
        entry.sockets, (entry.holds[0].number != 0, entry.holds[1].number != 0),
        (entry.stream.legs[0].shares, entry.stream.legs[1].shares)
      )
    }
    guard let (sockets, isHeld, shares) = found else { return }
    for s in 0..<2 where sockets[s].rtp >= 0 {
      routes[sockets[s].rtp].isHeld = s == 0 ? isHeld.0 : isHeld.1
      routes[sockets[s].rtp].shares = s == 0 ? shares.0 : shares.1
      routes[sockets[s].control].shares = routes[sockets[s].rtp].shares.intersection(.checks)
      routes[sockets[s].rtp].slotA = Int32(sockets[0].rtp)
      routes[sockets[s].rtp].slotB = Int32(sockets[1].rtp)
    }
  }
}

extension RelayLeg {
  /// What comes to its port besides RTP.
  fileprivate var shares: Switchboard.Shares {
    var shares: Switchboard.Shares = []
    if muxesControl { shares.insert(.control) }
    if hasIce { shares.insert(.checks) }
    if handshake != nil { shares.insert(.handshakes) }
    return shares
  }
}
