import Wire

extension SecureSession: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    role = try reader.value()
    let words = try reader.bytes()
    identity = try reader.bytes()
    verdict = try reader.value()
    isPostQuantum = try reader.value()
    lostPostQuantum = try reader.value()
    sendingKey = try reader.bytes()
    receivingKey = try reader.bytes()
    guard words.count == 3, identity.count == 32 else { throw .invalid }
    self.words = AuthenticationWords(words)
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(role)
    writer.put(bytes: words.bytes)
    writer.put(bytes: identity)
    writer.put(verdict)
    writer.put(isPostQuantum)
    writer.put(lostPostQuantum)
    writer.put(bytes: sendingKey)
    writer.put(bytes: receivingKey)
  }
}

extension SecureVoiceEvent: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .secured(try reader.value())
    case 1: self = .retrying(try reader.value())
    case 2: self = .failed(try reader.value())
    case 3: self = .unanswered(isAlarm: try reader.value())
    case 4: self = .reflected
    case 5: self = .exchangeSpeaks(try reader.value())
    case 6: self = .strangerAsks
    case 7: self = .unheard
    default: throw .invalid
    }
  }

  public func write(to writer: inout StorageWriter) {
    switch self {
    case .secured(let session): writer.put(case: 0, session)
    case .retrying(let fault): writer.put(case: 1, fault)
    case .failed(let fault): writer.put(case: 2, fault)
    case .unanswered(let isAlarm): writer.put(case: 3, isAlarm)
    case .reflected: writer.put(case: 4)
    case .exchangeSpeaks(let speaks): writer.put(case: 5, speaks)
    case .strangerAsks: writer.put(case: 6)
    case .unheard: writer.put(case: 7)
    }
  }
}

extension KeyAgreement: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    room = try reader.value()
    settings = try reader.value()
    state = try reader.value()
    attempt = try reader.number()
    secrets = try reader.value()
    isProven = try reader.value()
    events = try reader.value()
    wasReflected = try reader.value()
    hasHeardPeer = try reader.value()
    ownHello = try reader.bytes()
    peerHello = try reader.bytes()
    role = try reader.value()
    commit = try reader.bytes()
    respond = try reader.bytes()
    sharedSecrets = try reader.bytes()
    schedule = try reader.value()
    flight = try reader.value()
    cursor = try reader.value()
    resendAt = try reader.value()
    incoming = try reader.value()
    reportAt = try reader.value()
    hellosSent = try reader.value()
    deadline = try reader.value()
    // What the code counts on.
    let isOver = if case .failed = state { true } else { isProven }
    guard [62, 142].contains(room), attempt < 2, secrets.count == 2, cursor >= 0, (0...10000).contains(hellosSent),
      isOver || secrets.allSatisfy({ !$0.nonce.isEmpty })
    else { throw .invalid }
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(room)
    writer.put(settings)
    writer.put(state)
    writer.put(number: attempt)
    writer.put(secrets)
    writer.put(isProven)
    writer.put(events)
    writer.put(wasReflected)
    writer.put(hasHeardPeer)
    writer.put(bytes: ownHello)
    writer.put(bytes: peerHello)
    writer.put(role)
    writer.put(bytes: commit)
    writer.put(bytes: respond)
    writer.put(bytes: sharedSecrets)
    writer.put(schedule)
    writer.put(flight)
    writer.put(cursor)
    writer.put(resendAt)
    writer.put(incoming)
    writer.put(reportAt)
    writer.put(hellosSent)
    writer.put(deadline)
  }
}

extension Ratchet: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let baseKey = try reader.bytes()
    let step: UInt64 = try reader.number()
    self.init(baseKey: baseKey, step: step, start: try reader.value())
  }

  func write(to writer: inout StorageWriter) {
    writer.put(bytes: baseKey)
    writer.put(number: step)
    writer.put(start)
  }
}

extension VoiceSealer: Storable {
  /// Goes on far enough that no counter is used twice: what is read must not be older than ten minutes.
  init(from reader: inout StorageReader) throws(StorageError) {
    let ratchet: Ratchet = try reader.value()
    let counter: UInt64 = try reader.number()
    guard counter >= Self.firstCounter, counter <= Self.lastCounter + 1 else { throw .invalid }
    self.init(ratchet, counter: counter + Self.gapAfterReading)
  }

  func write(to writer: inout StorageWriter) {
    writer.put(ratchet)
    writer.put(number: counter)
  }
}

extension VoiceOpener: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let ratchet: Ratchet = try reader.value()
    self.init(ratchet, window: try reader.value())
  }

  func write(to writer: inout StorageWriter) {
    writer.put(ratchet)
    writer.put(window)
  }
}

extension ReplayWindow: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let highest: UInt64 = try reader.number()
    self.init(highest: highest, seen: try reader.number())
  }

  func write(to writer: inout StorageWriter) {
    writer.put(number: highest)
    writer.put(number: seen)
  }
}
