import Crypto
import Wire

// How transactions are stored, so that another process goes on where this one was.

extension TransactionID: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    slot = try reader.number()
    generation = try reader.number()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: slot)
    writer.put(number: generation)
  }
}

extension TransactionKey: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    text = try reader.value()
    sentBy = try reader.value()
    port = try reader.value()
    method = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(text)
    writer.put(sentBy)
    writer.put(port)
    writer.put(method)
  }
}

extension Transaction.Timer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    name = try reader.value()
    pause = try reader.value()
    at = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(name)
    writer.put(pause)
    writer.put(at)
  }
}

extension Transaction.Acknowledgement: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    tag = try reader.value()
    ack = try reader.value()
    flow = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(tag)
    writer.put(ack)
    writer.put(flow)
  }
}

extension Transaction: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let machine = try reader.value(TransactionMachine.self)
    let state = try reader.value(TransactionState.self)
    let key = try reader.value(TransactionKey.self)
    self.init(machine, state, key, try reader.number(), try reader.value())
    ackKey = try reader.value()
    request = try reader.value()
    kept = try reader.value()
    repeating = try reader.value()
    ending = try reader.value()
    cancelHeld = try reader.value()
    cancelReason = try reader.value()
    cancelSent = try reader.value()
    isSettled = try reader.value()
    isInternal = try reader.value()
    isHeld = try reader.value()
    acknowledgements = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(machine)
    writer.put(state)
    writer.put(key)
    writer.put(number: generation)
    writer.put(flow)
    writer.put(ackKey)
    writer.put(request)
    writer.put(kept)
    writer.put(repeating)
    writer.put(ending)
    writer.put(cancelHeld)
    writer.put(cancelReason)
    writer.put(cancelSent)
    writer.put(isSettled)
    writer.put(isInternal)
    writer.put(isHeld)
    writer.put(acknowledgements)
  }

  /// Whether another process would miss it: one that only absorbs repeated messages is soon of no use.
  var isWorthKeeping: Bool {
    switch (machine, state) {
    case (_, .terminated), (.client, .completed), (.server, .completed), (.inviteClient, .completed),
      (.inviteServer, .confirmed):
      false
    default: true
    }
  }
}

/// Which slots of the layer another process has to be told of.
struct SlotChanges: Sendable {
  /// Slots that changed, each once.
  private(set) var slots: [Int] = []
  private var isMarked: [Bool] = []
  private var isStored: [Bool] = []

  mutating func mark(_ slot: Int) {
    makeRoom(slot)
    guard !isMarked[slot] else { return }
    isMarked[slot] = true
    slots.append(slot)
  }

  /// Notes whether the slot's transaction is stored from now on; returns whether it was before.
  @discardableResult
  mutating func settle(_ slot: Int, stored: Bool) -> Bool {
    makeRoom(slot)
    isMarked[slot] = false
    defer { isStored[slot] = stored }
    return isStored[slot]
  }

  private mutating func makeRoom(_ slot: Int) {
    while isMarked.count <= slot {
      isMarked.append(false)
      isStored.append(false)
    }
  }

  mutating func clear() { slots.removeAll(keepingCapacity: true) }
}

extension TransactionLayer {
  /// Puts each transaction that changed since this was last asked into a batch, under its slot; `more` writes what the
  /// user keeps of it, directly behind it. Transactions that only absorb repeated messages are let go of.
  @export(interface)
  public mutating func takeChanges(
    _ batch: inout Journal.Batch, kind: UInt8, _ more: (TransactionID, inout StorageWriter) -> Void
  ) {
    for slot in changes?.slots ?? [] {
      let transaction = slots[slot].flatMap { $0.isWorthKeeping ? $0 : nil }
      let wasStored = changes?.settle(slot, stored: transaction != nil) ?? false
      let key = Journal.Key(kind, String(slot))
      if let transaction {
        batch.put(key) { writer in
          writer.put(transaction)
          more(TransactionID(slot: UInt32(slot), generation: transaction.generation), &writer)
        }
      } else if wasStored {
        batch.forget(key)
      }
    }
    changes?.clear()
  }

  /// From now on `takeChanges` tells what changed.
  public mutating func keepChanges() { changes = SlotChanges() }

  public mutating func stopKeepingChanges() { changes = nil }

  /// Takes up a transaction of another process that was stored under this name, in a layer that has had none of its own
  /// yet; its timers go on as they were. Call `restored` after the last.
  @export(interface)
  public mutating func restore(_ name: String, from reader: inout StorageReader) throws(StorageError) -> TransactionID {
    guard let slot = UInt32(name), slot < 4 * UInt32(limit) else { throw .invalid }
    let transaction = try reader.value(Transaction.self)
    let i = Int(slot)
    while slots.count <= i { slots.append(nil) }
    guard slots[i] == nil else { throw .invalid }
    slots[i] = transaction
    index(transaction, i)
    schedule(i)
    changes?.settle(i, stored: true)
    return TransactionID(slot: slot, generation: transaction.generation)
  }

  /// All is restored: what no transaction took is free, and no name is given again that one not stored may have had.
  public mutating func restored() {
    freeSlots = slots.indices.filter { slots[$0] == nil }
    generation = UInt32(truncatingIfNeeded: random.next())
  }
}
