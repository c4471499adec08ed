import Codecs
import Crypto
import Phone
import Platform
import SIP
import SecureVoice
import Wire

/// What happens in a call, from events to sound.
extension Handset {
  /// Takes what the protocols have to say, until they are silent.
  func drain(_ now: Instant) {
    var isBusy = true
    while isBusy {
      isBusy = false
      while let output = agent.poll() {
        isBusy = true
        switch output {
        case .send(let message, to: _): line?.send(message.serialized())
        case .event(let event): happened(event, now)
        }
      }
      while let event = path?.poll() {
        isBusy = true
        happened(event, now)
      }
    }
    sendVoice()
  }

  private func sendVoice() {
    guard let path, let terms = path.terms else { return }
    for packet in path.takeOutgoing() {
      if packet.isControl {
        if let remote = terms.remoteControl { control.send(packet.bytes, to: remote) }
      } else if let remote = terms.remote {
        voice.send(packet.bytes, to: remote)
      }
    }
  }

  private func happened(_ event: PhoneEvent, _ now: Instant) {
    if case .ended = event, let path { show.tell(path.quality, path.endSecurity, sound.card) }
    show.tell(event)
    switch event {
    case .registered:
      if let number = options.call, !hasCalled, leaveBy == nil {
        hasCalled = true
        agent.call(number, now: now)
      }
    case .notRegistered(_, let willRetry):
      if !willRetry {
        status = 1
        leave(now)
      }
    case .unregistered: hasLeft = true
    case .calling(let number): party = number
    case .incoming(let number, _):
      party = number
      if options.answers { agent.answer(now: now) } else { ring(now) }
    case .answered: answeredAt = now
    case .media(let terms): use(terms, now)
    case .held(let here, _): path?.isMuted = here
    case .ended(let end): ended(end, now)
    case .ringing, .holdRefused: break
    }
  }

  private func use(_ terms: MediaTerms, _ now: Instant) {
    stopRinging()
    let isFirst = path == nil
    let path =
      self.path
      ?? VoicePath(
        rate: sound.rate, hidesSpeech: options.endToEnd != .off, buffer: options.buffer,
        random: RandomSource(seed: random.bytes(32)))
    self.path = path
    path.use(terms, now: now)
    said = [Int16](repeating: 0, count: path.packetTime * sound.rate / 1000)
    // A card is given what it is to play as it comes to need it.
    heard = [Int16](repeating: 0, count: sound.card?.period ?? Self.step * sound.rate / 1000)
    if isFirst {
      sound.begin(now, poller, token: Token.card)
      nextStatistics = now + Self.statisticsEvery
    }
    // Security is between the two who talk, not with what is played to a caller before.
    guard answeredAt != nil, options.endToEnd != .off, !hasAsked else { return }
    hasAsked = true
    secure(path, now)
  }

  private func secure(_ path: VoicePath, _ now: Instant) {
    let wish = SecureWish(
      identity: acquaintances.secret, peer: acquaintances[party], isRequired: options.endToEnd == .required,
      requiresPostQuantum: options.requiresPostQuantum)
    if path.secure(wish, now: now) {
      // Where it failed at once, that is told by itself.
      if case .asking = path.endSecurity { show.tell(.asking, "asking the other phone") }
    } else {
      let codec = path.terms?.format.coding.name ?? ""
      show.tell(.none, "not secured, for " + codec + " carries none")
      if options.endToEnd == .required {
        agent.hangUp(now: now, CallEnd(.notSecure, "security is required, and \(codec) carries none"))
      }
    }
  }

  private func ended(_ end: CallEnd, _ now: Instant) {
    let wasAnswered = answeredAt != nil
    lastEnd = end
    path = nil
    session = nil
    answeredAt = nil
    bell = nil
    sound.end()
    nextStatistics = nil
    hasBegun = false
    hasAsked = false
    toldOver = false
    guard options.call != nil, hasCalled, leaveBy == nil else { return }
    let isFine = wasAnswered && (end.cause == .hungUpHere || end.cause == .hungUpThere)
    status = isFine ? 0 : 1
    leave(now)
  }

  /// Says and hears what is due.
  func converse(_ now: Instant) {
    guard path != nil || bell != nil else { return }
    sound.card?.turn(now)
    tellOfCard(now)
    if bell != nil { return soundBell(now) }
    var isBusy = true
    while isBusy {
      isBusy = false
      if let path, let due = sound.nextToSay(said.count, now) {
        isBusy = true
        say(path, due)
        drain(now)
      }
      if let path, let due = sound.nextToHear(heard.count, now) {
        isBusy = true
        heard.withUnsafeMutableBufferPointer { path.hear($0, now: due) }
        // A file has what was said; a card lets one hear it ring, too.
        if answeredAt != nil || sound.card != nil {
          sound.observe(path)
          heard.withUnsafeBufferPointer { sound.write($0) }
        }
      }
    }
  }

  private func say(_ path: VoicePath, _ due: Instant) {
    if !hasBegun { hasBegun = mayBegin(path, due) }
    said.withUnsafeMutableBufferPointer { room in
      if hasBegun || sound.card != nil { sound.read(into: room) }
      if !hasBegun { room.update(repeating: 0) }
    }
    said.withUnsafeBufferPointer { path.say($0, now: due) }
    guard hasBegun, sound.isOver, !toldOver else { return }
    toldOver = true
    show.tell("said", "all of the file was said")
    if options.endsWhenSaid { agent.hangUp(now: due) }
  }

  func tellOfCard(_ now: Instant) {
    for (sentence, works) in sound.card?.takeNews() ?? [] {
      show.tell("sound-card", sentence, [.text("sentence", sentence), .flag("works", works)])
      if options.endsWithCard, !works, leaveBy == nil {
        status = 1
        leave(now)
      }
    }
  }

  /// A file is said from its beginning only when the other phone hears it.
  private func mayBegin(_ path: VoicePath, _ now: Instant) -> Bool {
    guard let answeredAt else { return false }
    // A person does not begin anew; what security holds back, the path does.
    if sound.card != nil { return true }
    guard path.isHeardThere else { return false }
    switch path.endSecurity {
    case .none, .secured, .unanswered, .failed: return true
    case .asking, .agreeing: return now - answeredAt >= .seconds(2)
    }
  }
}
