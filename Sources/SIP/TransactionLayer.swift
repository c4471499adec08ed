import Crypto
import HeapModule
import Wire

/// Why a transaction ended without its answer.
public enum TransactionFailure: Error, Hashable, Sendable {
  /// A request that nothing answered for 64·T1 (timers B and F), or a cancelled INVITE: treat it as 408.
  case timeout
  /// The ACK of our final response never came (timers H and L): a call that was answered is to be ended by BYE.
  case unacknowledged
  /// The message can't be delivered: treat it as 503.
  case transport
  /// As many transactions are under way as the layer holds.
  case overload

  public var description: String {
    switch self {
    case .timeout: "no answer came; is the phone still on the network?"
    case .unacknowledged: "the answer to INVITE was never acknowledged; does the phone receive what is sent to it?"
    case .transport: "the message could not be delivered; is the connection gone?"
    case .overload: "too many requests are under way"
    }
  }
}

/// What a transaction layer wants done, in order.
public enum TransactionOutput: Sendable {
  case send(Message, to: Flow)
  /// A new request, other than ACK and CANCEL, that is owed an answer by `respond` or `respondStatelessly`.
  case request(Request, TransactionID, from: Flow)
  /// An ACK of a 2xx, or one that belongs to nothing.
  case ack(Request, from: Flow)
  /// The caller cancels an INVITE that has no final response yet; CANCEL itself is answered. Respond with 487.
  /// Its Reason (RFC 3326) goes with it.
  case cancelled(TransactionID, reason: String?)
  /// A response to a request of ours: each provisional one, one final one, and of INVITE one 2xx for each To tag.
  /// The flow is that of the request: the transaction may have ended with the response.
  case response(Response, TransactionID, from: Flow)
  /// The transaction has ended, and no final response comes any more.
  case failed(TransactionID, TransactionFailure)
}

/// The transactions of RFC 3261 §17 and RFC 6026 over any number of flows, without I/O: feed it what arrived, drain
/// `poll()` after each call, and call `wake` at `nextDeadline`.
///
/// Done here: retransmission, matching, 100 Trying after 200 ms, answering CANCEL, the ACK of a failure, sending a 2xx
/// to INVITE again until it is acknowledged, answering a repeated 2xx with its ACK again, malformed requests.
/// Left to the user: what to respond, and the ACK of a 2xx (`acknowledge`).
/// A message goes by the flow that it was given to, whatever its size.
public struct TransactionLayer: Sendable {
  let times: TransactionTimers
  /// A new request beyond so many transactions is answered 503 without keeping anything.
  public let limit: Int
  /// Dialogs that one INVITE of ours may make; 2xx of more forks are dropped.
  static let mostForks = 16

  var random: RandomSource
  var slots: [Transaction?] = []
  var freeSlots: [Int] = []
  var generation: UInt32 = 0
  var clients: [TransactionKey: Int] = [:]
  var servers: [TransactionKey: Int] = [:]
  var deadlines = Heap<Deadline>()
  /// Nil where nobody stores them.
  var changes: SlotChanges?
  private var outputs: [TransactionOutput] = []
  private var polled = 0
  /// Responses that belonged to nothing and were dropped (RFC 6026 §8.9).
  public internal(set) var strayResponses = 0

  /// `random` gives branches and tags: they must not be guessable.
  public init(random: RandomSource, timers: TransactionTimers = TransactionTimers(), limit: Int = 8192) {
    self.random = random
    times = timers
    self.limit = limit
  }

  /// Transactions under way, those that only absorb retransmissions included.
  public var count: Int { slots.count - freeSlots.count }

  /// Takes a message that arrived.
  @export(interface)
  public mutating func receive(_ message: Message, from flow: Flow, now: Instant) {
    switch message {
    case .request(let request): receive(request, from: flow, now: now)
    case .response(let response): receive(response, now: now)
    }
  }

  /// Sends a request, other than ACK and CANCEL, in a transaction of its own. Its Via is put on here, from
  /// `flow.local`, which must therefore be the address that the far end reaches.
  @export(interface)
  public mutating func send(_ request: Request, to flow: Flow, now: Instant) -> TransactionID {
    startClient(request, to: flow, branch: newBranch(), isInternal: false, now: now)
  }

