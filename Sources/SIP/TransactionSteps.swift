import HeapModule
import Wire

/// Carries out what the table says.
extension TransactionLayer {
  /// Moves a transaction by an event; `message` is what came or is to be sent.
  mutating func apply(_ event: TransactionEvent, _ i: Int, _ message: Message?, now: Instant) {
    guard let transaction = slots[i], let step = transactionStep(transaction.machine, transaction.state, event)
    else { return }
    changes?.mark(i)
    if step.state != transaction.state { slots[i]?.enter(step.state, times, now: now) }
    if let rearm = step.rearm { slots[i]?.rearm(rearm, times, now: now) }
    if !step.actions.isDisjoint(with: .messages) { sendMessages(step.actions, i, message, now: now) }
    if !step.actions.isDisjoint(with: .reports) { report(step.actions, i, message) }
    if step.state == .terminated { return release(i) }
    if step.state != transaction.state { forgetWhatIsDone(i) }
    if let ending = slots[i]?.ending, ending.at <= now, ending.pause == .zero {
      apply(.timer(ending.name), i, nil, now: now)
    } else {
      schedule(i)
    }
  }

  private mutating func sendMessages(_ actions: TransactionActions, _ i: Int, _ message: Message?, now: Instant) {
    guard let transaction = slots[i] else { return }
    let flow = transaction.flow
    if actions.contains(.send), let message {
      slots[i]?.kept = message
      // The user has spoken, so 100 needn't be sent for it.
      if transaction.state == .proceeding { slots[i]?.repeating = nil }
      noteAckKey(message, i)
      emit(.send(message, to: flow))
    }
    if actions.contains(.resend), let kept = transaction.kept { emit(.send(kept, to: flow)) }
    if actions.contains(.sendTrying), let request = transaction.request {
      let trying = Message.response(Response(to: request, status: 100))
      slots[i]?.kept = trying
      slots[i]?.repeating = nil
      emit(.send(trying, to: flow))
    }
    if actions.contains(.sendAck), case .request(let request) = transaction.kept, case .response(let response) = message
    {
      emit(.send(.request(request.acknowledging(response)), to: flow))
    }
    if actions.contains(.holdCancel) { slots[i]?.cancelHeld = true }
    if actions.contains(.sendCancel), slots[i]?.cancelHeld == true, !transaction.cancelSent,
      case .request(let request) = transaction.kept
    {
      slots[i]?.cancelSent = true
      slots[i]?.end(by: .cancelled, times, now: now)
      var cancel = request.cancelling()
      if let reason = transaction.cancelReason { cancel.headers.append(.reason, reason) }
      _ = startClient(cancel, to: flow, branch: nil, isInternal: true, now: now)
    }
  }

  private mutating func report(_ actions: TransactionActions, _ i: Int, _ message: Message?) {
    guard let transaction = slots[i], !transaction.isInternal else { return }
    let id = TransactionID(slot: UInt32(i), generation: transaction.generation)
    if actions.contains(.settle) {
      slots[i]?.isSettled = true
      slots[i]?.repeating = nil
      slots[i]?.kept = nil
    }
    if case .response(let response) = message {
      if actions.contains(.pass) { emit(.response(response, id, from: transaction.flow)) }
      if actions.contains(.passOnce) { passOnce(response, id, i) }
    }
    if actions.contains(.reportTimeout) { emit(.failed(id, .timeout)) }
    if actions.contains(.reportUnacknowledged), !transaction.isSettled { emit(.failed(id, .unacknowledged)) }
    if actions.contains(.reportTransport), !transaction.isSettled { emit(.failed(id, .transport)) }
  }

  /// A 2xx makes a dialog for each To tag; a repeated one is answered with its ACK again (RFC 3261 §13.2.2.4).
  private mutating func passOnce(_ response: Response, _ id: TransactionID, _ i: Int) {
    let tag = (try? response.headers.to.tag) ?? ""
    guard let transaction = slots[i] else { return }
    if let known = transaction.acknowledgements.first(where: { $0.tag == tag }) {
      if let ack = known.ack { emit(.send(ack, to: known.flow)) }
    } else if transaction.acknowledgements.count < TransactionLayer.mostForks {
      slots[i]?.acknowledgements.append(Transaction.Acknowledgement(tag: tag, ack: nil, flow: transaction.flow))
      emit(.response(response, id, from: transaction.flow))
    }
  }

  /// Lets go of messages that the new state has no use for: it may last half a minute.
  private mutating func forgetWhatIsDone(_ i: Int) {
    guard let transaction = slots[i] else { return }
    switch (transaction.machine, transaction.state) {
    case (.client, .completed), (.inviteClient, .accepted), (.inviteServer, .confirmed):
      slots[i]?.kept = nil
      slots[i]?.request = nil
    case (.inviteServer, .completed), (.inviteServer, .accepted), (.server, .completed): slots[i]?.request = nil
    default: break
    }
  }

  // MARK: Storage

  /// Stores a new transaction and starts its timers.
  mutating func start(_ transaction: Transaction, now: Instant) -> Int {
    var transaction = transaction
    transaction.enter(transaction.state, times, now: now)
    let i = freeSlots.popLast() ?? slots.count
    if i == slots.count { slots.append(transaction) } else { slots[i] = transaction }
    index(transaction, i)
    schedule(i)
    changes?.mark(i)
    return i
  }

  /// Makes a transaction found by what belongs to it.
  mutating func index(_ transaction: Transaction, _ i: Int) {
    switch transaction.machine {
    case .client, .inviteClient: clients[transaction.key] = i
    case .server, .inviteServer:
      servers[transaction.key] = i
      if let ackKey = transaction.ackKey { servers[ackKey] = i }
    }
  }

  /// Ends a transaction.
  mutating func release(_ i: Int) {
    guard let transaction = slots[i] else { return }
    switch transaction.machine {
    case .client, .inviteClient: clients[transaction.key] = nil
    case .server, .inviteServer:
      servers[transaction.key] = nil
      if let ackKey = transaction.ackKey { servers[ackKey] = nil }
    }
    slots[i] = nil
    freeSlots.append(i)
    changes?.mark(i)
  }

  mutating func nextGeneration() -> UInt32 {
    generation &+= 1
    return generation
  }

  /// Puts the transaction's next deadline into the heap, unless an entry that is as early is there.
  mutating func schedule(_ i: Int) {
    guard let transaction = slots[i], let at = transaction.deadline else { return }
    if let scheduled = transaction.scheduled, scheduled <= at { return }
    slots[i]?.scheduled = at
    deadlines.insert(Deadline(at: at, id: TransactionID(slot: UInt32(i), generation: transaction.generation)))
    // Entries of ended transactions stay until they are due; once they are many, start afresh.
    if deadlines.count > 4 * count + 64 {
      var live: [Deadline] = []
      for j in slots.indices {
        guard let transaction = slots[j], let at = transaction.scheduled else { continue }
        live.append(Deadline(at: at, id: TransactionID(slot: UInt32(j), generation: transaction.generation)))
      }
      deadlines = Heap(live)
    }
  }
}

/// When a transaction is to be looked at.
struct Deadline: Comparable, Sendable {
  let at: Instant
  let id: TransactionID

  static func < (a: Deadline, b: Deadline) -> Bool { a.at < b.at }
}

extension TransactionActions {
  static let messages: TransactionActions = [.send, .resend, .sendTrying, .sendAck, .sendCancel, .holdCancel]
  static let reports: TransactionActions = [
    .pass, .passOnce, .settle, .reportTimeout, .reportUnacknowledged, .reportTransport,
  ]
}
