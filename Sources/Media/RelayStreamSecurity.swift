import RTP
import SRTP
import Wire

/// A stream of which one leg or both are encrypted. It ends at the exchange on both sides: each phone hears a source of the
/// exchange's own (`OwnSource`), and gets reports of the exchange's own.
extension RelayStream {
  /// Whether what goes out is made here: decoded or encrypted.
  var endsHere: Bool { termination != nil || isSecured }

  /// The exchange's own source toward that side, where it has one.
  func source(toward side: Side) -> OutgoingStream? {
    termination?.stream(toward: side) ?? legs[Int(side.rawValue)].security?.own?.stream
  }

  /// Gives each leg a source of its own, and what protects it, as was agreed.
  mutating func settleSecurity(_ now: Instant) {
    isSecured = legs[0].isEncrypted || legs[1].isEncrypted
    for i in 0..<2 where legs[i].isThere {
      guard isSecured, let studio else {
        legs[i].security = nil
        continue
      }
      let security = legs[i].security ?? LegSecurity()
      legs[i].security = security
      let keys = legs[i].keys?.wrappedValue
      // Another key is another dialog's: who has it expects a source that begins.
      if keys?.own != security.sender?.key { security.own = nil }
      let own = security.own ?? OwnSource((i == 0 ? resumed.a : resumed.b) ?? studio.newSource())
      if security.own == nil {
        security.own = own
        termination = nil
        if i == 0 { resumed.a = nil } else { resumed.b = nil }
        legs[i].reports.next = now + studio.reportInterval()
      }
      if let keys {
        security.send(own.stream, by: keys.own)
        security.hear(keys)
      } else {
        security.open()
      }
    }
  }

  // MARK: in

  /// Opens a packet of this side's phone in place; nil where it is not genuine, or came before.
  mutating func open(
    _ packet: UnsafeMutableRawBufferPointer, _ i: Int, isControl: Bool
  ) -> UnsafeMutableRawBufferPointer? {
    switch legs[i].security?.receiver?.unprotect(packet, isControl: isControl) {
    case .opened(let count): return UnsafeMutableRawBufferPointer(rebasing: packet[..<count])
    case .replayed: legs[i].counts.dropped.replayed &+= 1
    case .refused, nil: legs[i].counts.dropped.unauthentic &+= 1
    }
    return nil
  }

  /// As `receiveControl`, of a leg that may be encrypted.
  mutating func receiveSealedControl(
    _ packet: UnsafeMutableRawBufferPointer, side: Side, from: SocketAddress, now: Instant
  ) -> Outcome {
    let i = Int(side.rawValue)
    guard legs[i].isEncrypted else {
      return receiveControl(UnsafeRawBufferPointer(packet), side: side, from: from, now: now)
    }
    guard let packet = open(packet, i, isControl: true) else { return .drop }
    return receiveControl(UnsafeRawBufferPointer(packet), side: side, from: from, now: now)
  }

  // MARK: out

  /// Passes a packet on as the exchange's own.
  mutating func passOn(_ packet: UnsafeMutableRawBufferPointer, _ header: RTPHeader, from i: Int, now: Instant) {
    let target = target(of: i)
    guard let studio, let security = legs[target].security else { return }
    legs[i].isUntouched(false)
    let ticks = legs[i].map.ticks(of: header.payloadType)
    security.own?.take(packet, header, ticks: ticks, now: now)
    _ = studio.outbox.write(to: target == 0 ? .a : .b) { room in
      guard packet.count <= room.count else { return 0 }
      room.copyMemory(from: UnsafeRawBufferPointer(packet))
      return packet.count
    }
  }

  /// Protects a packet of our own for this side, where its leg is encrypted; `room` begins with it. Returns its octets, 0
  /// where it must not go out.
  mutating func protect(
    _ room: UnsafeMutableRawBufferPointer, count: Int, to side: Side, isControl: Bool
  ) -> Int {
    let i = Int(side.rawValue)
    guard legs[i].isEncrypted else { return count }
    guard let security = legs[i].security, let sender = security.sender, let stream = source(toward: side),
      isControl || stream.index <= security.ceiling
    else { return 0 }
    return sender.protect(room, count: count, isControl: isControl)
  }

  /// Whether what may be sent under a key by now will soon be used up.
  var nearsCeiling: Bool {
    guard isSecured else { return false }
    for i in 0..<2 {
      guard let security = legs[i].security, security.sender != nil,
        let stream = source(toward: i == 0 ? .a : .b), stream.index + UInt64(SourcePoint.ahead / 2) > security.ceiling
      else { continue }
      return true
    }
    return false
  }

  /// Another process would go on at that point with what this side hears.
  mutating func kept(_ side: Side, _ source: HeardSource) {
    if case .own(let point) = source { legs[Int(side.rawValue)].security?.kept(point) }
  }
}
