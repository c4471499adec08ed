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
    var shares = Shares.nothing
    /// The sockets of either side for RTP.
    var slotA: Int32 = -1
    var slotB: Int32 = -1
  }

  /// What comes to a socket besides what it is for.
  enum Shares: UInt8 {
    case nothing
    /// RTCP, to that for RTP.
    case control
    /// ICE's checks.
    case checks
    case both

    init(control: Bool, checks: Bool) {
      self = checks ? control ? .both : .checks : control ? .control : .nothing
    }

    var hasControl: Bool { self == .control || self == .both }
    var hasChecks: Bool { self == .checks || self == .both }
  }

  /// Tells the routes of a stream what its packets need to know.
  mutating func reroute(_ i: Int) {
    let found = entries[i]?.look { entry in
      (
        entry.sockets, (entry.holds[0].number != 0, entry.holds[1].number != 0),
        (entry.stream.legs[0].muxesControl, entry.stream.legs[1].muxesControl),
        (entry.stream.legs[0].hasIce, entry.stream.legs[1].hasIce)
      )
    }
    guard let (sockets, isHeld, isMuxed, hasIce) = found else { return }
    for s in 0..<2 where sockets[s].rtp >= 0 {
      routes[sockets[s].rtp].isHeld = s == 0 ? isHeld.0 : isHeld.1
      let checks = s == 0 ? hasIce.0 : hasIce.1
      routes[sockets[s].rtp].shares = Shares(control: s == 0 ? isMuxed.0 : isMuxed.1, checks: checks)
      routes[sockets[s].control].shares = Shares(control: false, checks: checks)
      routes[sockets[s].rtp].slotA = Int32(sockets[0].rtp)
      routes[sockets[s].rtp].slotB = Int32(sockets[1].rtp)
    }
  }
}
