/// How secure voice travels: as the payloads of a codec that the exchanges on the path pass through as they are.
public enum Carrier: Hashable, Sendable {
  /// Payloads of Opus: what exchanges pass that know nothing of it.
  case opus(packet: Packet)
  /// Payloads of G.711, where that is all there is. They must arrive bit for bit.
  case tunnel(law: Law, packet: Packet)

  public enum Law: UInt8, Sendable {
    case mu = 1
    case a
  }

  /// How much voice a packet has. All packets of a call have the same octets, whatever is in them.
  public enum Packet: UInt8, Sendable {
    case milliseconds20 = 1
    case milliseconds10
  }

  public var packet: Packet {
    switch self {
    case .opus(let packet), .tunnel(_, let packet): packet
    }
  }

  /// Octets of each payload: what G.711 has in that time.
  public var payloadCount: Int { packet == .milliseconds20 ? 160 : 80 }
  /// Octets of Opus in each, at a hard constant bit rate: 140 or 60, as 4 are the header's and 16 the tag's.
  public var voiceCount: Int { payloadCount - 20 }
  public var milliseconds: Int { packet == .milliseconds20 ? 20 : 10 }
  /// Bits a second that make Opus fill `voiceCount`.
  public var opusBitrate: Int32 { packet == .milliseconds20 ? 56000 : 48000 }
}
