import Configuration
import Media
import SDP
import SIP
import Wire

// How a call that rings is stored.

extension Call.Ringing: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    self.init(
      numbers: try reader.value(), diversions: try reader.value(), branches: try reader.value(),
      deadline: try reader.value(), isDeadlineOfCaller: try reader.value(), early: try reader.value(),
      held: try reader.value())
    for index in [early, held?.index] {
      if let index, !branches.indices.contains(index) { throw .invalid }
    }
  }
  func write(to writer: inout StorageWriter) {
    writer.put(numbers)
    writer.put(diversions)
    writer.put(branches)
    writer.put(deadline)
    writer.put(isDeadlineOfCaller)
    writer.put(early)
    writer.put(held)
  }
}

extension Call.Branch: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    contact = try reader.value()
    instance = try reader.value()
    path = try reader.value()
    flow = try reader.value()
    transaction = try reader.value()
    localTag = try reader.value()
    callerTag = try reader.value()
    codecs = try reader.value()
    inviteCSeq = try reader.value()
    session = try reader.value()
    said = try reader.value()
    failure = try reader.value()
    early = try reader.value()
    heardEarly = try reader.value()
    saidToCaller = try reader.value()
    agreed = try reader.value()
    callerCSeq = try reader.value()
    lastNumber = try reader.value()
    unacknowledged = try reader.value()
    waiting = try reader.value()
    trunk = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(contact)
    writer.put(instance)
    writer.put(path)
    writer.put(flow)
    writer.put(transaction)
    writer.put(localTag)
    writer.put(callerTag)
    writer.put(codecs)
    writer.put(inviteCSeq)
    writer.put(session)
    writer.put(said)
    writer.put(failure)
    writer.put(early)
    writer.put(heardEarly)
    writer.put(saidToCaller)
    writer.put(agreed)
    writer.put(callerCSeq)
    writer.put(lastNumber)
    writer.put(unacknowledged)
    writer.put(waiting)
    writer.put(trunk)
  }
}

extension EarlyDialog: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    dialog = try reader.value()
    lastRSeq = try reader.value()
    heard = try reader.value()
    said = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(dialog)
    writer.put(lastRSeq)
    writer.put(heard)
    writer.put(said)
  }
}

extension Call.EarlyAgreement: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    said = try reader.value()
    heard = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(said)
    writer.put(heard)
  }
}

extension Call.HeldAnswer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    index = try reader.value()
    response = try reader.value()
    flow = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(index)
    writer.put(response)
    writer.put(flow)
  }
}

extension ReliableResponse: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    response = try reader.value()
    again = try reader.value()
    pause = try reader.value()
    until = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(response)
    writer.put(again)
    writer.put(pause)
    writer.put(until)
  }
}

extension Failure: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    status = try reader.value()
    response = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(status)
    writer.put(response)
  }
}

extension Diversion: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    reason = try reader.value()
    status = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(reason)
    writer.put(status)
  }
}

extension FurtherMedia.Stream: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    callerPort = try reader.value()
    calleePort = try reader.value()
    isOpen = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(callerPort)
    writer.put(calleePort)
    writer.put(isOpen)
  }
}
