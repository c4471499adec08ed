import Wire

/// Where one phone's RTCP comes from and goes to: beside its RTP, unless SDP or the phone itself says otherwise.
struct ControlLatch: Equatable, Sendable {
  /// It goes where RTP goes.
  private var isMuxed = false
  /// What `a=rtcp` says, or where RTP is wanted too.
  private var named: SocketAddress?
  private var heard: SocketAddress?
  /// ICE checks this way by itself, and nothing else counts.
  private var isProved = false

  mutating func name(_ address: SocketAddress?, isMuxed: Bool, isProved: Bool = false, restart: Bool) {
    if restart || address != named || isMuxed != self.isMuxed { heard = nil }
    named = address
    self.isMuxed = isMuxed
    self.isProved = isProved
  }

  /// RTP's own latch moved, so that what was learned here is of the past.
  mutating func restart() { if !isProved { heard = nil } }

  /// It is known where it goes.
  var isFollowing: Bool { heard != nil }

  /// ICE, or a process before this one, says where it goes; whether that was not known.
  mutating func follow(_ address: SocketAddress) -> Bool {
    defer { heard = address }
    return heard != address
  }

  func destination(beside rtp: Latch) -> SocketAddress? {
    if isMuxed { return rtp.destination }
    if let heard { return heard }
    if isProved { return nil }
    // Behind a NAT the port above is a guess, but better than the private address that SDP names.
    if let source = rtp.heard, source != rtp.named { return above(source) }
    if let named { return named }
    return rtp.named.flatMap(above)
  }

  /// Takes a source where it is the named one, or on the host that RTP comes from and not against what RTP says of the
  /// phone's SSRC. RTCP comes every five seconds or so, too seldom for a rule of silence.
  mutating func judge(sender: UInt32, from: SocketAddress, rtp: Latch) -> Bool {
    if from == heard { return true }
    if isProved { return false }
    let expected = named ?? rtp.named.flatMap(above)
    let isNamed = from.ip == expected?.ip && from.port == expected?.port
    if let source = rtp.heard {
      guard sender == rtp.ssrc, from.ip == source.ip || isNamed else { return false }
    } else {
      guard heard == nil, isNamed || from.ip == rtp.named?.ip || from.ip == rtp.signalling else { return false }
    }
    heard = from
    return true
  }

  private func above(_ rtp: SocketAddress) -> SocketAddress? {
    guard rtp.port < .max else { return nil }
    var address = rtp
    address.port += 1
    return address
  }
}
