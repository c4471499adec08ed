import Wire

/// Requests of someone who did not prove to be who he says, together where they come from one place.
public struct RefusedLogin: Equatable, Sendable {
  public var user: String
  public var source: SocketAddress
  /// `wrongPassword`, `unknownUser`, `natWithoutPort` or `answersLost`.
  public var cause: Cause
  public var times: UInt32
  public var firstAt: Instant
  public var lastAt: Instant
  /// Where its Via says that it sends from, where that is an address.
  public var via: SocketAddress?

  public var sentence: String {
    let place = source.ip.description
    switch cause {
    case .wrongPassword: return "The phone at \(place) logs in as \(user) with a wrong password."
    case .unknownUser: return "The phone at \(place) logs in as \(user), which is no extension of the configuration."
    case .natWithoutPort:
      var phone = PartyFacts(user)
      phone.signalling = source
      phone.via = via
      return CallDoctor.natWithoutPort(phone).sentence
    default:
      return "The phone at \(place) asks again and again to log in as \(user), as if it never got the answer: "
        + "a firewall or NAT on the way keeps it back."
    }
  }
}

/// The last logins that were refused. Whoever they come from has proved nothing, so they are few whatever happens, and
/// displace nothing but each other.
public struct RefusedLogins: Sendable {
  static let limit = 64
  private static let longestName = 40

  /// A challenge that was given, and how often its request came again.
  private struct Challenge: Sendable {
    var name: String
    var number: UInt32
    var repeats: UInt8 = 0
  }

  public private(set) var logins: [RefusedLogin] = [] { didSet { haveChanged = true } }
  /// Since they were last kept.
  public var haveChanged = false
  private var challenges: [Challenge] = []
  private var nextChallenge = 0

  public init() {}

  /// Those of another process; challenges that were under way count anew.
  public init(_ logins: [RefusedLogin]) { self.logins = Array(logins.suffix(Self.limit)) }

  public mutating func note(
    _ user: String, from source: SocketAddress, _ cause: Cause, via: SocketAddress?, at: Instant
  ) {
    let user = cut(user, Self.longestName)
    if let i = logins.firstIndex(where: { $0.source.ip == source.ip && $0.cause == cause && $0.user == user }) {
      logins[i].times = logins[i].times &+ 1
      logins[i].lastAt = at
      logins[i].source = source
      return
    }
    if logins.count >= Self.limit, let oldest = logins.indices.min(by: { logins[$0].lastAt < logins[$1].lastAt }) {
      logins.remove(at: oldest)
    }
    logins.append(
      RefusedLogin(user: user, source: source, cause: cause, times: 1, firstAt: at, lastAt: at, via: via))
  }

  /// A request was challenged; true where it has come so often again, without an answer to the challenge, that the
  /// challenge seems to get lost.
  public mutating func challenged(_ name: String, _ number: UInt32) -> Bool {
    if let i = challenges.firstIndex(where: { $0.number == number && $0.name == name }) {
      challenges[i].repeats = min(challenges[i].repeats + 1, 200)
      return challenges[i].repeats >= 3
    }
    let challenge = Challenge(name: name, number: number)
    if challenges.count < 32 {
      challenges.append(challenge)
    } else {
      challenges[nextChallenge] = challenge
      nextChallenge = (nextChallenge + 1) % challenges.count
    }
    return false
  }

  /// Where someone failed of late to log in as that user.
  public func source(of user: String, since: Instant) -> SocketAddress? {
    logins.last { $0.user == user && $0.cause == .wrongPassword && $0.lastAt >= since }?.source
  }

  /// He has logged in after all: from that place, that user needs no more help.
  public mutating func succeeded(_ user: String, from source: SocketAddress) {
    guard !logins.isEmpty else { return }
    logins.removeAll { $0.user == user && $0.source.ip == source.ip }
  }
}
