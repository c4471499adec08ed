import Crypto
import Wire

// What each message means.
extension KeyAgreement {
  private var ephemeral: EphemeralSecrets { secrets[Int(attempt)] }

  mutating func receive(hello bytes: [UInt8], _ now: Instant) {
    // The first one counts: what comes later is the same once more, or someone else's.
    guard peerHello.isEmpty, let hello = Hello(bytes), let own = Hello(ownHello) else { return }
    if bytes == ownHello {
      if !wasReflected { events.append(.reflected) }
      wasReflected = true
      return
    }
    hasHeardPeer = true
    guard hello.offersPostQuantum || !settings.requiresPostQuantum else { return fail(.postQuantumMissingThere, now) }
    peerHello = bytes
    state = .agreeing
    deadline = now + Self.patience
    // Equal numbers come by no chance, but by a faulty generator or someone's hand: then the whole message decides.
    let isLarger =
      own.random == hello.random
      ? bytes.lexicographicallyPrecedes(ownHello) : hello.random.lexicographicallyPrecedes(own.random)
    if isLarger { commitToKeys(now) } else { awaitCommit() }
  }

  /// Whether both can do ML-KEM. Both HELLOs are in the transcript, so that nobody takes it out unseen.
  private var isPostQuantum: Bool {
    settings.offersPostQuantum && Hello(peerHello)?.offersPostQuantum == true
  }

  private mutating func commitToKeys(_ now: Instant) {
    role = .initiator
    commit = X25519(secret: ephemeral.x25519).publicKey
    if isPostQuantum {
      guard let kem = MLKEM768(seed: ephemeral.kemSeed) else {
        preconditionFailure("ML-KEM was offered but is missing")
      }
      commit += kem.encapsulationKey
    }
    commit += Hash.sha256(ephemeral.nonce)
    send([OutgoingMessage(.hello, ownHello), OutgoingMessage(.commit, commit)])
    incoming = IncomingMessage(.respond)
  }

  private mutating func awaitCommit() {
    role = .responder
    send([OutgoingMessage(.hello, ownHello)])
    incoming = IncomingMessage(.commit)
  }

  /// A whole message of the kind that was awaited.
  mutating func receive(_ kind: AgreementFrame.Kind, _ bytes: [UInt8], _ now: Instant) throws(SecureVoiceFault) {
    switch kind {
    case .commit: try receive(commit: bytes)
    case .respond: try receive(respond: bytes)
    case .reveal: try receive(reveal: bytes, now)
    case .confirm: try receive(confirm: bytes, now)
    case .hello, .have: break
    }
  }

  private mutating func receive(commit bytes: [UInt8]) throws(SecureVoiceFault) {
    let kemCount = isPostQuantum ? MLKEM768.keyCount : 0
    guard bytes.count == 32 + kemCount + 32 else { throw .altered }
    let x25519 = X25519(secret: ephemeral.x25519)
    guard let classical = x25519.shared(with: Array(bytes[..<32])) else { throw .weakKey }
    commit = bytes
    respond = x25519.publicKey
    sharedSecrets = []
    if isPostQuantum {
      guard let sent = MLKEM768.encapsulate(to: Array(bytes[32..<32 + kemCount]), random: ephemeral.kemRandom) else {
        throw .weakKey
      }
      respond += sent.ciphertext
      sharedSecrets = sent.shared
    }
    sharedSecrets += classical
    respond += ephemeral.nonce
    send([OutgoingMessage(.respond, respond)])
    incoming = IncomingMessage(.reveal)
  }

  private mutating func receive(respond bytes: [UInt8]) throws(SecureVoiceFault) {
    let kemCount = isPostQuantum ? MLKEM768.ciphertextCount : 0
    guard bytes.count == 32 + kemCount + 32 else { throw .altered }
    guard let classical = X25519(secret: ephemeral.x25519).shared(with: Array(bytes[..<32])) else { throw .weakKey }
    respond = bytes
    var secrets: [UInt8] = []
    if isPostQuantum {
      guard let shared = MLKEM768(seed: ephemeral.kemSeed)?.decapsulate(Array(bytes[32..<32 + kemCount])) else {
        throw .weakKey
      }
      secrets = shared
    }
    secrets += classical
    let schedule = KeySchedule(
      helloI: ownHello, helloR: peerHello, commit: commit, respond: respond, nonceI: ephemeral.nonce,
      sharedSecrets: secrets)
    wipe(&secrets)
    self.schedule = schedule
    let sealed = schedule.sealIdentity(Ed25519(secret: settings.identity), as: .initiator)
    send([OutgoingMessage(.reveal, ephemeral.nonce + sealed)])
    incoming = IncomingMessage(.confirm)
  }

  private mutating func receive(reveal bytes: [UInt8], _ now: Instant) throws(SecureVoiceFault) {
    guard bytes.count == 32 + KeySchedule.sealedIdentityCount else { throw .altered }
    let nonce = Array(bytes[..<32])
    // Chosen before ours was known, or the one in the middle could try nonces until the words match.
    guard constantTimeEqual(Hash.sha256(nonce), Array(commit.suffix(32))) else { throw .wrongCommitment }
    let schedule = KeySchedule(
      helloI: peerHello, helloR: ownHello, commit: commit, respond: respond, nonceI: nonce,
      sharedSecrets: sharedSecrets)
    let identity = try schedule.openIdentity(Array(bytes[32...]), of: .initiator)
    send([OutgoingMessage(.confirm, schedule.sealIdentity(Ed25519(secret: settings.identity), as: .responder))])
    secure(schedule, identity, now)
  }

  private mutating func receive(confirm bytes: [UInt8], _ now: Instant) throws(SecureVoiceFault) {
    guard let schedule else { return }
    let identity = try schedule.openIdentity(bytes, of: .responder)
    secure(schedule, identity, now)
    // The responder sealed under these keys, so it has them.
    isProven = true
    forget()
  }

  private mutating func secure(_ schedule: KeySchedule, _ identity: [UInt8], _ now: Instant) {
    guard let role else { return }
    let known = settings.peer
    let verdict: IdentityVerdict = known.map { $0.identity == identity ? .same : .changed } ?? .first
    state = .secured
    incoming = nil
    reportAt = nil
    wipe(&sharedSecrets)
    deadline = role == .responder ? now + Self.patience : nil
    events.append(
      .secured(
        SecureSession(
          role: role, words: schedule.words, identity: identity, verdict: verdict, isPostQuantum: isPostQuantum,
          lostPostQuantum: known?.hadPostQuantum == true && !isPostQuantum,
          sendingKey: schedule.voiceKey(of: role), receivingKey: schedule.voiceKey(of: role.other))))
  }
}
