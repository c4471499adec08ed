import Wire

/// What was wrong with the media of a call that was answered; nil where it was heard well on both sides.
func ailment(_ call: CallFacts, _ end: CallEnd) -> Verdict? {
  guard call.answeredAt != nil, call.talked >= Diagnosis.leastTalked else { return nil }
  switch end {
  case .transferred, .joined, .mediaFailed, .unacknowledged: return nil
  default: break
  }
  let silent = [CallParty.caller, .callee].filter { isSilent(call[$0]) }
  if silent.count == 2 { return bothSilent(call) }
  if let party = silent.first { return oneSilent(call, party) }
  return poorQuality(call)
}

/// It was to send media, and none was taken from it.
private func isSilent(_ party: PartyFacts) -> Bool {
  guard party.sends, let media = party.media else { return false }
  return media.packetsIn == 0
}

private func oneSilent(_ call: CallFacts, _ party: CallParty) -> Verdict {
  let facts = call[party]
  let number = facts.number
  let cause: Cause = party == .caller ? .noMediaFromCaller : .noMediaFromCallee
  if let why = astray(facts) { return why }
  return Verdict(
    cause,
    "Nothing was heard of \(number): no media came from its phone"
      + (facts.told.map { ", which was to send it to \($0.description)" } ?? "")
      + ". A firewall on the way, or a phone that is muted or broken, does that.")
}

private func bothSilent(_ call: CallFacts) -> Verdict {
  if let why = astray(call.caller) ?? astray(call.callee) { return why }
  return Verdict(
    .noMedia,
    "Neither \(call.caller.number) nor \(call.callee.number) was heard: no media reached the exchange. Does a firewall "
      + "let its media ports through?")
}

/// Why nothing was taken from a phone that was to send, where its addresses or packets tell.
private func astray(_ phone: PartyFacts) -> Verdict? {
  let number = phone.number
  if let media = phone.media, media.otherCodec > 0 {
    return Verdict(
      .wrongCodecSent, "Nothing was heard of \(number): its phone sends a codec that was not agreed.")
  }
  if let media = phone.media, media.unauthentic > 0 {
    return Verdict(
      .wrongKeys,
      "Nothing was heard of \(number): what its phone sends is not encrypted by the keys that it named.")
  }
  if phone.media?.checks == 0 {
    return Verdict(
      .noChecks,
      "Nothing was heard of \(number): its phone looks for the way of its media by ICE, but none of its checks came "
        + "through" + (phone.told.map { " to \($0.description)" } ?? "")
        + ". A firewall may keep them away; where the exchange can be reached without ICE, turn it off in the phone.")
  }
  if let media = phone.media, media.foreign > 0 {
    return Verdict(
      .foreignMedia,
      "Nothing was heard of \(number): media came to its port from neither the address that its phone named nor the "
        + "one its signalling comes from, and such is not let through.")
  }
  if phone.wasToldAstray, let told = phone.told, let signalling = phone.signalling {
    return Verdict(
      .toldUnreachable,
      "Nothing was heard of \(number): its phone at \(signalling.ip.description) was told to send its media to "
        + "\(told.ip.description), which cannot be reached from there. Set media.external_address to the address that "
        + "the office has on the Internet.")
  }
  if phone.namesAstray, let named = phone.named, let signalling = phone.signalling {
    return Verdict(
      .namedUnreachable,
      "Nothing was heard of \(number), nor could it hear: its phone named \(named.ip.description) for its media, which "
        + "cannot be reached from here, while its signalling comes from \(signalling.ip.description). "
        + "Turn on STUN or ICE in the phone, or mend the firewall before it.")
  }
  return phone.isBehindNATWithoutPort ? natWithoutPort(phone) : nil
}

private func poorQuality(_ call: CallFacts) -> Verdict? {
  for party in [CallParty.caller, .callee] {
    let facts = call[party]
    for (heard, isIncoming) in [(facts.media?.incoming, true), (facts.media?.outgoing, false)] {
      guard let heard, heard.loss >= Diagnosis.muchLoss || heard.score < Diagnosis.poorScore else { continue }
      let direction = isIncoming ? "from \(facts.number)'s phone" : "to \(facts.number)'s phone"
      return Verdict(
        .poorQuality,
        "It sounded bad (\(tenths(heard.score)) of 4.5): on the way \(direction) \(percent(heard.loss)) of the packets "
          + "were lost, and the rest came unevenly by \(heard.jitter.milliseconds) ms. Look at the network between.")
    }
  }
  return nil
}

/// `3.9` of 390.
func tenths(_ score: UInt32) -> String { "\((score + 5) / 100).\((score + 5) / 10 % 10)" }

/// `2.5 %` of 250.
func percent(_ loss: UInt32) -> String { "\(loss / 100).\(loss / 10 % 10) %" }
