import Wire

/// One of the two ends of a call.
public enum CallParty: UInt8, Storable, Sendable { case caller, callee }

/// How a call ended, as the exchange knows it at that moment. Why it did is for `Diagnosis` to say.
public enum CallEnd: Equatable, Sendable {
  case hungUp(CallParty)
  /// The caller cancelled.
  case gaveUp
  /// The phones rang for as long as they may.
  case noAnswer
  /// The callee's phones refused it: the status that says most, and the Warning that came with it.
  case refused(Int, warning: String?)
  /// Nothing came from any phone of the callee.
  case unreachable
  /// No trunk took it: the last one's name, what it answered (408 where nothing), and that in words.
  case trunk(String, Int, String)
  case noSuchNumber
  /// The callee is an extension where no phone is registered.
  case notRegistered
  /// The toll rules do not allow it; the rule in words.
  case closed(String)
  case noPorts
  case noCommonCodec
  case onlyEncrypted
  /// Encryption is required, and what it offers is not encrypted; or not in a way that the exchange has.
  case notEncrypted
  case noUsableKeys
  /// Encryption is required, but the keys that the caller names would be read by anyone on the way.
  case keysInTheOpen
  /// That party's handshake of DTLS came to nothing; why, in words.
  case handshakeFailed(CallParty, why: String)
  /// The request, or what it offers, cannot be used; what is wrong with it.
  case unusable(String)
  /// It came back to the exchange, or has passed too many.
  case loop
  /// Never acknowledged what the exchange answered.
  case unacknowledged(CallParty)
  /// A reliable provisional response was not.
  case noPRACK
  /// No media from either side for a minute.
  case silent
  case mediaFailed
  /// The session was not refreshed in time (RFC 4028).
  case expired
  /// A phone says that it knows nothing of the call, or says nothing, in the middle of it.
  case lost
  /// A phone answered an offer within the call by what cannot be used.
  case badAnswer
  case minutesUsedUp(String)
  case transferred
  case transferFailed
  /// It rang for a transfer, and what came of it is part of the other call.
  case joined
  case overload
  case shutdown

  /// For the log.
  public var text: String {
    switch self {
    case .hungUp(let party): party == .caller ? "caller hung up" : "callee hung up"
    case .gaveUp: "caller cancelled"
    case .noAnswer: "no answer"
    case .refused(let status, _): "callee answered \(status)"
    case .unreachable: "no phone of the callee can be reached"
    case .trunk(_, _, let words): words
    case .noSuchNumber: "no such number"
    case .notRegistered: "no phone is registered"
    case .closed(let rule), .minutesUsedUp(let rule): rule
    case .noPorts: "no media port is free"
    case .noCommonCodec: "no codec in common"
    case .onlyEncrypted: "only encrypted media is offered"
    case .notEncrypted: "encryption is required, and none is offered"
    case .noUsableKeys: "none of the offered encryption keys can be used"
    case .keysInTheOpen: "encryption is required, but its keys would be read on the way"
    case .handshakeFailed(let party, let why):
      (party == .caller ? "the caller's keys were not agreed upon: " : "the callee's keys were not agreed upon: ") + why
    case .unusable(let fault): fault
    case .loop: "the call runs in a circle"
    case .unacknowledged(let party): party == .caller ? "no ACK from the caller" : "no ACK from the callee"
    case .noPRACK: "the caller acknowledges nothing by PRACK"
    case .silent: "no media from either side for 60 s"
    case .mediaFailed: "media failed"
    case .expired: "the session was not refreshed"
    case .lost: "a phone lost the call"
    case .badAnswer: "a phone's answer within the call cannot be used"
    case .transferred: "transferred"
    case .transferFailed: "the transfer failed, and nobody took the call back"
    case .joined: "joined with another call"
    case .overload: "the exchange is overloaded"
    case .shutdown: "shutdown"
    }
  }
}
