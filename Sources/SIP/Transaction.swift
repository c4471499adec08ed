import Wire

/// Names a transaction; one that has ended is never mistaken for a later one.
public struct TransactionID: Hashable, Sendable {
  let slot: UInt32
  let generation: UInt32
}

/// One transaction's state. `transactionStep` says how it moves, `TransactionLayer` carries that out.
struct Transaction: Sendable {
  struct Timer: Sendable {
    let name: TransactionTimer
    var pause: Interval
    var at: Instant
  }

  /// The ACK of a 2xx by the tag of the dialog that the 2xx made, nil until the user gives it.
  struct Acknowledgement: Sendable {
    let tag: String
    var ack: Message?
    var flow: Flow
  }

  let machine: TransactionMachine
  let generation: UInt32
  let key: TransactionKey
  /// Under what else a server transaction is found: the ACK of an RFC 2543 client has the tag of the response.
  var ackKey: TransactionKey?
  var state: TransactionState
  /// Where its messages go.
  var flow: Flow
  /// A server's request, until a final response has gone.
  var request: Request?
  /// The last message sent, for retransmission; a client's is its request.
  var kept: Message?
  var repeating: Timer?
  var ending: Timer?
  /// The earliest entry of the heap that stands for this transaction.
  var scheduled: Instant?
  var cancelHeld = false
  var cancelReason: String?
  var cancelSent = false
  /// Whether the user has said that the ACK of its 2xx came.
  var isSettled = false
  /// A CANCEL that the layer sent by itself: nobody waits for its answer.
  var isInternal = false
  /// Whether the request waits for a way to be sent by (`TransactionLayer.hold`).
  var isHeld = false
  var acknowledgements: [Acknowledgement] = []

  init(
    _ machine: TransactionMachine, _ state: TransactionState, _ key: TransactionKey, _ generation: UInt32, _ flow: Flow
  ) {
    self.machine = machine
    self.state = state
    self.key = key
    self.generation = generation
    self.flow = flow
  }

  /// The sooner of both timers.
  var deadline: Instant? { earliest(repeating?.at, ending?.at) }

  /// Takes up the state's timers; one that ran in the state before keeps running.
  mutating func enter(_ state: TransactionState, _ times: TransactionTimers, now: Instant) {
    self.state = state
    let names = timers(of: machine, in: state)
    if repeating?.name != names.repeating { repeating = started(names.repeating, times, now) }
    if ending?.name != names.ending { ending = started(names.ending, times, now) }
  }

  /// Starts a timer of the present state anew: a repeating one with its next pause.
  mutating func rearm(_ name: TransactionTimer, _ times: TransactionTimers, now: Instant) {
    if repeating?.name == name, let pause = repeating?.pause {
      let next = name.next(after: pause, in: state, times)
      repeating = Timer(name: name, pause: next, at: now + next)
    } else if ending?.name == name {
      ending = started(name, times, now)
    }
  }

  /// Replaces what ends the present state.
  mutating func end(by name: TransactionTimer, _ times: TransactionTimers, now: Instant) {
    ending = started(name, times, now)
  }

  private func started(_ name: TransactionTimer?, _ times: TransactionTimers, _ now: Instant) -> Timer? {
    guard let name, let pause = name.duration(times, reliable: flow.transport.isReliable) else { return nil }
    return Timer(name: name, pause: pause, at: now + pause)
  }
}
