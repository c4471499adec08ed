import Platform
import Wire

/// Two sockets: RTP on an even port, RTCP on the odd one above.
struct PortPair: Sendable {
  var port: UInt16
  var rtp: Int32
  var control: Int32
}

/// Binds pairs from the configured range, the one that was free for longest first, so that what is still on its way to
/// an ended call does not reach the next.
struct PortPool {
  /// Expedited forwarding (RFC 3246).
  private static let expedited: Int32 = 46

  let range: ClosedRange<UInt16>
  let family: AddressFamily
  private var next: UInt16

  init(range: ClosedRange<UInt16>, family: AddressFamily) {
    self.range = range
    self.family = family
    next = range.lowerBound & 1 == 0 ? range.lowerBound : range.lowerBound + 1
  }

  /// The next pair that can be bound, nil where a whole round found none.
  mutating func bindPair() -> PortPair? {
    let first = next
    repeat {
      let port = next
      let pairEnds = UInt32(port) + 3
      next =
        pairEnds <= UInt32(range.upperBound) ? port + 2 : range.lowerBound + (range.lowerBound & 1)
      guard port < range.upperBound else { continue }
      if let pair = bind(port) { return pair }
    } while next != first
    return nil
  }

  /// That pair, nil where something else has one of both.
  func bind(_ port: UInt16) -> PortPair? {
    guard let rtp = socket(port) else { return nil }
    guard let control = socket(port + 1) else {
      rtp.close()
      return nil
    }
    return PortPair(port: port, rtp: rtp.descriptor, control: control.descriptor)
  }

  private func socket(_ port: UInt16) -> UDPSocket? {
    let any: IPAddress = if case .ipv4 = family { .anyIPv4 } else { .anyIPv6 }
    guard let socket = try? UDPSocket(binding: SocketAddress(any, port: port), family: family) else { return nil }
    socket.setDSCP(Self.expedited)
    return socket
  }
}
