import Wire

/// The facts that a diagnosis rests on, a line each.
func evidence(_ call: CallFacts, _ cause: Cause) -> [String] {
  var lines: [String] = []
  if let end = call.end { lines.append("ended: \(end.text)") }
  if call.answeredAt != nil {
    lines.append("answered after \(time(call.rang)), talked for \(time(call.talked))")
  }
  for party in [CallParty.caller, .callee] { lines += evidence(call[party], party) }
  return lines
}

private func evidence(_ facts: PartyFacts, _ party: CallParty) -> [String] {
  let who = party == .caller ? "caller" : "callee"
  var lines: [String] = []
  if let signalling = facts.signalling {
    var line = "\(who) \(facts.number): signalling by \(facts.transport) from \(signalling.description)"
    if let trunk = facts.trunk { line += ", trunk \(trunk)" }
    if let via = facts.via, via != signalling {
      line += ", says \(via.description)" + (facts.asksForPort ? " and asks for the port (rport)" : " without rport")
    }
    lines.append(line)
  }
  if !facts.codecs.isEmpty {
    lines.append(
      "\(who) names \(list(facts.codecs))" + (facts.codec.map { ", \($0) is used" } ?? "")
        + (facts.encryption.map { ", encrypted by \($0)" } ?? ""))
  }
  if facts.named != nil || facts.told != nil {
    let named = facts.named?.description ?? "nowhere"
    let told = facts.told?.description ?? "nowhere"
    let heard = facts.heardAt.map { ", and comes from \($0.description)" } ?? ""
    lines.append("\(who)'s media: wanted at \(named), told to send to \(told)\(heard)")
  }
  guard let media = facts.media else { return lines }
  var line = "\(who)'s packets: \(media.packetsIn) came, \(media.packetsOut) went"
  if media.foreign > 0 { line += ", \(media.foreign) from strangers" }
  if media.unauthentic > 0 { line += ", \(media.unauthentic) not genuine" }
  if media.otherCodec > 0 { line += ", \(media.otherCodec) of another codec" }
  if media.unsent > 0 { line += ", \(media.unsent) could not be sent" }
  if let checks = media.checks { line += ", \(checks) checks by ICE" }
  if !facts.sends { line += "; it was not to send" }
  lines.append(line)
  for (heard, text) in [(media.incoming, "is heard"), (media.outgoing, "hears")] {
    guard let heard else { continue }
    lines.append(
      "\(who) \(text) with \(percent(heard.loss)) loss, \(heard.jitter.milliseconds) ms jitter, "
        + "MOS \(tenths(heard.score))")
  }
  return lines
}
