import RTP
import Wire

/// Where one phone's RTP comes from and goes to.
///
/// The address that SDP names is right by itself. Until it is heard, RTP from another port of that host, or from the
/// host that the phone's SIP comes from, is taken for the phone behind a NAT, but yields for good to the named address
/// when that speaks: a stranger who sends first gains nothing once the phone talks, and one on another host nothing at
/// all. Whoever is followed is then left only when it was silent for two seconds and another goes on with the same SSRC
/// and a plausible sequence number, which a stranger who does not see the stream cannot know.
struct Latch: Equatable, Sendable {
  /// Silence after which another source may go on with the stream.
  static let patience = Interval.seconds(2)

  /// What SDP says.
  private(set) var named: SocketAddress?
  /// The host that SIP comes from.
  private(set) var signalling: IPAddress?
  /// Where they came from when another process had the stream: only where to send, until one comes.
  private var resumed: SocketAddress?
  /// Where packets come from.
  private(set) var heard: SocketAddress?
  private(set) var ssrc: UInt32 = 0
  /// The named address was heard once; from then on it has no preference over whoever goes on with its stream.
  private var namedHasSpoken = false
  /// The phone proves by ICE where it is, so that nothing else counts: neither what SDP says nor who speaks.
  private var isProved = false
  /// A packet of the followed source came here, so that its sequence is known.
  private var hasSpoken = false
  private var lastHeard = Instant.zero
  private var sequence = SequenceTracker(0)

  enum Verdict { case same, moved, foreign }

  /// What the source's next packet is likely to be numbered; nil before it was heard.
  var nextSequence: UInt16? { hasSpoken ? sequence.highest &+ 1 : nil }

  /// Where to send: to where packets come from, before that to where SDP says.
  var destination: SocketAddress? { heard ?? resumed ?? named }

  /// Goes on where another process was; to be said before `name`.
  mutating func resume(_ address: SocketAddress) { resumed = address }

  /// The kernel takes packets of this source from there, for another process until now; false where that is not who would
  /// be followed.
  mutating func goOn(_ source: UInt32, at address: SocketAddress, now: Instant) -> Bool {
    if let heard { return heard == address && ssrc == source }
    guard !isProved, destination == address else { return false }
    heard = address
    ssrc = source
    namedHasSpoken = isNamed(address)
    lastHeard = now
    return true
  }

  /// Takes what SDP says now; another address than before starts over there.
  mutating func name(_ address: SocketAddress?, signalling: IPAddress?, isProved: Bool = false) {
    if address != named || isProved != self.isProved {
      let resumed = named == nil && heard == nil ? resumed : nil
      self = Latch()
      self.resumed = resumed
      named = address
      self.isProved = isProved
    }
    self.signalling = signalling
  }

  /// Judges a packet's source, and follows it where it may be followed.
  mutating func judge(_ header: RTPHeader, from: SocketAddress, now: Instant) -> Verdict {
    if from == heard {
      if header.ssrc == ssrc && hasSpoken {
        sequence.take(header.sequence)
      } else {
        // The phone itself may start a new source at any time.
        begin(header)
      }
      lastHeard = now
      return .same
    }
    guard mayFollow(header, from: from, now: now) else { return .foreign }
    begin(header)
    return follow(from, now)
  }

  private mutating func begin(_ header: RTPHeader) {
    ssrc = header.ssrc
    sequence = SequenceTracker(header.sequence)
    hasSpoken = true
  }

  /// ICE says that the phone is there; whether it was not known before.
  mutating func follow(proved address: SocketAddress, now: Instant) -> Bool {
    guard address != heard else { return false }
    _ = follow(address, now)
    return true
  }

  /// Judges a packet from another of the addresses that ICE has checked: it is followed where the one that media goes to
  /// is silent, as when a translator of addresses has chosen another port.
  mutating func judgeProved(_ header: RTPHeader, from: SocketAddress, now: Instant) -> Verdict {
    guard heard == nil || now - lastHeard >= Self.patience else { return .same }
    begin(header)
    return follow(from, now)
  }

  /// Judges the source of a datagram that tells nothing of itself. So once one was followed, another port of that host is
  /// the most that is followed after a silence.
  mutating func judge(from: SocketAddress, now: Instant) -> Verdict {
    if from == heard {
      lastHeard = now
      return .same
    }
    if let heard {
      let goesOn = now - lastHeard >= Self.patience && from.ip == heard.ip
      guard goesOn || isNamed(from) && !namedHasSpoken else { return .foreign }
    } else {
      guard from.ip == named?.ip || from.ip == signalling else { return .foreign }
    }
    return follow(from, now)
  }

  /// Whether the phone may be there, as far as is known.
  func mayBe(at source: SocketAddress) -> Bool {
    if source == destination || isNamed(source) { return true }
    return heard == nil && (source.ip == named?.ip || source.ip == signalling)
  }

  private mutating func follow(_ source: SocketAddress, _ now: Instant) -> Verdict {
    let verdict: Verdict = isNamed(source) && heard == nil ? .same : .moved
    namedHasSpoken = namedHasSpoken || isNamed(source)
    heard = source
    lastHeard = now
    return verdict
  }

  /// Packets of the followed source and SSRC were relayed by the kernel, unseen here.
  mutating func pass(_ packets: UInt64, now: Instant) {
    sequence.advance(by: packets)
    lastHeard = now
  }

  private func mayFollow(_ header: RTPHeader, from: SocketAddress, now: Instant) -> Bool {
    guard heard != nil else {
      return from == resumed || isNamed(from) || from.ip == named?.ip || from.ip == signalling
    }
    if isNamed(from) && !namedHasSpoken { return true }
    return !isProved && now - lastHeard >= Self.patience && header.ssrc == ssrc
      && (!hasSpoken || sequence.isPlausible(header.sequence))
  }

  /// SDP names no interface of a link-local address.
  private func isNamed(_ address: SocketAddress) -> Bool { address.ip == named?.ip && address.port == named?.port }
}
