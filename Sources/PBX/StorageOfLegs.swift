import Configuration
import Media
import SDP
import SIP
import Wire

// How a leg of a call is stored.

extension Leg: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    codecs = try reader.value()
    port = try reader.value()
    dialog = try reader.value()
    session = try reader.value()
    said = try reader.value()
    heard = try reader.value()
    unacknowledged = try reader.value()
    ending = try reader.value()
    latched = try reader.value()
    reoffer = try reader.value()
    hasReferred = try reader.value()
    allowsUpdate = try reader.value()
    timer = try reader.value()
    lastRAck = try reader.value()
    trunk = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(codecs)
    writer.put(port)
    writer.put(dialog)
    writer.put(session)
    writer.put(said)
    writer.put(heard)
    writer.put(unacknowledged)
    writer.put(ending)
    writer.put(latched)
    writer.put(reoffer)
    writer.put(hasReferred)
    writer.put(allowsUpdate)
    writer.put(timer)
    writer.put(lastRAck)
    writer.put(trunk)
  }
}

extension SessionTimer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    seconds = try reader.value()
    isOurs = try reader.value()
    since = try reader.value()
    isRefreshing = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(seconds)
    writer.put(isOurs)
    writer.put(since)
    writer.put(isRefreshing)
  }
}

extension Reoffer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    state = try reader.value()
    direction = try reader.value()
    isVital = try reader.value()
    isEcho = try reader.value()
    isRefresh = try reader.value()
    isUpdate = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(state)
    writer.put(direction)
    writer.put(isVital)
    writer.put(isEcho)
    writer.put(isRefresh)
    writer.put(isUpdate)
  }
}

extension Transfer: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    by = try reader.value()
    attempt = try reader.value()
    arrived = try reader.value()
    subscriber = try reader.value()
    isReturn = try reader.value()
    isRinging = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(by)
    writer.put(attempt)
    writer.put(arrived)
    writer.put(subscriber)
    writer.put(isReturn)
    writer.put(isRinging)
  }
}

extension Transfer.Subscriber: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    event = try reader.value()
    until = try reader.value()
    dialog = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(event)
    writer.put(until)
    writer.put(dialog)
  }
}
