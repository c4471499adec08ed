import Codecs
import RTP
import Wire

/// A stream that is decoded: what it makes by itself, and when.
extension RelayStream {
  mutating func settleTermination(_ now: Instant) {
    guard !isEcho, let studio, let a = legs[0].negotiated, let b = legs[1].negotiated,
      legs[0].map.decodes || legs[1].map.decodes || convertsDigits || plays
    else {
      endTermination()
      return
    }
    if termination == nil, !isSecured {
      for i in 0..<2 { legs[i].reports.next = now + studio.reportInterval() }
    }
    // A phone that hears the exchange's own source goes on hearing that one.
    let own = (
      a: legs[0].security?.own?.handedOver(now: now) ?? resumed.a,
      b: legs[1].security?.own?.handedOver(now: now) ?? resumed.b
    )
    let settled = termination ?? Termination(studio, resumed: own)
    resumed = (nil, nil)
    settled.set(a: a, b: b, first: (legs[0].succession.next, legs[1].succession.next), now: now)
    termination = settled
  }

  /// Whether one of the phones is to hear a sound, and can.
  private var plays: Bool { (0..<2).contains { legs[$0].negotiated?.sound != nil } && canEncode }

  /// Whether both phones take a codec that can be encoded.
  var canEncode: Bool {
    (0..<2).allSatisfy { legs[$0].negotiated?.sends.contains { VoiceCoding($0.format) != nil } == true }
  }

  /// The phones' own packets go through again.
  private mutating func endTermination() {
    for i in 0..<2 {
      if !isSecured { legs[i].reports.next = nil }
      guard let transcoder = termination?.transcoder(toward: i == 0 ? .a : .b) else { continue }
      if let security = legs[i].security {
        security.own?.follow(transcoder.stream)
        continue
      }
      legs[i].succession.follow(transcoder.stream)
      guard let studio, legs[i].givesMedia, let next = legs[1 - i].rtp.nextSequence,
        let number = legs[i].succession.bridge(to: next)
      else { continue }
      transcoder.sendBridge(studio.newStream(from: number), studio.outbox)
      legs[i].succession.follow(transcoder.stream)
    }
    termination = nil
  }

  /// Goes on where another process was; to be said before anything else.
  mutating func resume(_ side: Side, _ from: Continuation, now: Instant) {
    if let heard = from.heard { legs[Int(side.rawValue)].rtp.resume(heard) }
    if let control = from.control { _ = legs[Int(side.rawValue)].control.follow(control) }
    switch from.source {
    case .own(let point):
      let source = point.stream(now: now)
      let security = LegSecurity()
      security.resume(point)
      legs[Int(side.rawValue)].security = security
      if side == .a { resumed.a = source } else { resumed.b = source }
    case .shifted(let ssrc, let shift):
      legs[Int(side.rawValue)].succession = Succession(ssrc, shiftedBy: shift)
    case nil: break
    }
  }

  var isTerminated: Bool { termination != nil }

  /// When `wake` is due, if ever.
  var deadline: Instant? {
    // In place, for this is asked after each packet and a stream is large to copy.
    mutating get {
      guard endsHere else { return nil }
      return earliest(termination?.deadline, earliest(legs[0].reports.next, legs[1].reports.next))
    }
  }

  mutating func wake(now: Instant) {
    guard endsHere, let studio else { return }
    termination?.wake(now: now)
    for i in 0..<2 {
      guard let next = legs[i].reports.next, next <= now else { continue }
      legs[i].reports.next = now + studio.reportInterval()
      let side: Side = i == 0 ? .a : .b
      guard let stream = source(toward: side) else { continue }
      _ = studio.outbox.write(to: side, isControl: true) { legs[i].reports.write(stream, now: now, to: $0) }
    }
  }

  /// Where a packet of our own for this side goes, which is then counted as sent; nil where it has nowhere to go.
  mutating func send(_ count: Int, to side: Side, isControl: Bool = false) -> SocketAddress? {
    let i = Int(side.rawValue)
    if isControl { return legs[i].control.destination(beside: legs[i].rtp) }
    guard legs[i].givesMedia, let destination = legs[i].rtp.destination else { return nil }
    legs[i].counts.packetsOut &+= 1
    legs[i].counts.octetsOut &+= UInt64(count)
    return destination
  }
}
