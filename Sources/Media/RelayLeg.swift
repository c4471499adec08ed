import Codecs
import RTP
import Wire

/// One side of a stream as the relay keeps it.
struct RelayLeg {
  /// What was negotiated; nil while the side is not there.
  private(set) var negotiated: Leg?
  var rtp = Latch()
  var control = ControlLatch()
  /// What to do with this leg's packets on their way to where they go.
  var map = PayloadMap()
  var counts = LegStatistics()
  /// Packets in a row that went out as they came, 255 at most.
  var untouched: UInt8 = 0
  var reports = StreamReports()
  /// Of what goes to this leg's phone.
  var succession = Succession()
  /// What becomes of this phone's keys.
  var digits = DigitConversion.none
  var events = EventReader()
  /// There where the stream is encrypted, on this leg or on the other.
  var security: LegSecurity?
  /// What ICE has found out, where it was agreed upon.
  var ice: Boxed<IceState>?

  // Of `negotiated`, at hand for each packet: asking it copies it.
  private(set) var isThere = false
  private(set) var takesMedia = false
  private(set) var givesMedia = false
  private(set) var isRTP = true
  private(set) var muxesControl = false
  private(set) var isEncrypted = false
  var hasIce = false
  /// There where keys come from a handshake.
  var handshake: HandshakeWay?
  /// Only what ICE's checks have vouched for is followed.
  var isProved = false
  var isActive: Bool { takesMedia && givesMedia }

  /// Takes what an offer or answer says.
  mutating func adopt(_ leg: Leg) {
    adoptIce(leg.ice?.wrappedValue)
    let named = isProved ? nil : leg.remote
    control.name(
      leg.muxesControl || isProved ? named : leg.remoteRTCP, isMuxed: leg.muxesControl, isProved: isProved,
      restart: named != rtp.named)
    rtp.name(named, signalling: isProved ? nil : leg.signalling, isProved: isProved)
    takesMedia = leg.takesMedia
    givesMedia = leg.givesMedia
    isRTP = leg.isRTP
    muxesControl = leg.muxesControl
    isEncrypted = leg.keys != nil || leg.handshake != nil
    if leg.handshake == nil { handshake = nil } else if handshake == nil { handshake = HandshakeWay() }
    isThere = true
    negotiated = leg
    untouched = 0
  }

  /// The handshake is done that this is the name of; false where it is another's.
  mutating func agree(_ association: UInt64, _ keys: LegKeys) -> Bool {
    guard negotiated?.handshake?.wrappedValue.association == association else { return false }
    negotiated?.keys = Boxed(wrappedValue: keys)
    return true
  }

  /// A packet was relayed, as it came or not.
  mutating func isUntouched(_ was: Bool) { untouched = was ? (untouched == .max ? .max : untouched + 1) : 0 }

  /// Judges an RTP packet from this leg's phone; nil where it is none of the phone's.
  mutating func admit(
    _ packet: UnsafeRawBufferPointer, from: SocketAddress, now: Instant, moved: inout Bool
  ) -> RTPHeader? {
    guard let header = RTPHeader(packet) else {
      counts.dropped.malformed &+= 1
      return nil
    }
    // What was not negotiated must not decide whom the leg follows.
    guard map.isNegotiated(header.payloadType) else {
      counts.dropped.payloadType &+= 1
      return nil
    }
    let followed = rtp.heard != nil
    var verdict = rtp.judge(header, from: from, now: now)
    if verdict == .foreign { verdict = judgeProved(header, from: from, now: now) }
    switch verdict {
    case .same: break
    case .moved:
      moved = true
      untouched = 0
      control.restart()
      if followed { counts.moves &+= 1 }
    case .foreign:
      counts.dropped.foreign &+= 1
      return nil
    }
    counts.packetsIn &+= 1
    counts.octetsIn &+= UInt64(packet.count)
    counts.lastHeard = now
    reports.reception.take(header, ticks: map.ticks(of: header.payloadType), now: now)
    return header
  }

  var keys: Boxed<LegKeys>? { negotiated?.keys }

  /// All that is counted, with what follows from it.
  var statistics: LegStatistics {
    var statistics = counts
    statistics.incoming = reports.incoming(ticks: Self.ticks(negotiated?.accepts))
    statistics.outgoing = reports.outgoing(ticks: Self.ticks(negotiated?.sends), of: counts.packetsOut)
    statistics.roundTrip = reports.roundTrip
    return statistics
  }

  /// Of the codec that is preferred.
  private static func ticks(_ payloads: [Payload]?) -> UInt32 {
    for payload in payloads ?? [] {
      if let coding = VoiceCoding(payload.format) { return coding.ticks }
    }
    return 8
  }

  /// Judges an RTCP compound from this leg's phone.
  mutating func admitControl(_ packet: UnsafeRawBufferPointer, from: SocketAddress, now: Instant) -> Bool {
    guard let compound = RTCPCompound(packet) else {
      counts.dropped.malformed &+= 1
      return false
    }
    guard control.judge(sender: compound.sender, from: from, rtp: rtp) || mayControl(from) else {
      counts.dropped.foreign &+= 1
      return false
    }
    counts.controlIn &+= 1
    counts.lastHeard = now
    return true
  }
}
