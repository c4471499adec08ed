import SIP
import Wire

/// One contact that a phone has registered for a number (RFC 3261 §10).
public struct Binding: Hashable, Sendable {
  /// As the phone wrote it, without `expires`.
  public var contact: NameAddress
  /// Preference in thousandths: 1000 is called first.
  public var q: Int
  public var expires: Instant
  /// Of the REGISTER that made or refreshed it: an older one may not change it.
  public var callID: String
  public var cSeq: UInt32
  /// Where calls to it go: to the port of its Contact, or where something may translate addresses between back to where
  /// its REGISTER came from.
  public var flow: Flow
  /// Where its REGISTER came from.
  public var source: SocketAddress
  public var userAgent: String?
  /// Whom RFC 5626 calls the same phone, and by which of its ways; nil where it did not ask for outbound.
  public var outbound: Outbound?
  /// The proxies that requests to it have to pass, the first one next to us (RFC 3327).
  public var path: [NameAddress] = []

  /// The instance and the number of the flow that a phone gave itself (RFC 5626 §4.1, §4.2).
  public struct Outbound: Hashable, Sendable {
    /// As Contact wrote it: `"<urn:uuid:…>"`.
    public var instance: String
    public var flow: UInt32
  }

  /// Whether only its time differs.
  func isAsReachable(as other: Binding) -> Bool {
    contact == other.contact && flow == other.flow && outbound == other.outbound && path == other.path
  }

  /// Whole seconds left, rounded up so that a phone never refreshes too late by it.
  public func secondsLeft(_ now: Instant) -> Int64 { max(0, ((expires - now).microseconds + 999_999) / 1_000_000) }
}

/// How often contacts have come, gone or moved, and how often they were only renewed.
public struct RegistrationChanges: Hashable, Sendable {
  public var moves: UInt32 = 0
  public var refreshes: UInt32 = 0

  public init() {}
}

/// What a registrar grants.
public struct RegistrarLimits: Equatable, Sendable {
  /// Seconds: less is refused with 423 (RFC 3261 §10.3 step 7).
  public var least: UInt32 = 60
  /// Seconds: what a phone gets that asks for nothing, and for more than `most`.
  public var usual: UInt32 = 3600
  public var most: UInt32 = 3600
  /// Contacts of one number. One more takes the place of the one that would expire first: a phone that took a new port at
  /// each of its restarts would otherwise lock itself out.
  public var contacts = 10

  public init() {}

  /// Seconds within which a phone with outbound has to send its next keep-alive over a connection (RFC 5626 §5.4).
  public var flowTimer: UInt32 = 120

  /// Seconds granted for what was asked, 0 for a removal; nil where it is too brief.
  func granted(_ asked: UInt32?) -> UInt32? {
    guard let asked, asked != 0 else { return asked ?? usual }
    return asked < least ? nil : min(asked, most)
  }
}
