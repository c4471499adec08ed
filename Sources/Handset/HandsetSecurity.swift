import Phone
import SecureVoice
import VoiceKey
import Wire

/// What is told of end-to-end security, and what is remembered.
extension Handset {
  func happened(_ event: VoiceEvent, _ now: Instant) {
    guard let path else { return }
    switch event {
    case .key(let key):
      let name = String(UnicodeScalar(telephoneCharacter(key)))
      show.tell("key", "the other end pressed " + name, [.text("key", name)])
    case .secure(let event): secure(event, path, now)
    }
  }

  private func secure(_ event: SecureVoiceEvent, _ path: VoicePath, _ now: Instant) {
    switch event {
    case .secured(let session): secured(session, path)
    case .retrying(let fault): alarm("keys could not be agreed on, once more: " + fault.description, path)
    case .failed(let fault):
      show.tell(.failed(fault), "not secured: " + fault.description, [.text("reason", fault.description)])
      alarm(fault.description, path)
      refuse(fault.description, now)
    case .unanswered(let isAlarm):
      show.tell(.unanswered, "not secured: the other end is no Sotto phone, or its answers are held back")
      if isAlarm { alarm("\(party) is known as a Sotto phone and does not answer as one", path) }
      refuse("the other end does not answer as a Sotto phone", now)
    case .unheard: alarm("keys are agreed on, but nothing came from the other phone since", path)
    case .reflected: show.tell("reflected", "the path returns our own voice")
    case .exchangeSpeaks(let speaks):
      show.tell(
        "exchange-speaks", speaks ? "the exchange is speaking: muted" : "the other phone is back",
        [.flag("speaks", speaks)])
    case .strangerAsks:
      alarm("another phone has taken the other end's place: compare the words again", path)
      session = nil
      path.secureAnew(now: now)
    }
  }

  private func secured(_ session: SecureSession, _ path: VoicePath) {
    self.session = session
    let before = acquaintances[party]
    let isVerified = session.verdict == .same && before?.isVerified == true
    show.tellSecured(session, by: path.carrier, isVerified: isVerified)
    if session.lostPostQuantum { alarm("\(party) had the post-quantum part before, and has it no longer", path) }
    if session.verdict == .changed {
      alarm(
        "the identity of \(party) has CHANGED: someone else answers, or it has a new phone. Compare the words, "
          + "then say 'trust'", path)
    } else {
      remember(session.record(previous: before))
    }
  }

  private func remember(_ record: PeerRecord) {
    if !acquaintances.remember(record, of: party) {
      show.tell("not-remembered", "what is known of \(party) can't be written: it will be forgotten")
    }
  }

  /// The user has compared the words.
  func trust() {
    guard var record = session?.record(previous: acquaintances[party]) else { return }
    record.isVerified = true
    remember(record)
    show.tell("trusted", "\(party) is known by its words from now on", [.text("number", party)])
  }

  private func alarm(_ reason: String, _ path: VoicePath) {
    show.alarm(reason)
    path.soundAlarm()
  }

  /// Nothing is said where security is required and can't be had.
  private func refuse(_ reason: String, _ now: Instant) {
    guard options.endToEnd == .required else { return }
    agent.hangUp(now: now, CallEnd(.notSecure, "security is required: " + reason))
  }

  func perform(_ command: Command, _ now: Instant) {
    switch command {
    case .call(let number): agent.call(number, now: now)
    case .answer: agent.answer(now: now)
    case .hangUp: agent.hangUp(now: now)
    case .hold: agent.hold(true, now: now)
    case .resume: agent.hold(false, now: now)
    case .toggleHold: agent.hold(path?.isMuted != true, now: now)
    case .keys(let keys): for key in keys { path?.press(key) }
    case .acceptPlain: path?.acceptPlain()
    case .trust: trust()
    case .statistics: if let path { show.tell(path.quality, path.endSecurity, sound.card) }
    case .quit: leave(now)
    case .help: show.tell("help", Keypad.help)
    case .unknown(let line):
      show.tell("unknown", "“" + line + "” is no command; there are:\n" + Keypad.help, [.text("line", line)])
    }
    drain(now)
  }
}
