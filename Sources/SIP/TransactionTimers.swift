import Wire

/// The times of RFC 3261 §17 (its Table 4 names the defaults), in one place.
public struct TransactionTimers: Equatable, Sendable {
  /// Estimated round trip.
  public var t1 = Interval.milliseconds(500)
  /// The longest pause between retransmissions of a non-INVITE request or a response.
  public var t2 = Interval.seconds(4)
  /// How long a message stays in the network.
  public var t4 = Interval.seconds(5)
  /// How long a failed INVITE's client absorbs retransmissions over UDP: at least 32 s (§17.1.1.2, timer D).
  public var d = Interval.seconds(32)
  /// How long an INVITE may stay without a new provisional response: more than 3 minutes (§16.6 step 11, timer C).
  public var c = Interval.seconds(185)
  /// When a server transaction answers an INVITE by itself with 100 (§17.2.1).
  public var trying = Interval.milliseconds(200)

  public init() {}

  /// 64·T1: how long a transaction tries.
  public var patience: Interval { t1 * 64 }
}

/// The timers by their letters in RFC 3261 Table 4 and RFC 6026 §7.1, and three that have none.
enum TransactionTimer: UInt8, Storable, Sendable, CaseIterable {
  /// Of the two machines for INVITE: retransmission, end, wait; proxy's limit on ringing; end after 2xx.
  case a, b, c, d, m
  /// Of the client's machine for other requests: retransmission, end, wait.
  case e, f, k
  /// Of the server's machine for INVITE: retransmission, end, wait for ACK; absorbing INVITEs after 2xx.
  case g, h, i, l
  /// Of the server's machine for other requests: wait.
  case j
  /// The server answers 100 by itself (§17.2.1).
  case trying
  /// A 2xx to INVITE is sent again until its ACK comes (§13.3.1.4).
  case success
  /// The client's timer F has run out, so an answer is of no use any more (RFC 4320 §4.2).
  case tooLate
  /// A cancelled INVITE was not answered (§9.1).
  case cancelled

  /// How long it runs at first; nil where it doesn't run on that transport; zero fires at once.
  func duration(_ times: TransactionTimers, reliable: Bool) -> Interval? {
    switch self {
    case .a, .e, .g: reliable ? nil : times.t1
    case .success: times.t1
    case .b, .f, .h, .l, .m, .tooLate, .cancelled: times.patience
    case .c: times.c
    case .d: reliable ? .zero : times.d
    case .i, .k: reliable ? .zero : times.t4
    case .j: reliable ? .zero : times.patience
    case .trying: times.trying
    }
  }

  /// The next pause after `pause`: A doubles without end, the others up to T2, which E takes at once after a
  /// provisional response (§17.1.2.2).
  func next(after pause: Interval, in state: TransactionState, _ times: TransactionTimers) -> Interval {
    switch self {
    case .a: pause * 2
    case .e where state == .proceeding: times.t2
    default: min(pause * 2, times.t2)
    }
  }
}
