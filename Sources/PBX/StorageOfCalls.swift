import Configuration
import Media
import SDP
import SIP
import Wire

// How a call is stored, field by field, so that another process goes on with it.

extension Call: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    // The media thread counts afresh.
    self.init(
      number: try reader.value(), callee: try reader.value(), startedAt: try reader.value(),
      answeredAt: try reader.value(), caller: try reader.value(), callerPort: try reader.value(),
      calleePort: try reader.value(), portsInMedia: try reader.value(), further: try reader.value(),
      handshakes: try reader.value(), tags: try reader.value(), transactions: try reader.value(), statistics: nil,
      scheduled: try reader.value(), state: try reader.value(), outward: try reader.value())
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(callee)
    writer.put(startedAt)
    writer.put(answeredAt)
    writer.put(caller)
    writer.put(callerPort)
    writer.put(calleePort)
    writer.put(portsInMedia)
    writer.put(further)
    writer.put(handshakes)
    writer.put(tags)
    writer.put(transactions)
    writer.put(scheduled)
    writer.put(state)
    writer.put(outward)
  }
}

extension Call.Caller: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    self.init(
      number: try reader.value(), name: try reader.value(), codecs: try reader.value(), hops: try reader.value(),
      origin: try reader.value(), offer: try reader.value(), session: try reader.value(),
      referredBy: try reader.value(), trunk: try reader.value(), isPrivate: try reader.value())
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(name)
    writer.put(codecs)
    writer.put(hops)
    writer.put(origin)
    writer.put(offer)
    writer.put(session)
    writer.put(referredBy)
    writer.put(trunk)
    writer.put(isPrivate)
  }
}

extension Call.Incoming: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    request = try reader.value()
    key = try reader.value()
    flow = try reader.value()
    transaction = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(request)
    writer.put(key)
    writer.put(flow)
    writer.put(transaction)
  }
}

extension Call.Offer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    description = try reader.value()
    audio = try reader.value()
    guard description.media.indices.contains(audio.index) else { throw .invalid }
  }
  func write(to writer: inout StorageWriter) {
    writer.put(description)
    writer.put(audio)
  }
}

extension Call.Talking: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    self.init(
      caller: try reader.value(), callee: try reader.value(), reinvite: try reader.value(),
      delayed: try reader.value(), transfer: try reader.value(), leaving: try reader.value())
  }
  func write(to writer: inout StorageWriter) {
    writer.put(caller)
    writer.put(callee)
    writer.put(reinvite)
    writer.put(delayed)
    writer.put(transfer)
    writer.put(leaving)
  }
}

extension Call.Leaving: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    isBusy = try reader.value()
    until = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(isBusy)
    writer.put(until)
  }
}

extension Call.Reinvite: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    from = try reader.value()
    server = try reader.value()
    request = try reader.value()
    client = try reader.value()
    inviteCSeq = try reader.value()
    isUpdate = try reader.value()
    offer = try reader.value()
    said = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(from)
    writer.put(server)
    writer.put(request)
    writer.put(client)
    writer.put(inviteCSeq)
    writer.put(isUpdate)
    writer.put(offer)
    writer.put(said)
  }
}

extension Call.DelayedOffer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    answerer = try reader.value()
    said = try reader.value()
    offerer = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(answerer)
    writer.put(said)
    writer.put(offerer)
  }
}

extension Call.Offerer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    offer = try reader.value()
    client = try reader.value()
    inviteCSeq = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(offer)
    writer.put(client)
    writer.put(inviteCSeq)
  }
}

extension CallerKey: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    callID = try reader.value()
    fromTag = try reader.value()
    cSeq = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(callID)
    writer.put(fromTag)
    writer.put(cSeq)
  }
}

extension CallReference: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    call = try reader.value()
    side = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(call)
    writer.put(side)
  }
}
