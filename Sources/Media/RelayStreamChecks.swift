import RTP
import STUN
import Wire

/// ICE's connectivity checks (RFC 8445 §7.3), which say where a phone is.
extension RelayStream {
  /// What becomes of a STUN message.
  struct CheckOutcome {
    /// Goes back to where the message came from, by the socket that it came to.
    var answer: [UInt8]?
    /// The phone is somewhere else than before, or was not known to be anywhere.
    var moved = false
  }

  /// Takes STUN that came to this side's port, or with `isControl` to the one above.
  mutating func receiveCheck(
    _ packet: UnsafeRawBufferPointer, side: Side, isControl: Bool, from: SocketAddress, now: Instant
  ) -> CheckOutcome {
    let i = Int(side.rawValue)
    guard let terms = legs[i].ice?.wrappedValue.terms, packet.count <= StunMessage.longest,
      let message = StunMessage(Array(packet))
    else {
      legs[i].counts.dropped.malformed &+= 1
      return CheckOutcome()
    }
    switch message.check(from: from, fragment: terms.fragment, password: terms.password) {
    case .passed: return CheckOutcome()
    case .refused(let answer):
      legs[i].counts.dropped.foreign &+= 1
      return CheckOutcome(answer: answer)
    case .proved(let answer, let nominates, let priority):
      hear(now)
      let moved = legs[i].prove(
        from, isControl: isControl && !legs[i].muxesControl, nominates: nominates, priority: priority, now: now)
      return CheckOutcome(answer: answer, moved: moved)
    }
  }
}

extension RelayLeg {
  /// Takes what the phone's SDP says of ICE: a change of credentials begins anew, while media goes on where it went.
  /// Another phone has it go nowhere yet.
  mutating func adoptIce(_ terms: IceTerms?) {
    if let terms, let before = ice?.wrappedValue.terms, before.dialog != terms.dialog {
      rtp = Latch()
      control = ControlLatch()
    }
    if ice?.wrappedValue.terms != terms { ice = terms.map { Boxed(wrappedValue: IceState($0)) } }
    hasIce = terms != nil
    isProved = terms?.makesChecks == true
    if isProved, counts.checks == nil { counts.checks = 0 }
  }

  /// The phone has proved that it is there; whether media goes there from now on, and did not before.
  fileprivate mutating func prove(
    _ source: SocketAddress, isControl: Bool, nominates: Bool, priority: UInt32, now: Instant
  ) -> Bool {
    counts.lastHeard = now
    guard isProved else { return false }
    counts.checks = (counts.checks ?? 0) &+ 1
    if isControl {
      let isNew = ice?.wrappedValue.control.take(source, nominates: nominates, priority: priority, now: now) ?? false
      // Before one is nominated any that was checked will do (RFC 8445 §12.1).
      return isNew || !control.isFollowing ? control.follow(source) : false
    }
    let isNew = ice?.wrappedValue.media.take(source, nominates: nominates, priority: priority, now: now) ?? false
    guard isNew || rtp.destination == nil else { return false }
    let followed = rtp.heard != nil
    guard rtp.follow(proved: source, now: now) else { return false }
    untouched = 0
    if followed { counts.moves &+= 1 }
    return true
  }

  /// Judges a packet whose source is not the one that media goes to: any that was checked may send.
  @inline(never)
  mutating func judgeProved(_ header: RTPHeader, from: SocketAddress, now: Instant) -> Latch.Verdict {
    guard isProved, ice?.wrappedValue.media.contains(from) == true else { return .foreign }
    return rtp.judgeProved(header, from: from, now: now)
  }

  /// Whether RTCP may come from there.
  func mayControl(_ source: SocketAddress) -> Bool {
    guard isProved else { return false }
    guard muxesControl else { return ice?.wrappedValue.control.contains(source) == true }
    return source == rtp.destination || ice?.wrappedValue.media.contains(source) == true
  }
}
