/// Why a call ended as it did. The raw values are what `--json` says.
public enum Cause: String, Sendable {
  // Nothing is wrong.
  case ended
  case gaveUp = "caller-gave-up"
  case joined = "joined-with-another-call"
  case shutdown

  // The callee.
  case busy
  case declined
  case noAnswer = "no-answer"
  case noSuchNumber = "no-such-number"
  case notRegistered = "not-registered"
  case unreachable
  case phoneRefused = "phone-refused"

  // What is allowed and what there is.
  case tollClosed = "toll-closed"
  case minutesUsedUp = "minutes-used-up"
  case noPorts = "no-media-ports"
  case overload
  case loop
  case badRequest = "bad-request"

  // Trunks.
  case trunkRefused = "trunk-refused"
  case trunkUnreachable = "trunk-unreachable"
  case clock

  // Codecs.
  case codecs = "codec-mismatch"
  case onlyEncrypted = "only-encrypted"

  // Encryption.
  case notEncrypted = "not-encrypted"
  case noUsableKeys = "no-usable-keys"
  case keysInTheOpen = "keys-without-tls"
  case wrongKeys = "wrong-keys"
  case handshakeFailed = "handshake-failed"

  // Networks.
  case natWithoutPort = "nat-without-rport"
  case unacknowledged = "not-acknowledged"
  case toldUnreachable = "told-unreachable-address"
  case namedUnreachable = "named-unreachable-address"
  case noMediaFromCaller = "no-media-from-caller"
  case noMediaFromCallee = "no-media-from-callee"
  case noMedia = "no-media"
  case foreignMedia = "media-from-elsewhere"
  case noChecks = "no-ice-checks"
  case wrongCodecSent = "other-codec-sent"
  case poorQuality = "poor-quality"

  // In the middle of a call.
  case phoneGone = "phone-gone"
  case badAnswer = "bad-answer"
  case transferFailed = "transfer-failed"
  case mediaFailed = "media-failed"

  // Logins.
  case wrongPassword = "wrong-password"
  case unknownUser = "unknown-user"
  case answersLost = "answers-lost"

  /// Whether something should be mended: everything but what people do.
  public var isFault: Bool {
    switch self {
    case .ended, .gaveUp, .joined, .shutdown, .busy, .declined, .noAnswer: false
    default: true
    }
  }
}
