import Codecs
import RTP
import Wire

/// The media between the two sides of a call, or of one side and its echo. Does no I/O: it is handed packets and says
/// where they go.
struct RelayStream {
  var legs = InlineArray<2, RelayLeg>(repeating: RelayLeg())
  /// Side a hears itself.
  private(set) var isEcho = false
  /// When a phone was last heard, or the stream became active.
  private var heard: Instant
  private var saidSilent = false
  /// Both phones are there and may talk: only then does silence mean that they are gone.
  private var isActive = false
  let studio: Studio?
  /// A key was made for one of the phones, so that the stream ends here from then on.
  var wasPressed = false
  /// One of the legs is encrypted.
  var isSecured = false
  /// There where what one side sends has to be decoded for the other.
  var termination: Termination?
  /// The exchange's own sources toward either side that another process had.
  var resumed: (a: OutgoingStream?, b: OutgoingStream?)

  /// Without a studio nothing can be decoded.
  init(now: Instant, studio: Studio? = nil) {
    heard = now
    self.studio = studio
  }

  /// What becomes of a packet.
  enum Outcome: Equatable, Sendable {
    case drop
    /// It was taken in; what comes of it is in the studio's outbox.
    case taken
    /// Send it, as changed in place, from this side's port.
    case send(Side, SocketAddress)
  }

  // MARK: what signalling says

  mutating func set(_ side: Side, _ leg: Leg, now: Instant) {
    change(now) { stream in
      stream.legs[Int(side.rawValue)].adopt(leg)
      stream.isEcho = false
    }
  }

  mutating func setEcho(_ leg: Leg, now: Instant) {
    change(now) { stream in
      stream.legs[0].adopt(leg)
      stream.legs[1] = RelayLeg()
      stream.isEcho = true
    }
  }

  /// The handshake is done that this is the name of, and these are its keys; false where another one is waited for.
  mutating func agree(_ side: Side, _ association: UInt64, _ keys: LegKeys, now: Instant) -> Bool {
    guard legs[Int(side.rawValue)].agree(association, keys) else { return false }
    change(now) { _ in }
    return true
  }

  private mutating func change(_ now: Instant, _ body: (inout RelayStream) -> Void) {
    let wasActive = isActive
    body(&self)
    for i in 0..<2 {
      guard let leg = legs[i].negotiated else { continue }
      legs[i].map = PayloadMap(from: leg.accepts, to: legs[target(of: i)].negotiated?.sends)
    }
    settleDigits()
    settleSecurity(now)
    settleTermination(now)
    isActive = legs[0].isActive && (isEcho || legs[1].isActive)
    if isActive != wasActive { hear(now) }
  }

  func leg(_ side: Side) -> Leg? { legs[Int(side.rawValue)].negotiated }

  var statistics: StreamStatistics {
    StreamStatistics(a: legs[0].statistics, b: legs[1].negotiated == nil ? nil : legs[1].statistics)
  }

  func target(of leg: Int) -> Int { isEcho ? leg : 1 - leg }

  // MARK: packets

