import Wire

// The state of a secured call as bytes. It holds its secrets: whoever keeps it keeps it where only this phone reads.

extension SecureVoiceFault: Storable {}
extension SecureSession.Role: Storable {}
extension IdentityVerdict: Storable {}
extension AgreementFrame.Kind: Storable {}

extension KeyAgreement.State: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .calling
    case 1: self = .agreeing
    case 2: self = .secured
    case 3: self = .unanswered
    case 4: self = .failed(try reader.value())
    default: throw .invalid
    }
  }

  public func write(to writer: inout StorageWriter) {
    switch self {
    case .calling: writer.put(case: 0)
    case .agreeing: writer.put(case: 1)
    case .secured: writer.put(case: 2)
    case .unanswered: writer.put(case: 3)
    case .failed(let fault): writer.put(case: 4, fault)
    }
  }
}

extension PeerRecord: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let identity = try reader.bytes()
    guard identity.count == 32 else { throw .invalid }
    let isVerified: Bool = try reader.value()
    self.init(identity: identity, isVerified: isVerified, hadPostQuantum: try reader.value())
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(bytes: identity)
    writer.put(isVerified)
    writer.put(hadPostQuantum)
  }
}

extension AgreementSettings: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    let identity = try reader.bytes()
    guard identity.count == 32 else { throw .invalid }
    let peer: PeerRecord? = try reader.value()
    let requiresPostQuantum: Bool = try reader.value()
    self.init(
      identity: identity, peer: peer, requiresPostQuantum: requiresPostQuantum, offersPostQuantum: try reader.value())
  }

  public func write(to writer: inout StorageWriter) {
    writer.put(bytes: identity)
    writer.put(peer)
    writer.put(requiresPostQuantum)
    writer.put(offersPostQuantum)
  }
}

extension EphemeralSecrets: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let hello = try reader.bytes()
    let x25519 = try reader.bytes()
    let kemSeed = try reader.bytes()
    let kemRandom = try reader.bytes()
    self.init(hello: hello, x25519: x25519, kemSeed: kemSeed, kemRandom: kemRandom, nonce: try reader.bytes())
    // Whole, or wiped.
    let counts = [self.hello.count, self.x25519.count, self.kemSeed.count, self.kemRandom.count, nonce.count]
    guard counts == [16, 32, 64, 32, 32] || counts == [0, 0, 0, 0, 0] else { throw .invalid }
  }

  func write(to writer: inout StorageWriter) {
    for secret in [hello, x25519, kemSeed, kemRandom, nonce] { writer.put(bytes: secret) }
  }
}

extension KeySchedule: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let transcript = try reader.bytes()
    self.init(transcript: transcript, pseudorandomKey: try reader.bytes())
    guard transcript.count == 32, pseudorandomKey.count == 32 else { throw .invalid }
  }

  func write(to writer: inout StorageWriter) {
    writer.put(bytes: transcript)
    writer.put(bytes: pseudorandomKey)
  }
}

extension OutgoingMessage: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let kind: AgreementFrame.Kind = try reader.value()
    self.init(kind, try reader.bytes())
    held = try reader.number()
    // As many frames as a message may have, at the least room.
    guard (1...AgreementFrame.mostFrames * 62).contains(bytes.count) else { throw .invalid }
  }

  func write(to writer: inout StorageWriter) {
    writer.put(kind)
    writer.put(bytes: bytes)
    writer.put(number: held)
  }
}

extension IncomingMessage: Storable {
  init(from reader: inout StorageReader) throws(StorageError) {
    let kind: AgreementFrame.Kind = try reader.value()
    let count = try reader.count()
    guard count <= AgreementFrame.mostFrames else { throw .invalid }
    var parts: [[UInt8]] = []
    for _ in 0..<count { parts.append(try reader.bytes()) }
    self.init(kind, parts: parts)
  }

  func write(to writer: inout StorageWriter) {
    writer.put(kind)
    writer.put(number: UInt32(parts.count))
    for part in parts { writer.put(bytes: part) }
  }
}
