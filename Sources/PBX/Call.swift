import Configuration
import Media
import SDP
import SIP
import Wire

/// A call between two phones, or between a phone and the echo: a back-to-back user agent's state, as plain values.
struct Call: Sendable {
  /// The valid transitions: ringing → talking → ending, ringing → ending; a call without a leg left is removed.
  enum State: Sendable {
    /// The caller's INVITE waits for its final response.
    case ringing(Ringing)
    /// The INVITE was answered by 2xx.
    case talking(Talking)
    /// Somebody hung up: every leg still open gets its BYE.
    case ending(Talking)
    /// Nothing is left to do.
    case over
  }

  let number: UInt32
  /// The number of the other phone; after a transfer that of whoever took its place.
  var callee: String
  let startedAt: Instant
  var answeredAt: Instant?
  @Boxed var caller: Caller
  /// The media ports that this call took, and which of them the media thread has. A call that rings for a transfer has
  /// none for the caller, whose leg is in a call of its own.
  var callerPort: UInt16?
  var calleePort: UInt16?
  var portsInMedia: Set<UInt16> = []
  /// What it has beside the audio.
  var further = FurtherMedia()
  /// What its handshakes of DTLS gave.
  var handshakes: [HandshakeKeys] = []
  /// Our tags in its dialogs.
  var tags: [String] = []
  /// INVITEs of its phones.
  var transactions: [TransactionID] = []
  var statistics: StreamStatistics?
  /// When it is to be looked at, as `CallDeadlines` knows.
  var scheduled: Instant?
  var state: State
  /// Of a call to the outside.
  @Boxed var outward: Outward?

  var stream: StreamID { StreamID(number) }

  var logFields: [LogEvent.Field] {
    [.init("call", String(number)), .init("from", caller.number), .init("to", callee)]
  }

  /// On whose behalf the phones of the callee are called.
  struct Caller: Sendable {
    var number: String
    var name: String
    let codecs: [VoiceCodec]
    /// How many hops its request may still take.
    let hops: Int
    var origin: Origin
    /// Its offer and the stream of it that is used; nil where it called without one.
    @Boxed var offer: Offer?
    @Boxed var session: LocalSession
    /// Referred-By of the REFER that made the call (RFC 3892 §3), for the callee.
    var referredBy: String?
    /// The trunk that the call came by.
    var trunk: String?
    /// Whether it wants its number withheld.
    var isPrivate = false

    /// The INVITE that the call began with; nil for a call that the exchange itself made.
    var invite: Incoming? {
      guard case .invite(let incoming) = origin else { return nil }
      return incoming
    }
  }

  /// What waits for the callee's answer.
  enum Origin: Sendable {
    /// A phone's INVITE.
    case invite(Incoming)
    /// A phone that talks, or is kept waiting, in another call and is to be joined with the callee: the leg that stays.
    case transfer(CallReference)
    /// Nobody: what is left of a call, to be ended.
    case nobody
  }

  /// An INVITE before there is a dialog.
  struct Incoming: Sendable {
    let request: Request
    let key: CallerKey
    let flow: Flow
    let transaction: TransactionID
  }

  /// A description with the streams in it that the exchange takes.
  struct Offer: Sendable {
    let description: SessionDescription
    let audio: AudioStream
  }

  struct Ringing: Sendable {
    /// The number that was dialled, and those that phones redirected to since.
    var numbers: [String]
    /// Who sent the call on to the last of them.
    var diversions: [Diversion] = []
    var branches: [Branch]
    /// When the caller has waited long enough, and whether it said so itself by Expires.
    let deadline: Instant
    let isDeadlineOfCaller: Bool
    /// The branch whose early media the caller hears.
    var early: Int?
    /// The answer of a phone that the caller is told of as soon as it has acknowledged what it was told before.
    @Boxed var held: HeldAnswer?
  }

  /// The INVITE to one contact of the callee.
  struct Branch: Sendable {
    let contact: URI
    /// Whom RFC 5626 calls the same phone: there may be another way to it.
    let instance: String?
    /// The proxies to pass (RFC 3327).
    let path: [NameAddress]
    let flow: Flow
    var transaction: TransactionID
    /// Our tag towards the phone, and towards the caller in all that comes of this branch: each branch is a dialog of its
    /// own there too, so that each may have its own media.
    let localTag: String
    let callerTag: String
    let codecs: [VoiceCodec]
    var inviteCSeq: UInt32
    var session: LocalSession
    /// What our offer said; nil in an INVITE without one.
    var said: AudioStream?
    var failure: Failure?
    /// The dialogs with its phone, before it has answered.
    var early: [EarlyDialog] = []
    /// The last answer that the phone gave before it answered the call, for good or not.
    var heardEarly: AudioStream?
    /// The same as told to the caller.
    var saidToCaller: AudioStream?
    var agreed: EarlyAgreement?
    /// The last number of the caller's requests in this dialog, beyond its INVITE's.
    var callerCSeq: UInt32?
    /// The number of the last reliable response to the caller, that one if it is not acknowledged, and those after it.
    var lastNumber: UInt32 = 0
    var unacknowledged: ReliableResponse?
    var waiting: [Response] = []
    /// The trunk that is called.
    var trunk: String?
  }

  struct Talking: Sendable {
    @Boxed var caller: Leg
    /// Nil for the echo.
    @Boxed var callee: Leg?
    /// An INVITE on its way from one phone to the other within the call.
    @Boxed var reinvite: Reinvite?
    /// An offer of ours waits for the answer that comes in an ACK.
    @Boxed var delayed: DelayedOffer?
    /// One phone is handing the other over to a third.
    @Boxed var transfer: Transfer?
    var leaving: Leaving?

    subscript(side: CallSide) -> Leg? {
      get { side == .caller ? caller : callee }
      set {
        if side == .callee {
          callee = newValue
        } else if let newValue {
          caller = newValue
        }
      }
    }
  }

  struct Reinvite: Sendable {
    let from: CallSide
    let server: TransactionID
    let request: Request
    var client: TransactionID
    var inviteCSeq: UInt32
    /// Whether the client's request is an UPDATE, which has no ACK.
    let isUpdate: Bool
    let offer: Offer?
    /// What our offer to the other phone says; it counts once that has answered.
    let said: AudioStream?
  }

  /// One phone called without an offer and got one in our 2xx (RFC 3261 §13.2.1): its ACK holds the answer.
  struct DelayedOffer: Sendable {
    /// Who answers.
    let answerer: CallSide
    /// What we offered it.
    let said: AudioStream
    /// The phone's own offer behind ours, and its INVITE transaction that waits for our ACK; nil for the echo.
    let offerer: Offerer?
  }

  struct Offerer: Sendable {
    let offer: Offer
    let client: TransactionID
    let inviteCSeq: UInt32
  }
}

/// Names the request that a call began with, whichever way it came (RFC 3261 §8.2.2.2).
struct CallerKey: Hashable, Sendable {
  let callID: String
  /// Empty where a client of RFC 2543 gave none.
  let fromTag: String
  let cSeq: UInt32

  init?(_ request: Request) {
    guard let callID = try? request.headers.callID, let from = try? request.headers.from,
      let cSeq = try? request.headers.cSeq
    else { return nil }
    self.callID = callID
    fromTag = from.tag ?? ""
    self.cSeq = cSeq.number
  }
}

/// A leg of a call.
struct CallReference: Hashable, Sendable {
  let call: UInt32
  let side: CallSide
}
