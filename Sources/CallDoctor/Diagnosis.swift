import Wire

/// Why a call ended as it did: a cause, a sentence for a person, and the facts that it rests on.
public struct Diagnosis: Equatable, Sendable {
  public var cause: Cause
  public var sentence: String
  public var facts: [String]

  /// Shorter calls have had no time for media to come, and longer ones enough for it to be counted.
  static let leastTalked: Int64 = 2
  /// Packets lost, of 10,000, and the score, from which on people complain.
  static let muchLoss: UInt32 = 500
  static let poorScore: UInt32 = 300

  /// Judges a call that has ended; nil while it lives.
  @export(interface)
  public init?(_ call: CallFacts) {
    guard let end = call.end else { return nil }
    // What was not heard explains more than who hung up.
    let verdict = ailment(call, end) ?? outcome(call, end)
    cause = verdict.cause
    sentence = verdict.sentence
    facts = evidence(call, verdict.cause)
  }
}

struct Verdict {
  var cause: Cause
  var sentence: String

  init(_ cause: Cause, _ sentence: String) {
    self.cause = cause
    self.sentence = sentence
  }
}

/// What follows from how the call ended.
private func outcome(_ call: CallFacts, _ end: CallEnd) -> Verdict {
  let (caller, callee) = (call.caller.number, call.callee.number)
  switch end {
  case .hungUp(let party):
    return Verdict(.ended, "\(call[party].number) hung up after \(time(call.talked)).")
  case .gaveUp: return Verdict(.gaveUp, "\(caller) gave up after \(time(call.rang)), before anyone answered.")
  case .noAnswer: return Verdict(.noAnswer, "Nobody answered at \(callee) within \(time(call.rang)).")
  case .refused(let status, let warning): return refusal(call, status, warning)
  case .unreachable: return unreachable(call)
  case .trunk(let name, let status, let words): return trunkFailure(call, name, status, words)
  case .noSuchNumber:
    return Verdict(.noSuchNumber, "\(callee) is no number of the house, and no route leads there.")
  case .notRegistered: return notRegistered(call)
  case .closed(let rule): return Verdict(.tollClosed, "The call was not allowed: \(rule).")
  case .minutesUsedUp(let rule): return Verdict(.minutesUsedUp, "The call was ended: \(rule).")
  case .noPorts:
    return Verdict(.noPorts, "No media port was free: raise media.ports, or wait for other calls to end.")
  case .noCommonCodec: return codecMismatch(call)
  case .onlyEncrypted:
    return Verdict(
      .onlyEncrypted,
      "\(caller)'s phone wants encrypted media (SRTP) and nothing else, which is off here or would name its keys where "
        + "anyone reads them: let it speak SIP over TLS, or set SRTP to optional there.")
  case .notEncrypted:
    return Verdict(
      .notEncrypted,
      "\(caller) must be encrypted, and its phone offers plain media alone: switch on SRTP there, by SDES or DTLS, or set "
        + "'encryption: preferred' for it.")
  case .noUsableKeys:
    return Verdict(
      .noUsableKeys,
      "\(caller)'s phone names no key for encrypted media that can be used: set it to AES_CM_128_HMAC_SHA1_80, with SRTCP "
        + "encrypted too.")
  case .keysInTheOpen:
    return Verdict(
      .keysInTheOpen,
      "\(caller) must be encrypted, but its phone names its keys (SDES) without SIP over TLS: anyone on the way would read "
        + "them. Register the phone over TLS, or set its SRTP to DTLS.")
  case .handshakeFailed(let party, let why):
    return Verdict(
      .handshakeFailed,
      "\(call[party].number)'s phone and the exchange could not agree on keys by DTLS, so nothing was heard: \(why).")
  case .unusable(let fault): return Verdict(.badRequest, "\(caller)'s phone asked for what cannot be: \(fault).")
  case .loop: return Verdict(.loop, "The call came back to the exchange: some forwarding runs in a circle.")
  case .unacknowledged(let party): return unacknowledged(call, party)
  case .noPRACK:
    return Verdict(
      .unacknowledged,
      "\(caller)'s phone never confirmed that it heard the ringing (PRACK): what is sent to it gets lost on the way.")
  case .silent: return Verdict(.noMedia, "Neither side sent any media for a minute, so the call was ended.")
  case .mediaFailed: return Verdict(.mediaFailed, "The media part of the exchange failed; its log says why.")
  case .expired:
    return Verdict(
      .phoneGone, "A phone vanished during the call: it did not refresh the session within the time agreed.")
  case .lost:
    return Verdict(
      .phoneGone, "A phone no longer knew the call after \(time(call.talked)): it was restarted, or lost its network.")
  case .badAnswer:
    return Verdict(.badAnswer, "A phone answered a change of the call, such as hold, by what cannot be used.")
  case .transferred: return Verdict(.ended, "The call was handed over after \(time(call.talked)).")
  case .transferFailed:
    return Verdict(.transferFailed, "A transfer failed, and the one who had asked for it did not take the call back.")
  case .joined: return Verdict(.joined, "It became part of another call.")
  case .overload:
    return Verdict(.overload, "The exchange had more to do than it can, and took no new calls at that moment.")
  case .shutdown: return Verdict(.shutdown, "The exchange was shut down.")
  }
}

