import SDP
import SIP
import Wire

/// The one call of a phone.
struct PhoneCall: Sendable {
  enum Stage: Sendable {
    case calling(TransactionID)
    /// We gave up, and await the end of the INVITE.
    case cancelling(TransactionID)
    case ringing(TransactionID, Request, Flow)
    /// Answered by us with an offer, which the ACK answers, or with an answer.
    case established
  }

  var stage: Stage
  let number: String
  let callID: String
  let localTag: String
  var session: LocalSession
  var dialog: Dialog?
  /// Our last description and theirs, of those that both have agreed on.
  var said: AudioStream?
  var heard: AudioStream?
  /// An offer of ours that waits for its answer.
  var offered: (description: SessionDescription, audio: AudioStream)?
  /// A 2xx of ours to an INVITE that waits for its ACK.
  var unacknowledged: TransactionID?
  var reinviting: TransactionID?
  /// Whether we hold the call, and whether the other end knows.
  var wantsHold = false
  var toldHold = false
  /// When a re-INVITE is tried again (RFC 3261 §14.1).
  var retryAt: Instant?
  var terms: MediaTerms?

  init(_ stage: Stage, number: String, callID: String, localTag: String, _ session: LocalSession) {
    self.stage = stage
    self.number = number
    self.callID = callID
    self.localTag = localTag
    self.session = session
  }

  /// What we would like of the directions.
  var wish: Direction { wantsHold ? .sendonly : .sendrecv }

  var isEstablished: Bool { if case .established = stage { true } else { false } }

  /// A request of this call goes again with credentials, in another transaction.
  mutating func moved(from id: TransactionID, to next: TransactionID) {
    if case .calling(id) = stage { stage = .calling(next) }
    if case .cancelling(id) = stage { stage = .cancelling(next) }
    if reinviting == id { reinviting = next }
  }

  /// Whether a request within a dialog is of this call.
  func owns(_ request: Request) -> Bool {
    guard let dialog, (try? request.headers.callID) == callID, (try? request.headers.to.tag) == dialog.localTag else {
      return false
    }
    return (try? request.headers.from.tag) ?? nil == dialog.remoteTag
  }
}
