import Wire

extension Carrier.Law: Storable {}
extension Carrier.Packet: Storable {}

extension Carrier: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let law: Law? = try reader.value()
    let packet: Packet = try reader.value()
    self = law.map { .tunnel(law: $0, packet: packet) } ?? .opus(packet: packet)
  }

  public func write(to writer: inout StorageWriter) {
    if case .tunnel(let law, _) = self { writer.put(Optional(law)) } else { writer.put(Law?.none) }
    writer.put(packet)
  }
}

extension PathCheck: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let broken: Int = try reader.value()
    self.init(broken: max(0, min(broken, Self.needed)), suspect: try reader.value())
  }

  func write(to writer: inout StorageWriter) {
    writer.put(state.broken)
    writer.put(state.suspect)
  }
}

extension KeyPress: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let digit: UInt8 = try reader.number()
    let milliseconds: UInt16 = try reader.number()
    guard digit < 16 else { throw .invalid }
    self.init(digit, milliseconds, serial: try reader.number())
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(number: digit)
    writer.put(number: milliseconds)
    writer.put(number: serial)
  }
}

/// What is read back must have been written within the last ten minutes: its counters go on behind a gap of that length.
extension SecureCall: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    carrier = try reader.value()
    allowsPlain = try reader.value()
    isPlainAccepted = try reader.value()
    agreement = try reader.value()
    sealer = try reader.value()
    opener = try reader.value()
    events = try reader.value()
    path = try reader.value()
    foreign = try reader.value()
    lastVoice = try reader.value()
    strangerTold = try reader.value()
    presses = try reader.value()
    copiesLeft = try reader.value()
    isKeyNext = try reader.value()
    nextSerial = try reader.number()
    heardKeys = try reader.value()
    let room = min(AgreementFrame.mostData, carrier.payloadCount - AgreementFrame.overhead)
    guard agreement.room == room, (0..<KeyPress.copies).contains(copiesLeft), (sealer == nil) == (opener == nil) else {
      throw .invalid
    }
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(carrier)
    writer.put(allowsPlain)
    writer.put(isPlainAccepted)
    writer.put(agreement)
    writer.put(sealer)
    writer.put(opener)
    writer.put(events)
    writer.put(path)
    writer.put(foreign)
    writer.put(lastVoice)
    writer.put(strangerTold)
    writer.put(presses)
    writer.put(copiesLeft)
    writer.put(isKeyNext)
    writer.put(number: nextSerial)
    writer.put(heardKeys)
  }
}
