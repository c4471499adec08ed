import Numbering
import Wire

/// What the one configuration file says, checked: every value is in range and every default is filled in.
public struct Configuration: Equatable, Sendable {
  /// The SIP domain and digest realm, lower case.
  public var domain = "sotto.lan"
  /// Where SIP is awaited, in the file's order; never empty, no address twice.
  public var listeners: [Listener] = Listener.standard
  public var tls = TLSSettings()
  /// Pages of these origins may connect by WebSocket, beside those of the box itself; `*` for any.
  public var webSocketOrigins: [String] = []
  public var media = MediaSettings()
  /// By number; see `Extension.number`.
  public var extensions: [String: Extension] = [:]
  /// Whether passwords shorter than `Extension.leastPassword` are let through.
  public var allowWeakPasswords = false
  public var logLevel = LogLevel.info
  public var time = TimeSettings()
  public var network = NetworkSettings()
  /// Name servers; those of `/etc/resolv.conf` where empty.
  public var nameServers: [SocketAddress] = []
  /// Whose way to dial holds, and the area of local numbers; there is a country wherever there is a trunk.
  public var country: Country?
  public var area: String?
  /// In the file's order.
  public var trunks: [TrunkSettings] = []
  public var routes: [Route] = []
  public var toll = TollSettings()
  public var emergency = EmergencySettings()
  /// In the file's order; no extension and no card twice.
  public var localAudio: [LocalAudio] = []

  public init() {}
}

/// One address at which SIP is awaited: `udp://0.0.0.0:5060`, `tls://[::]:5061`.
public struct Listener: Hashable, Sendable {
  /// By the name that stands before the address.
  public enum Transport: String, CaseIterable, Hashable, Sendable {
    case udp, tcp, tls, ws, wss

    public var isSecure: Bool { self == .tls || self == .wss }
    public var isWebSocket: Bool { self == .ws || self == .wss }
    /// What is meant where an address has no port.
    var port: UInt16 {
      switch self {
      case .udp, .tcp: 5060
      case .tls: 5061
      case .ws: 80
      case .wss: 443
      }
    }
  }

  public var transport: Transport
  public var address: SocketAddress

  public init(_ transport: Transport, _ address: SocketAddress) {
    self.transport = transport
    self.address = address
  }

  /// UDP and TCP on port 5060 of every IPv4 and IPv6 address.
  public static let standard = [
    Listener(.udp, SocketAddress(.anyIPv4, port: 5060)), Listener(.tcp, SocketAddress(.anyIPv4, port: 5060)),
    Listener(.udp, SocketAddress(.anyIPv6, port: 5060)), Listener(.tcp, SocketAddress(.anyIPv6, port: 5060)),
  ]

  /// The text of the configuration file.
  public var description: String { transport.rawValue + "://" + address.description }
}

public struct MediaSettings: Equatable, Sendable {
  /// The ports that RTP (even) and RTCP (the next odd one) use; begins even, ends odd.
  public var ports: ClosedRange<UInt16> = 16384...17383
  /// What SDP and Contact say instead of the local address, when the box stands behind an address translator.
  public var externalAddress: IPAddress?
  /// At most so many threads relay, one a processor; nil for `mostThreads`.
  public var threads: Int?
  public var holdMusic = HoldMusic.pattern
  /// Whether keys of media may be named in SIP that is not encrypted itself, where anyone on the way may read them.
  public var allowsKeysWithoutTLS = false

  public static let mostThreads = 16

  public init() {}

  /// How many calls the ports allow: each has two legs, each leg a pair of ports.
  public var mostCalls: Int { (Int(ports.upperBound) - Int(ports.lowerBound) + 1) / 4 }
}

/// One telephone of the house.
public struct Extension: Equatable, Sendable {
  /// Characters of the shortest password that is taken without `allow_weak_passwords`.
  public static let leastPassword = 8

  /// 1 to 15 digits (ITU-T E.164 §6), leading zeros significant; also the user name of its digest credentials.
  public var number: String
  /// What the other side's display shows; the number where the file gives none.
  public var name: String
  public var password: String
  /// What it is offered and may use, in order of preference; never empty.
  public var codecs: [VoiceCodec]
  /// What is challenged, in this order; never empty.
  public var digest: [DigestAlgorithm]
  public var dtmf = DigitSetting.auto
  public var encryption = EncryptionSetting.preferred

  /// MD5 alone is the default: baresip 1.0.0 cannot register where SHA-256 is present, sipp 3.6.1 where it comes first.
  public init(
    number: String, name: String? = nil, password: String, codecs: [VoiceCodec] = VoiceCodec.standard,
    digest: [DigestAlgorithm] = [.md5]
  ) {
    self.number = number
    self.name = name ?? number
    self.password = password
    self.codecs = codecs
    self.digest = digest
  }
}

/// A codec by its name in SDP (RFC 3551 §6, RFC 7587 §4).
public enum VoiceCodec: String, CaseIterable, Hashable, Storable, Sendable {
  case pcmu = "PCMU"
  case pcma = "PCMA"
  case g722 = "G722"
  case opus = "opus"

  /// Wideband first, where both phones have it.
  public static let standard: [VoiceCodec] = [.opus, .g722, .pcmu, .pcma]
}

/// How a phone or trunk tells of its keys, and is told of the other's.
public enum DigitSetting: String, CaseIterable, Hashable, Sendable {
  /// By RFC 4733 where it says that it can, else by tones.
  case auto
  case rfc4733
  /// By SIP INFO, `application/dtmf-relay`.
  case info
  case inband
}

/// Whether the media of a phone or trunk is encrypted on its way to the exchange and back.
public enum EncryptionSetting: String, CaseIterable, Hashable, Sendable {
  /// Or there is no call.
  case required
  /// Where the other end does so too.
  case preferred
  case off
}

/// A digest algorithm by its name in a challenge (RFC 7616 §3.3).
public enum DigestAlgorithm: String, CaseIterable, Hashable, Sendable {
  case sha256 = "SHA-256"
  case md5 = "MD5"
}

/// How grave a log line is; a level shows itself and everything graver.
public enum LogLevel: String, CaseIterable, Hashable, Sendable {
  case error, warning, notice, info, debug
}

/// Where the box learns the time of day; used by the image's init.
public struct TimeSettings: Equatable, Sendable {
  /// SNTP servers by address or name, tried in order; those that DHCP names come first.
  public var servers: [String] = ["0.debian.pool.ntp.org", "1.debian.pool.ntp.org"]

  public init() {}
}

/// The box's own address; used by the image's init. Without an address, DHCP gives one.
public struct NetworkSettings: Equatable, Sendable {
  public var address: Prefix?
  public var gateway: IPAddress?
  public var nameServers: [IPAddress] = []

  public init() {}

  /// An address with the length of its network's prefix: `192.168.1.5/24`.
  public struct Prefix: Hashable, Sendable {
    public var address: IPAddress
    public var length: Int

    public init(_ address: IPAddress, length: Int) {
      self.address = address
      self.length = length
    }

    public var description: String { "\(address.description)/\(length)" }
  }
}
