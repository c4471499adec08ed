import Wire

/// What the media thread counted of one party.
public struct MediaFacts: Equatable, Sendable {
  public var packetsIn: UInt64 = 0
  public var packetsOut: UInt64 = 0
  /// Not let through: from a stranger's address, of a codec that was not agreed, and what the kernel could not send.
  public var foreign: UInt64 = 0
  public var otherCodec: UInt64 = 0
  public var unsent: UInt64 = 0
  /// Of an encrypted leg: not made with the party's keys.
  public var unauthentic: UInt64 = 0
  /// ICE's checks that came and were right; nil where the party does not look for its way by ICE.
  public var checks: UInt32?
  /// Whether the kernel relayed some of it.
  public var inKernel = false
  /// How the party is heard, and how it hears.
  public var incoming: Quality?
  public var outgoing: Quality?
  public var roundTrip: Interval?

  public init() {}
}

/// One end of a call, as the exchange saw it.
public struct PartyFacts: Equatable, Sendable {
  public var number: String
  /// The trunk by which it is reached.
  public var trunk: String?
  /// `udp`, and where its signalling comes from.
  public var transport = ""
  public var signalling: SocketAddress?
  /// Where its Via says that it sends from, where that is an address; and whether it asks for answers to the port that
  /// it sends from (`rport`, RFC 3581).
  public var via: SocketAddress?
  public var asksForPort = true
  /// Where its session description wants media, where it was told to send its own, and where that comes from.
  public var named: SocketAddress?
  public var told: SocketAddress?
  public var heardAt: SocketAddress?
  public var codec: String?
  /// The suite by which its media is encrypted; nil where it is not. And whether the configuration requires that.
  public var encryption: String?
  public var mustEncrypt = false
  /// The codecs that it named, and those that the configuration lets it use.
  public var codecs: [String] = []
  public var mayUse: [String] = []
  /// What was agreed last: whether it sends media, and takes it.
  public var sends = true
  public var takes = true
  public var media: MediaFacts?

  public init(_ number: String) { self.number = number }
}

/// All that is known of a call: what a diagnosis rests on.
public struct CallFacts: Equatable, Sendable {
  /// As in the log.
  public var number: UInt32
  public var caller: PartyFacts
  public var callee: PartyFacts
  public var startedAt: Instant
  public var answeredAt: Instant?
  public var endedAt: Instant?
  /// Nil while it lives.
  public var end: CallEnd?
  /// Login attempts for the callee's number that were refused of late.
  public var refusedLogin: SocketAddress?

  public init(_ number: UInt32, caller: String, callee: String, at startedAt: Instant) {
    self.number = number
    self.caller = PartyFacts(caller)
    self.callee = PartyFacts(callee)
    self.startedAt = startedAt
  }

  public subscript(party: CallParty) -> PartyFacts { party == .caller ? caller : callee }

  /// Seconds that both could talk.
  public var talked: Int64 {
    guard let answeredAt, let endedAt else { return 0 }
    return (endedAt - answeredAt).seconds
  }

  /// Seconds that it took until it was answered, or ended without.
  public var rang: Int64 { ((answeredAt ?? endedAt ?? startedAt) - startedAt).seconds }
}