  /// Answers a request. Only the first final response goes out; of INVITE a 2xx is sent again until `acknowledged`.
  /// Nothing happens where the transaction has ended.
  @export(interface)
  public mutating func respond(_ response: Response, to id: TransactionID, now: Instant) {
    guard let i = index(of: id) else { return }
    let event: TransactionEvent =
      response.isProvisional ? .provisional : response.isSuccess ? .success : .failure
    apply(event, i, .response(response), now: now)
  }

  /// Answers a request and forgets it: for a challenge and all else that goes to someone who is not known yet. A
  /// repeated request then comes up as a new one.
  @export(interface)
  public mutating func respondStatelessly(_ response: Response, to id: TransactionID) {
    guard let i = index(of: id), let transaction = slots[i] else { return }
    guard transaction.machine == .server || transaction.machine == .inviteServer else { return }
    emit(.send(.response(response), to: transaction.flow))
    release(i)
  }

  /// Cancels an INVITE of ours as soon as RFC 3261 §9.1 permits. Its final response still comes, or `timeout`.
  /// `reason` is the value of the Reason header (RFC 3326) that tells the phone why.
  @export(interface)
  public mutating func cancel(_ id: TransactionID, reason: String? = nil, now: Instant) {
    guard let i = index(of: id) else { return }
    if slots[i]?.cancelHeld == false { slots[i]?.cancelReason = reason }
    apply(.cancel, i, nil, now: now)
  }

  /// Sends the ACK of a 2xx to an INVITE of ours, whose Via is put on here, and again whenever the 2xx comes again.
  @export(interface)
  public mutating func acknowledge(_ ack: Request, of id: TransactionID, to flow: Flow) {
    var ack = ack
    ack.headers.prepend(.via, via(flow, branch: newBranch()))
    if let i = index(of: id), let tag = try? ack.headers.to.tag ?? "",
      let j = slots[i]?.acknowledgements.firstIndex(where: { $0.tag == tag })
    {
      slots[i]?.acknowledgements[j].ack = .request(ack)
      slots[i]?.acknowledgements[j].flow = flow
      changes?.mark(i)
    }
    emit(.send(.request(ack), to: flow))
  }

  /// The ACK of our 2xx to this INVITE came: no more sending it again.
  @export(interface)
  public mutating func acknowledged(_ id: TransactionID, now: Instant) {
    guard let i = index(of: id), slots[i]?.state == .accepted else { return }
    apply(.ack, i, nil, now: now)
  }

  /// Nothing can be sent by this flow: a connection is gone, or a UDP address is unreachable.
  @export(interface)
  public mutating func transportFailed(_ flow: Flow, now: Instant) {
    for i in slots.indices where slots[i]?.flow == flow { apply(.transportError, i, nil, now: now) }
  }

  /// Where a transaction's messages go, nil once it has ended.
  public func flow(of id: TransactionID) -> Flow? { index(of: id).flatMap { slots[$0]?.flow } }

  /// The next thing to do, nil where there is none.
  @export(interface)
  public mutating func poll() -> TransactionOutput? {
    guard polled < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      polled = 0
      return nil
    }
    polled += 1
    return outputs[polled - 1]
  }

  /// Whether `poll` has something.
  public var hasOutputs: Bool { polled < outputs.count }

  /// When `wake` is due; may be earlier than needed, never later.
  public var nextDeadline: Instant? { deadlines.min?.at }

  /// Fires the timers that are due.
  @export(interface)
  public mutating func wake(now: Instant) {
    while let next = deadlines.min, next.at <= now {
      deadlines.removeMin()
      guard let i = index(of: next.id), slots[i]?.scheduled == next.at else { continue }
      slots[i]?.scheduled = nil
      if let repeating = slots[i]?.repeating, repeating.at <= now { apply(.timer(repeating.name), i, nil, now: now) }
      if index(of: next.id) != nil, let ending = slots[i]?.ending, ending.at <= now {
        apply(.timer(ending.name), i, nil, now: now)
      }
      if index(of: next.id) != nil { schedule(i) }
    }
  }

  mutating func emit(_ output: TransactionOutput) { outputs.append(output) }

  /// Where the transaction of that name stands, nil once it has ended.
  func index(of id: TransactionID) -> Int? {
    let i = Int(id.slot)
    return i < slots.count && slots[i]?.generation == id.generation ? i : nil
  }
}