private func refusal(_ call: CallFacts, _ status: Int, _ warning: String?) -> Verdict {
  let callee = call.callee.number
  switch status {
  case 486, 600: return Verdict(.busy, "\(callee) was busy.")
  case 603: return Verdict(.declined, "\(callee) declined the call.")
  case 480:
    return Verdict(.noAnswer, "\(callee)'s phone said that nobody is available (480), such as by do-not-disturb.")
  case 406, 415, 488, 606:
    guard call.callee.mustEncrypt else { return codecMismatch(call, refusedBy: callee) }
    return Verdict(
      .notEncrypted,
      "\(callee) must be encrypted, and its phone took no encrypted media: switch on SRTP by SDES there, or set "
        + "'encryption: preferred' for it.")
  case 401, 403, 407:
    return Verdict(
      .phoneRefused,
      "\(callee)'s phone refused the call (\(status)): it takes calls only from where its account says.")
  case 404, 604:
    return Verdict(.phoneRefused, "\(callee)'s phone says that it does not know its own number (\(status)).")
  default:
    let words = warning.map { ": \($0)" } ?? ""
    return Verdict(.phoneRefused, "\(callee)'s phone refused the call by \(status)\(words).")
  }
}

private func unreachable(_ call: CallFacts) -> Verdict {
  let callee = call.callee
  let place = callee.signalling.map { " at \(callee.transport) \($0.description)" } ?? ""
  return Verdict(
    .unreachable,
    "\(callee.number) is registered\(place), but nothing came back from there: the phone is off or without network, "
      + "or a firewall or NAT on the way has forgotten it.")
}

private func notRegistered(_ call: CallFacts) -> Verdict {
  let callee = call.callee.number
  if let source = call.refusedLogin {
    return Verdict(
      .wrongPassword,
      "\(callee) is not registered: the phone at \(source.ip.description) tries, with a wrong password.")
  }
  return Verdict(.notRegistered, "No phone is registered as \(callee): it is off, without network, or not set up.")
}

private func trunkFailure(_ call: CallFacts, _ name: String, _ status: Int, _ words: String) -> Verdict {
  let callee = call.callee.number
  switch status {
  case 486, 600: return Verdict(.busy, "\(callee) was busy (trunk \(name)).")
  case 603: return Verdict(.declined, "\(callee) declined the call (trunk \(name)).")
  case 404, 410, 484, 604:
    return Verdict(.noSuchNumber, "The number \(callee) does not exist: \(words).")
  default: break
  }
  if contains(words, "not yet valid") || contains(words, "has expired") {
    return Verdict(
      .clock,
      "Trunk \(name)'s certificate is not valid at the time that this box takes it to be: check its clock. \(words).")
  }
  if [408, 503, 504].contains(status) && !contains(words, "\(status) from") {
    return Verdict(.trunkUnreachable, "Trunk \(name) could not be reached: \(words).")
  }
  return Verdict(.trunkRefused, "Trunk \(name) refused the call: \(words).")
}

private func codecMismatch(_ call: CallFacts, refusedBy phone: String? = nil) -> Verdict {
  let offered = list(call.caller.codecs)
  let wanted = list(call.callee.codecs.isEmpty ? call.callee.mayUse : call.callee.codecs)
  if let phone {
    return Verdict(.codecs, "\(phone)'s phone takes none of the codecs that it was offered: \(wanted).")
  }
  return Verdict(
    .codecs,
    "No codec in common: \(call.caller.number)'s phone offers \(offered), and may use \(list(call.caller.mayUse)); "
      + "\(call.callee.number) may use \(list(call.callee.mayUse)).")
}

private func unacknowledged(_ call: CallFacts, _ party: CallParty) -> Verdict {
  let facts = call[party]
  if facts.isBehindNATWithoutPort { return natWithoutPort(facts) }
  return Verdict(
    .unacknowledged,
    "\(facts.number)'s phone never confirmed (ACK) that the call was answered, so it was ended after "
      + "\(time(call.talked)): what is sent to it, or its confirmation, gets lost on the way, "
      + "most often in a router with a 'SIP ALG'.")
}

func natWithoutPort(_ phone: PartyFacts) -> Verdict {
  let via = phone.via?.description ?? "another address"
  let source = phone.signalling?.description ?? "elsewhere"
  return Verdict(
    .natWithoutPort,
    "\(phone.number)'s phone is behind a NAT (it says \(via), its messages come from \(source)) and does not ask for "
      + "answers to that port: turn on 'rport' in the phone.")
}

/// `3 s`, `2 min 5 s`.
func time(_ seconds: Int64) -> String {
  seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
}

func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

func contains(_ text: String, _ part: String) -> Bool {
  let (text, part) = (Array(text.utf8), Array(part.utf8))
  guard !part.isEmpty, part.count <= text.count else { return part.isEmpty }
  return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
}
