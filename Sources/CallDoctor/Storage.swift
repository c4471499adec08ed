import Wire

// How records are stored, so that another process can go on with them.

extension MediaFacts: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    packetsIn = try reader.value()
    packetsOut = try reader.value()
    foreign = try reader.value()
    otherCodec = try reader.value()
    unsent = try reader.value()
    unauthentic = try reader.value()
    checks = try reader.value()
    inKernel = try reader.value()
    incoming = try reader.value(Quality?.self)
    outgoing = try reader.value(Quality?.self)
    roundTrip = try reader.value(Interval?.self)
  }
  public func write(to writer: inout StorageWriter) {
    for count in [packetsIn, packetsOut, foreign, otherCodec, unsent, unauthentic] { writer.put(count) }
    writer.put(checks)
    writer.put(inKernel)
    writer.put(incoming)
    writer.put(outgoing)
    writer.put(roundTrip)
  }
}

extension PartyFacts: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    trunk = try reader.value(String?.self)
    transport = try reader.value()
    signalling = try reader.value(SocketAddress?.self)
    via = try reader.value(SocketAddress?.self)
    asksForPort = try reader.value()
    named = try reader.value(SocketAddress?.self)
    told = try reader.value(SocketAddress?.self)
    heardAt = try reader.value(SocketAddress?.self)
    codec = try reader.value(String?.self)
    encryption = try reader.value(String?.self)
    mustEncrypt = try reader.value()
    codecs = try reader.value()
    mayUse = try reader.value()
    sends = try reader.value()
    takes = try reader.value()
    media = try reader.value(MediaFacts?.self)
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(trunk)
    writer.put(transport)
    for address in [signalling, via] { writer.put(address) }
    writer.put(asksForPort)
    for address in [named, told, heardAt] { writer.put(address) }
    writer.put(codec)
    writer.put(encryption)
    writer.put(mustEncrypt)
    writer.put(codecs)
    writer.put(mayUse)
    writer.put(sends)
    writer.put(takes)
    writer.put(media)
  }
}

extension CallFacts: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    number = try reader.value()
    caller = try reader.value()
    callee = try reader.value()
    startedAt = try reader.value()
    answeredAt = try reader.value(Instant?.self)
    endedAt = try reader.value(Instant?.self)
    end = try reader.value(CallEnd?.self)
    refusedLogin = try reader.value(SocketAddress?.self)
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number)
    writer.put(caller)
    writer.put(callee)
    writer.put(startedAt)
    writer.put(answeredAt)
    writer.put(endedAt)
    writer.put(end)
    writer.put(refusedLogin)
  }
}

extension LadderPath: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    transport = try reader.value()
    local = try reader.value()
    remote = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(transport)
    writer.put(local)
    writer.put(remote)
  }
}

extension LadderStep: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    at = try reader.value()
    isIncoming = try reader.value()
    text = try reader.value()
    path = try reader.value()
    number = try reader.value()
    repeats = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(at)
    writer.put(isIncoming)
    writer.put(text)
    writer.put(path)
    writer.put(number)
    writer.put(repeats)
  }
}

extension CallRecord: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(try reader.value())
    ladder = try Ladder(from: &reader)
    names = try reader.value()
    isFault = Diagnosis(facts)?.cause.isFault ?? false
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(facts)
    writer.put(ladder)
    writer.put(names)
  }
}

extension Cause: Storable {}

extension RefusedLogin: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(
      user: try reader.value(), source: try reader.value(), cause: try reader.value(), times: try reader.value(),
      firstAt: try reader.value(), lastAt: try reader.value(), via: try reader.value(SocketAddress?.self))
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(user)
    writer.put(source)
    writer.put(cause)
    writer.put(times)
    writer.put(firstAt)
    writer.put(lastAt)
    writer.put(via)
  }
}
