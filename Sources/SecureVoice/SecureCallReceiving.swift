import Wire

// What a payload is that came in.
extension SecureCall {
  /// Takes a payload that arrived; voice is written to `voice`, of `carrier.voiceCount` octets.
  @export(interface)
  public mutating func receive(
    _ payload: UnsafeRawBufferPointer, into voice: UnsafeMutableRawBufferPointer, now: Instant
  ) -> Reception {
    if let frame = AgreementFrame(payload) {
      look(for: frame, now)
      agreement.receive(frame, now: now)
      drain(now)
      return .nothing
    }
    guard opener != nil else { return receive(unsecured: payload, now) }
    let result = payload.count == carrier.payloadCount ? opener?.open(payload, into: voice, now: now) : nil
    switch result {
    case .voice(let count, let counter)?:
      agreement.voiceCame()
      lastVoice = now
      heard()
      guard count > 0, voice[0] == KeyPress.marker else { return .voice(count: count, counter: counter) }
      guard let press = KeyPress(UnsafeRawBufferPointer(rebasing: voice[..<count])), isNew(press) else {
        return .nothing
      }
      return .key(press, counter: counter)
    case .repeated?: return .nothing
    case .foreign?, nil:
      if foreign < Self.foreignRun {
        foreign += 1
        if foreign == Self.foreignRun { events.append(.exchangeSpeaks(true)) }
      }
      return .foreign
    }
  }

  /// Whether a key is heard for the first time: copies may come after those of the next key.
  private mutating func isNew(_ press: KeyPress) -> Bool {
    let last = heardKeys.seen == 0 ? 0x100 : heardKeys.highest
    let step = Int8(truncatingIfNeeded: Int(press.serial) - Int(last & 0xff))
    let serial = last &+ UInt64(bitPattern: Int64(step))
    guard heardKeys.isFresh(serial) else { return false }
    heardKeys.insert(serial)
    return true
  }

  private mutating func receive(unsecured payload: UnsafeRawBufferPointer, _ now: Instant) -> Reception {
    if case .failed = agreement.progress { return mayBePlain ? .plain : .foreign }
    let law: Carrier.Law? = if case .tunnel(let law, _) = carrier { law } else { nil }
    if let fault = path.look(at: payload, law: law) {
      agreement.fail(fault, now)
      drain(now)
    }
    return mayBePlain ? .plain : .foreign
  }

  private mutating func heard() {
    if foreign >= Self.foreignRun { events.append(.exchangeSpeaks(false)) }
    foreign = 0
  }

  /// Whether another phone than the one that has the keys asks for some.
  private mutating func look(for frame: AgreementFrame, _ now: Instant) {
    guard agreement.isProven, frame.kind == .hello, frame.data != agreement.peerHello, frame.data != agreement.ownHello,
      !strangerTold, lastVoice.map({ now - $0 >= Self.strangerPause }) ?? false
    else { return }
    strangerTold = true
    events.append(.strangerAsks)
  }
}