  /// Takes an RTP packet that came to this side's port, and converts it in place where the sides differ. Sets `moved`
  /// where the phone was followed to another address than before, or than SDP names.
  mutating func receive(
    _ packet: UnsafeMutableRawBufferPointer, side: Side, from: SocketAddress, now: Instant,
    laws: borrowing G711Conversion, moved: inout Bool
  ) -> Outcome {
    let i = Int(side.rawValue)
    guard legs[i].isRTP else {
      return receiveDatagram(packet.count, side: side, from: from, now: now, moved: &moved)
    }
    var packet = packet
    if legs[i].isEncrypted {
      guard let opened = open(packet, i, isControl: false) else { return .drop }
      packet = opened
    }
    guard legs[i].isThere,
      let header = legs[i].admit(UnsafeRawBufferPointer(packet), from: from, now: now, moved: &moved)
    else { return .drop }
    hear(now)
    let target = target(of: i)
    guard legs[i].takesMedia, legs[target].givesMedia else {
      legs[i].counts.dropped.direction &+= 1
      return .drop
    }
    guard let destination = legs[target].rtp.destination else {
      legs[i].counts.dropped.noDestination &+= 1
      return .drop
    }
    if legs[i].digits.readsEvents, header.payloadType == legs[i].map.events {
      let payload = header.payloadOffset..<header.payloadOffset + header.payloadCount
      hearEvent(header.timestamp, UnsafeRawBufferPointer(rebasing: packet[payload]), side, now: now)
      return .taken
    }
    if let termination {
      termination.receive(UnsafeRawBufferPointer(packet), header, side: side, now: now)
      return .taken
    }
    guard let entry = legs[i].map[header.payloadType] else {
      legs[i].counts.dropped.payloadType &+= 1
      return .drop
    }
    packet[1] = packet[1] & 0x80 | entry.number
    if entry.action != .pass {
      guard entry.action != .decode else {
        legs[i].counts.dropped.payloadType &+= 1
        return .drop
      }
      convert(packet, header, entry.action, laws)
    }
    if isSecured {
      passOn(packet, header, from: i, now: now)
      return .taken
    }
    // The phone would take its own SSRC for a loop (RFC 3550 §8.2).
    if isEcho { for octet in 8..<12 { packet[octet] = ~packet[octet] } }
    let isShifted = legs[target].succession.number(packet, header)
    legs[i].isUntouched(entry.action == .pass && entry.number == header.payloadType && !isShifted)
    legs[target].counts.packetsOut &+= 1
    legs[target].counts.octetsOut &+= UInt64(packet.count)
    return .send(target == 0 ? .a : .b, destination)
  }

  private func convert(
    _ packet: UnsafeMutableRawBufferPointer, _ header: RTPHeader, _ action: PayloadMap.Action,
    _ laws: borrowing G711Conversion
  ) {
    let payload = header.payloadOffset..<header.payloadOffset + header.payloadCount
    (action == .toALaw ? laws.toALaw : laws.toMuLaw).withUnsafeBufferPointer { table in
      for octet in payload { packet[octet] = table[Int(packet[octet])] }
    }
  }

  /// Takes an RTCP compound that came to the port above this side's. It passes whatever the directions are
  /// (RFC 3264 §5.1), but there is none for an echo to answer.
  mutating func receiveControl(
    _ packet: UnsafeRawBufferPointer, side: Side, from: SocketAddress, now: Instant
  ) -> Outcome {
    let i = Int(side.rawValue)
    guard legs[i].isThere, legs[i].isRTP, legs[i].admitControl(packet, from: from, now: now) else {
      return .drop
    }
    hear(now)
    let source = source(toward: side)?.ssrc ?? (isEcho ? ~legs[i].rtp.ssrc : legs[1 - i].rtp.ssrc)
    legs[i].reports.read(packet, source: source, now: now)
    // Then reports are about the exchange's own streams.
    if isEcho || endsHere { return .drop }
    guard let destination = legs[1 - i].control.destination(beside: legs[1 - i].rtp) else {
      legs[i].counts.dropped.noDestination &+= 1
      return .drop
    }
    if let report = Reports.senderReport(in: packet) {
      legs[1 - i].reports.sent = SenderNote(ntp: report.ntp, at: now)
    }
    return .send(side.other, destination)
  }

  /// A packet from this side could not be sent on.
  mutating func countUnsent(_ side: Side) { legs[Int(side.rawValue)].counts.dropped.unsent &+= 1 }

  /// Where this side's phone is.
  func destination(_ side: Side) -> SocketAddress? { legs[Int(side.rawValue)].rtp.destination }

  // MARK: silence

  mutating func hear(_ now: Instant) {
    heard = now
    saidSilent = false
  }

  /// Whether nothing came from either side for `patience`; true once until something comes.
  mutating func fellSilent(now: Instant, patience: Interval) -> Bool {
    guard isActive, !saidSilent, now - heard >= patience else { return false }
    saidSilent = true
    return true
  }
}
