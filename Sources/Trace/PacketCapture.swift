import SIP
import Wire

/// Signalling as a pcap file of raw IP packets, which Wireshark and tcpdump read. The headers below SIP are made up: what
/// came decrypted out of TLS stands in plain TCP, and a WebSocket's message, which comes as a whole, in UDP.
public struct PacketCapture: Sendable {
  /// The file's header: microseconds, little-endian, LINKTYPE_RAW.
  public static var fileHeader: [UInt8] {
    var bytes: [UInt8] = []
    append(0xa1b2_c3d4 as UInt32, to: &bytes)
    append(2 as UInt16, to: &bytes)
    append(4 as UInt16, to: &bytes)
    append(0 as UInt64, to: &bytes)
    append(UInt32(longestPacket), to: &bytes)
    append(101 as UInt32, to: &bytes)
    return bytes
  }
  private static let longestPacket = 262_144
  /// What goes into one packet; the length of an IP packet has 16 bits.
  private static let longestPayload = 65_000
  /// Streams whose sequence numbers are remembered; beyond that they begin anew.
  private static let mostStreams = 1024

  private struct Stream: Hashable, Sendable {
    let from: SocketAddress
    let to: SocketAddress
  }

  private var sent: [Stream: UInt32] = [:]

  public init() {}

  /// The records of a message that came or goes by a flow. `time` is microseconds since 1970.
  public mutating func records(_ message: [UInt8], _ flow: Flow, isIncoming: Bool, time: Int64) -> [UInt8] {
    let (from, to) = isIncoming ? (flow.remote, flow.local) : (flow.local, flow.remote)
    var bytes: [UInt8] = []
    var rest = message[...]
    repeat {
      let part = rest.prefix(Self.longestPayload)
      rest = rest.dropFirst(part.count)
      let isStream = flow.transport == .tcp || flow.transport == .tls
      let payload = isStream ? segment(part, from, to) : datagram(part, from, to)
      let packet = internetPacket(payload, from.ip, to.ip, isStream ? 6 : 17)
      append(UInt32(truncatingIfNeeded: time / 1_000_000), to: &bytes)
      append(UInt32(truncatingIfNeeded: time % 1_000_000), to: &bytes)
      append(UInt32(packet.count), to: &bytes)
      append(UInt32(packet.count), to: &bytes)
      bytes += packet
    } while !rest.isEmpty
    return bytes
  }

  /// RFC 768.
  private func datagram(_ data: ArraySlice<UInt8>, _ from: SocketAddress, _ to: SocketAddress) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in [from.port, to.port, UInt16(8 + data.count), 0] { appendNetwork(number, to: &bytes) }
    bytes += data
    put(checksum(bytes, from.ip, to.ip, 17), into: &bytes, at: 6)
    return bytes
  }

  /// RFC 9293, with the numbers that both directions have come to.
  private mutating func segment(_ data: ArraySlice<UInt8>, _ from: SocketAddress, _ to: SocketAddress) -> [UInt8] {
    if sent.count > Self.mostStreams { sent = [:] }
    let place = Stream(from: from, to: to)
    let number = sent[place] ?? 1
    sent[place] = number &+ UInt32(data.count)
    let seen = sent[Stream(from: to, to: from)] ?? 1
    var bytes: [UInt8] = []
    for port in [from.port, to.port] { appendNetwork(port, to: &bytes) }
    for number in [number, seen] {
      appendNetwork(UInt16(number >> 16), to: &bytes)
      appendNetwork(UInt16(truncatingIfNeeded: number), to: &bytes)
    }
    // 20 bytes of header, PSH and ACK; window, checksum, nothing urgent.
    for number in [0x5018, 0xffff, 0, 0] as [UInt16] { appendNetwork(number, to: &bytes) }
    bytes += data
    put(checksum(bytes, from.ip, to.ip, 6), into: &bytes, at: 16)
    return bytes
  }
}

/// RFC 791, RFC 8200. One end of each family does not happen; were it so, both are written as IPv6.
private func internetPacket(_ payload: [UInt8], _ from: IPAddress, _ to: IPAddress, _ transport: UInt8) -> [UInt8] {
  var bytes: [UInt8] = []
  if from.isIPv4 && to.isIPv4 {
    bytes = [0x45, 0]
    appendNetwork(UInt16(20 + payload.count), to: &bytes)
    bytes += [0, 0, 0x40, 0, 64, transport, 0, 0]
    bytes += octets(from) + octets(to)
    put(~folded(sum(bytes)), into: &bytes, at: 10)
  } else {
    bytes = [0x60, 0, 0, 0]
    appendNetwork(UInt16(payload.count), to: &bytes)
    bytes += [transport, 64]
    bytes += octets(from, isLong: true) + octets(to, isLong: true)
  }
  return bytes + payload
}

/// The checksum of UDP and TCP, over what they carry and the pseudo-header (RFC 793 §3.1, RFC 8200 §8.1).
private func checksum(_ payload: [UInt8], _ from: IPAddress, _ to: IPAddress, _ transport: UInt8) -> UInt16 {
  let isLong = !(from.isIPv4 && to.isIPv4)
  let head = octets(from, isLong: isLong) + octets(to, isLong: isLong)
  let found = ~folded(sum(head) + sum(payload) + UInt64(payload.count) + UInt64(transport))
  return found == 0 && transport == 17 ? 0xffff : found
}

private func sum(_ bytes: [UInt8]) -> UInt64 {
  var sum: UInt64 = 0
  for i in bytes.indices { sum += i & 1 == 0 ? UInt64(bytes[i]) << 8 : UInt64(bytes[i]) }
  return sum
}

private func folded(_ sum: UInt64) -> UInt16 {
  var sum = sum
  while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
  return UInt16(sum)
}

/// In network order; an IPv4 address among long ones is mapped (RFC 4291 §2.5.5.2).
private func octets(_ ip: IPAddress, isLong: Bool = false) -> [UInt8] {
  let low = (0..<8).map { UInt8(truncatingIfNeeded: ip.low >> UInt64(56 - 8 * $0)) }
  guard isLong else { return Array(low[4...]) }
  if ip.isIPv4 { return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + low[4...] }
  return (0..<8).map { UInt8(truncatingIfNeeded: ip.high >> UInt64(56 - 8 * $0)) } + low
}

private func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
  for i in 0..<number.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * i))) }
}

private func appendNetwork(_ number: UInt16, to bytes: inout [UInt8]) {
  bytes.append(UInt8(number >> 8))
  bytes.append(UInt8(truncatingIfNeeded: number))
}

private func put(_ number: UInt16, into bytes: inout [UInt8], at index: Int) {
  bytes[index] = UInt8(number >> 8)
  bytes[index + 1] = UInt8(truncatingIfNeeded: number)
}
