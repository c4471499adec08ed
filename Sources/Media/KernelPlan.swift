import KernelRelay
import RTP
import Wire

/// What the kernel could do for a stream, and what it did.
extension RelayStream {
  /// Packets in a row that must have gone out as they came, before the kernel takes a leg: the first of a call tell
  /// where it settles.
  static let settled: UInt8 = 8

  /// How the kernel would relay what this side's phone sends; nil where the packets are needed here, where either phone
  /// was not heard yet, or where what it sends is not what could be handed over.
  func kernelLeg(_ side: Side) -> KernelLeg? {
    let i = Int(side.rawValue)
    guard !isEcho, !endsHere, let from = legs[i].negotiated, let to = legs[1 - i].negotiated,
      legs[i].untouched >= Self.settled, legs[i].takesMedia, legs[1 - i].givesMedia,
      let source = legs[i].rtp.heard, let target = legs[1 - i].rtp.heard
    else { return nil }
    let leg = KernelLeg(
      source: source, port: from.port, ssrc: legs[i].rtp.ssrc, types: legs[i].map.untouched, target: target,
      exit: to.port)
    return leg.isSound ? leg : nil
  }

  /// Goes on with what the kernel does for both sides since another process had the stream, if that is what would be handed
  /// over; else all stays as it was.
  mutating func goOnInKernel(_ a: KernelLeg, _ b: KernelLeg, now: Instant) -> Bool {
    var tried = self
    for (i, leg) in [a, b].enumerated() {
      guard tried.legs[i].rtp.goOn(leg.ssrc, at: leg.source, now: now),
        tried.legs[1 - i].succession.goOn(leg.ssrc)
      else { return false }
      tried.legs[i].untouched = Self.settled
    }
    guard tried.kernelLeg(.a) == a, tried.kernelLeg(.b) == b else { return false }
    self = tried
    hear(now)
    return true
  }

  /// Counts what the kernel relayed from this side since it was last asked.
  mutating func relayedByKernel(_ side: Side, _ count: KernelCount, now: Instant) {
    guard count.packets > 0 else { return }
    let i = Int(side.rawValue)
    legs[i].counts.packetsIn &+= count.packets
    legs[i].counts.octetsIn &+= count.octets
    legs[i].counts.lastHeard = now
    legs[i].counts.inKernel = true
    legs[i].rtp.pass(count.packets, now: now)
    legs[i].reports.reception.pause()
    legs[1 - i].counts.packetsOut &+= count.packets
    legs[1 - i].counts.octetsOut &+= count.octets
    legs[1 - i].succession.pass(count.packets)
    hear(now)
  }

  /// One more packet has to be seen here before the kernel takes the leg again.
  mutating func lookAgain(_ side: Side) { legs[Int(side.rawValue)].untouched = Self.settled - 1 }
}
