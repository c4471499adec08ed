import SIP
import Wire

// How phones' contacts, subscriptions and messages on their way are stored.

extension Binding: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    contact = try reader.value()
    q = try reader.value()
    expires = try reader.value()
    callID = try reader.value()
    cSeq = try reader.value()
    flow = try reader.value()
    source = try reader.value()
    userAgent = try reader.value()
    outbound = try reader.value()
    path = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(contact)
    writer.put(q)
    writer.put(expires)
    writer.put(callID)
    writer.put(cSeq)
    writer.put(flow)
    writer.put(source)
    writer.put(userAgent)
    writer.put(outbound)
    writer.put(path)
  }
}

extension Binding.Outbound: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    instance = try reader.value()
    flow = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(instance)
    writer.put(flow)
  }
}

extension Subscription: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    subscriber = try reader.value()
    watched = try reader.value()
    package = try reader.value()
    event = try reader.value()
    dialog = try reader.value()
    expires = try reader.value()
    version = try reader.value()
    told = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(subscriber)
    writer.put(watched)
    writer.put(package)
    writer.put(event)
    writer.put(dialog)
    writer.put(expires)
    writer.put(version)
    writer.put(told)
  }
}

extension RelayedMessage: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    request = try reader.value()
    from = try reader.value()
    waiting = try reader.value()
    failures = try reader.value()
  }
  func write(to writer: inout StorageWriter) {
    writer.put(request)
    writer.put(from)
    writer.put(waiting)
    writer.put(failures)
  }
}

extension Mailbox: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    self.init(new: try reader.value(), old: try reader.value())
  }
  func write(to writer: inout StorageWriter) {
    writer.put(new)
    writer.put(old)
  }
}
