import Codecs
import Console
import Crypto
import Phone
import SDP
import SecureVoice
import VoiceKey
import Wire

extension Show {
  /// What happened to the registration or the call.
  func tell(_ event: PhoneEvent) {
    switch event {
    case .registered(let seconds):
      tell("registered", "registered for \(seconds) s", [.number("seconds", seconds)])
    case .notRegistered(let reason, let willRetry):
      tell(
        "not-registered", "not registered: " + reason + (willRetry ? "; trying again" : ""),
        [.text("reason", reason), .flag("retries", willRetry)])
    case .unregistered: tell("unregistered", "unregistered")
    case .calling(let number): tell("calling", "calling " + number, [.text("number", number)])
    case .ringing: tell("ringing", "it rings")
    case .incoming(let number, let name):
      tell(
        "incoming", "a call from " + number + (name.map { ", " + $0 } ?? ""),
        [.text("number", number), .text("name", name)])
    case .answered(let number): tell("answered", "in a call with " + number, [.text("number", number)])
    case .media(let terms): tell(terms)
    case .held(let here, let there):
      let who = here && there ? "both hold the call" : here ? "the call is held here" : "the other end holds the call"
      tell("held", here || there ? who : "the call goes on", [.flag("here", here), .flag("there", there)])
    case .holdRefused(let reason):
      tell("hold-refused", "the other end did not agree: " + reason, [.text("reason", reason)])
    case .ended(let end):
      tell(
        "ended", "ended: " + end.reason,
        [.text("cause", end.cause.rawValue), .number("status", end.status), .text("reason", end.reason)])
    }
  }

  private func tell(_ terms: MediaTerms) {
    let codec = terms.format.coding.name
    let suite = terms.keys.map { $0.own.suite.name }
    tell(
      "media", "voice: " + codec + ", up to the exchange " + (suite.map { "encrypted by " + $0 } ?? "not encrypted"),
      [
        .text("codec", codec), .text("hop", suite), .number("packet_ms", terms.packetTime),
        .flag("sends", terms.sends), .flag("receives", terms.receives),
      ])
  }

  /// How far the call is secured from phone to phone.
  func tell(_ security: EndSecurity, _ sentence: String, _ more: [JSON.Member] = []) {
    tell("security", "end to end: " + sentence, [.text("end", security.name)] + more)
  }

  func tellSecured(_ session: SecureSession, by carrier: Carrier?, isVerified: Bool) {
    let carrierName = carrier.map { carrier in if case .opus = carrier { "opus" } else { "g711" } }
    var sentence = "secured, by " + (carrierName == "opus" ? "Opus" : "the tunnel through G.711")
    sentence += session.isPostQuantum ? ", post-quantum" : ", without the post-quantum part"
    sentence += "\n  words: " + session.words.text + (isVerified ? " (compared before)" : " (compare them by voice)")
    tell(
      .secured, sentence,
      [
        .text("words", session.words.text), .text("carrier", carrierName),
        .flag("post_quantum", session.isPostQuantum), .text("identity", identityFingerprint(session.identity)),
        .text("verdict", session.verdict.name), .flag("verified", isVerified),
      ])
  }

  /// Something that the user must not overlook.
  func alarm(_ reason: String) {
    tell("alarm", "\n!!! ALARM: " + reason + "\n", [.text("reason", reason)])
  }

  func tell(_ quality: VoiceQuality, _ security: EndSecurity, _ card: CardSound?) {
    let lost = quality.expected == 0 ? 0 : Int64(quality.lost) * 1000 / Int64(quality.expected)
    let trip = quality.roundTrip
    tell(
      "statistics",
      "received \(quality.received), lost \(lost / 10).\(lost % 10) %, jitter \(milliseconds(quality.jitter)) ms, buffer "
        + "\(quality.buffered.milliseconds) ms"
        + (trip.map { ", round trip \(milliseconds($0.microseconds)) ms" } ?? "")
        + (card.map { ", breaks of the sound card \($0.breaks)" } ?? ""),
      [
        .number("received", quality.received), .number("lost", quality.lost), .number("expected", quality.expected),
        .number("concealed", quality.concealed), .number("jitter_us", quality.jitter),
        .number("buffer_ms", quality.buffered.milliseconds), .number("held_us", quality.held.microseconds),
        JSON.Member("round_trip_us", trip.map { .integer($0.microseconds) } ?? .null),
        .text("end", security.name),
      ] + (card.map { [.number("card_breaks", $0.breaks)] } ?? []))
  }
}

extension EndSecurity {
  /// For JSON.
  var name: String {
    switch self {
    case .none: "none"
    case .asking: "asking"
    case .agreeing: "agreeing"
    case .secured: "secured"
    case .unanswered: "unanswered"
    case .failed: "failed"
    }
  }
}

extension IdentityVerdict {
  var name: String {
    switch self {
    case .first: "first"
    case .same: "same"
    case .changed: "changed"
    }
  }
}

extension VoiceQuality {
  /// Loss, jitter and delay in words.
  var sentence: String {
    let part = expected == 0 ? 0 : Int64(lost) * 1000 / Int64(expected)
    return "lost \(part / 10).\(part % 10) %, jitter \(milliseconds(jitter)) ms, buffer \(buffered.milliseconds) ms"
      + (roundTrip.map { ", round trip \(milliseconds($0.microseconds)) ms" } ?? "")
  }
}

extension Handset {
  /// How the call is, in one line.
  func showLine(_ path: VoicePath, _ now: Instant) {
    let seconds = answeredAt.map { (now - $0).seconds } ?? 0
    let clock = "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
    let hop = path.isHopSecure ? "SRTP" : "no SRTP"
    let end = session.map { "secured: " + $0.words.text } ?? "end to end: " + path.endSecurity.name
    show.live(
      [clock, party, path.terms?.format.coding.name ?? "", hop, end, path.quality.sentence].joined(separator: " | "))
  }
}
