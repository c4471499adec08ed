import Crypto

/// What is remembered of another phone, by its number.
public struct PeerRecord: Hashable, Sendable {
  /// Its Ed25519 public key, 32 octets.
  public var identity: [UInt8]
  /// Whether the user has compared the words with this identity.
  public var isVerified: Bool
  /// Whether it has agreed on keys with ML-KEM before.
  public var hadPostQuantum: Bool

  public init(identity: [UInt8], isVerified: Bool = false, hadPostQuantum: Bool) {
    self.identity = identity
    self.isVerified = isVerified
    self.hadPostQuantum = hadPostQuantum
  }
}

/// How the identity at the other end compares with what is remembered.
public enum IdentityVerdict: UInt8, Sendable {
  /// Nothing was known of this number: remembered now, worth a comparison of the words.
  case first = 1
  case same
  /// Someone else, or the same person with a new phone: to be warned of loudly, and not remembered before the user agrees.
  case changed
}

/// Keys that two phones have agreed on, and what their users are shown.
public struct SecureSession: Hashable, Sendable {
  public enum Role: UInt8, Sendable {
    case initiator = 1
    case responder

    var other: Role { self == .initiator ? .responder : .initiator }
    var letter: String { self == .initiator ? "i" : "r" }
  }

  public let role: Role
  public let words: AuthenticationWords
  /// The other phone's Ed25519 public key, 32 octets.
  public let identity: [UInt8]
  public let verdict: IdentityVerdict
  public let isPostQuantum: Bool
  /// A phone that had the post-quantum part before no longer offers it: to be warned of.
  public let lostPostQuantum: Bool
  /// SFrame base keys of the two directions, 32 octets each.
  let sendingKey: [UInt8]
  let receivingKey: [UInt8]

  /// What to remember of the other phone: with `changed` only once the user has agreed.
  public func record(previous: PeerRecord?) -> PeerRecord {
    let isKnown = verdict == .same
    return PeerRecord(
      identity: identity, isVerified: isKnown && previous?.isVerified == true,
      hadPostQuantum: isPostQuantum || isKnown && previous?.hadPostQuantum == true)
  }
}

/// The one-time secrets of an attempt.
struct EphemeralSecrets: Hashable, Sendable {
  var hello: [UInt8]
  var x25519: [UInt8]
  var kemSeed: [UInt8]
  var kemRandom: [UInt8]
  var nonce: [UInt8]

  init(_ random: inout RandomSource) {
    hello = random.bytes(16)
    x25519 = random.bytes(32)
    kemSeed = random.bytes(MLKEM768.seedCount)
    kemRandom = random.bytes(32)
    nonce = random.bytes(32)
  }

  init(hello: [UInt8], x25519: [UInt8], kemSeed: [UInt8], kemRandom: [UInt8], nonce: [UInt8]) {
    self.hello = hello
    self.x25519 = x25519
    self.kemSeed = kemSeed
    self.kemRandom = kemRandom
    self.nonce = nonce
  }
}
