import Wire

/// RTP payload types, 0…127.
public struct PayloadTypes: Hashable, Sendable {
  public private(set) var low: UInt64
  public private(set) var high: UInt64

  public init(low: UInt64 = 0, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  public var isEmpty: Bool { low | high == 0 }
  public var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }

  public func contains(_ type: UInt8) -> Bool {
    (type & 0x40 == 0 ? low : high) >> UInt64(type & 63) & 1 != 0
  }

  public mutating func insert(_ type: UInt8) {
    if type & 0x40 == 0 { low |= 1 << UInt64(type & 63) } else { high |= 1 << UInt64(type & 63) }
  }
}

/// One direction of a stream as the kernel relays it: which packets are taken, and where they go unchanged.
public struct KernelLeg: Hashable, Sendable {
  /// A leg has no more payload types than this in the kernel.
  public static let mostTypes = 16

  /// The phone that sends.
  public var source: SocketAddress
  /// Our port that it sends to.
  public var port: UInt16
  /// The stream's source (RFC 3550 §5.1); another's packets come to our socket.
  public var ssrc: UInt32
  /// The payload types that need nothing done to them.
  public var types: PayloadTypes
  /// The phone that takes the packets.
  public var target: SocketAddress
  /// Our port that they leave from.
  public var exit: UInt16

  public init(
    source: SocketAddress, port: UInt16, ssrc: UInt32, types: PayloadTypes, target: SocketAddress, exit: UInt16
  ) {
    self.source = source
    self.port = port
    self.ssrc = ssrc
    self.types = types
    self.target = target
    self.exit = exit
  }

  /// Whether the kernel's maps can hold it, and it names nothing that a media stream has no business with.
  public var isSound: Bool {
    source.ip.isIPv4 == target.ip.isIPv4 && Self.isOneHost(source) && Self.isOneHost(target)
      && Self.mayBeOurs(port) && Self.mayBeOurs(exit) && (1...Self.mostTypes).contains(types.count)
  }

  /// Unicast, and reached without naming an interface.
  private static func isOneHost(_ address: SocketAddress) -> Bool {
    let ip = address.ip
    let isBroadcast = ip.isIPv4 && ip.low == 0xffff_ffff
    let isLinkLocal = !ip.isIPv4 && ip.high >> 54 == 0xfe80 >> 6
    return address.port != 0 && !ip.isUnspecified && !ip.isMulticast && !isBroadcast && !isLinkLocal
      && address.scope == 0
  }

  /// Even, as RTP's are, and none that a system service listens on.
  private static func mayBeOurs(_ port: UInt16) -> Bool { port >= 1024 && port & 1 == 0 }
}

/// What one leg's packets in the kernel came to.
public struct KernelCount: Hashable, Sendable {
  public var packets: UInt64
  /// With the RTP header, without those of UDP and IP.
  public var octets: UInt64

  public init(packets: UInt64 = 0, octets: UInt64 = 0) {
    self.packets = packets
    self.octets = octets
  }
}
