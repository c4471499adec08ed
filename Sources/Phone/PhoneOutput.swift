import SIP
import Wire

/// What a `UserAgent` wants done, and what it has to tell.
public enum PhoneOutput: Sendable {
  case send(Message, to: Flow)
  case event(PhoneEvent)
}

/// What happened to the registration or the call.
public enum PhoneEvent: Hashable, Sendable {
  case registered(seconds: UInt32)
  /// Whether it is tried again: a wrong password stays wrong.
  case notRegistered(reason: String, willRetry: Bool)
  case unregistered
  case calling(number: String)
  /// The other phone rings.
  case ringing
  case incoming(number: String, name: String?)
  /// The call stands, with this party.
  case answered(number: String)
  /// Voice is agreed on, anew after each hold; before `answered` it is what the exchange plays to a caller.
  case media(MediaTerms)
  /// Who holds the call.
  case held(here: Bool, there: Bool)
  /// The other end did not agree to what was wished for.
  case holdRefused(reason: String)
  case ended(CallEnd)
}

/// How a call ended.
public struct CallEnd: Hashable, Sendable {
  public enum Cause: String, Sendable {
    case hungUpHere = "hung-up-here"
    case hungUpThere = "hung-up-there"
    case declinedHere = "declined-here"
    /// The caller gave up, or the call was answered elsewhere.
    case cancelled
    /// A final response other than 2xx, or none.
    case failed
    /// The other end's session description fits nothing of ours.
    case noCommonMedia = "no-common-media"
    /// `secure: required`, and the call is not.
    case notSecure = "not-secure"
  }

  public var cause: Cause
  /// Of the response that ended it; 0 for none.
  public var status: Int
  public var reason: String

  public init(_ cause: Cause, status: Int = 0, _ reason: String) {
    self.cause = cause
    self.status = status
    self.reason = reason
  }
}
