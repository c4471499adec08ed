import Wire

/// A datagram of UDP in a capture.
struct Datagram {
  let source: SocketAddress
  let target: SocketAddress
  /// Where its content lies.
  let content: Range<Int>

  private static let udp: UInt8 = 17

  /// Reads the IP packet that lies there; nil for what is no UDP, a fragment, or cut off.
  init?(_ bytes: [UInt8], _ packet: Range<Int>) {
    guard let version = packet.isEmpty ? nil : bytes[packet.lowerBound] >> 4 else { return nil }
    let found = version == 4 ? Self.version4(bytes, packet) : version == 6 ? Self.version6(bytes, packet) : nil
    guard let (from, to, segment) = found, segment.count >= 8 else { return nil }
    let start = segment.lowerBound
    let said = Int(short(bytes, start + 4))
    guard said >= 8, said <= segment.count else { return nil }
    source = SocketAddress(from, port: short(bytes, start))
    target = SocketAddress(to, port: short(bytes, start + 2))
    content = start + 8..<start + said
  }

  private typealias Found = (from: IPAddress, to: IPAddress, segment: Range<Int>)

  /// RFC 791 §3.1. An Ethernet frame may be longer than the packet in it.
  private static func version4(_ bytes: [UInt8], _ packet: Range<Int>) -> Found? {
    let start = packet.lowerBound
    guard packet.count >= 20, bytes[start + 9] == udp, short(bytes, start + 6) & 0x3fff == 0 else { return nil }
    let header = Int(bytes[start] & 15) * 4
    let all = Int(short(bytes, start + 2))
    guard header >= 20, all >= header, all <= packet.count else { return nil }
    let (from, to) = (IPAddress(ipv4: number(bytes, start + 12)), IPAddress(ipv4: number(bytes, start + 16)))
    return (from, to, start + header..<start + all)
  }

  /// RFC 8200 §3, past what extensions stand before UDP.
  private static func version6(_ bytes: [UInt8], _ packet: Range<Int>) -> Found? {
    let start = packet.lowerBound
    guard packet.count >= 40 else { return nil }
    let end = start + 40 + Int(short(bytes, start + 4))
    guard end <= packet.upperBound else { return nil }
    var next = bytes[start + 6]
    var place = start + 40
    // Hop-by-hop, routing and destination options; a fragment is no whole datagram.
    while next == 0 || next == 43 || next == 60 {
      guard end - place >= 8 else { return nil }
      next = bytes[place]
      place += 8 + 8 * Int(bytes[place + 1])
    }
    guard next == udp, place <= end else { return nil }
    func address(_ offset: Int) -> IPAddress {
      func half(_ place: Int) -> UInt64 { UInt64(number(bytes, place)) << 32 | UInt64(number(bytes, place + 4)) }
      return IPAddress(ipv6High: half(start + offset), low: half(start + offset + 8))
    }
    return (address(8), address(24), place..<end)
  }
}
