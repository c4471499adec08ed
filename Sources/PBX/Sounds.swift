import CallDoctor
import Codecs
import Configuration
import Media
import Numbering
import SDP
import SIP
import Wire

/// What the exchange itself plays to a phone: music while the other one keeps it waiting, and the country's tones where
/// the call goes on without a phone that could make them.
extension Exchange {
  /// A phone that nobody is left to talk to hears why for so long, before it is hung up on.
  private static let longestTone = Interval.seconds(5)

  /// What the phone of that side hears in the place of the other; nil where it hears the other.
  func sound(_ talking: Call.Talking, _ side: CallSide) -> Sound? {
    let isTransferred = talking.transfer?.by == side.other
    guard let other = talking[side.other], talking.leaving != nil || isTransferred || other.keepsWaiting,
      let leg = talking[side], leg.isOpen, leg.usesKnownCodec, leg.heard?.direction.receives == true
    else { return nil }
    let tones = CountryTones(configuration.country?.name)
    if let leaving = talking.leaving { return .tone(leaving.isBusy ? tones.busy : tones.congestion) }
    guard other.keepsWaiting || isTransferred && !other.isOpen else { return nil }
    if isTransferred, talking.transfer?.isRinging == true { return .tone(tones.ringing) }
    return configuration.media.holdMusic == .none ? nil : .music
  }

  /// What a phone offers, as the other is offered it: where that is to be kept waiting without a word, music.
  func withMusic(_ said: AudioStream) -> AudioStream {
    guard said.direction == .inactive, configuration.media.holdMusic != .none,
      said.formats.contains(where: { $0.codec != nil })
    else { return said }
    var said = said
    said.direction = .sendonly
    return said
  }

  /// The target of a transfer rings: whoever waits for it hears so.
  func targetRings(_ call: inout Call) {
    guard case .talking(var talking) = call.state, talking.transfer?.isRinging == false else { return }
    talking.transfer?.isRinging = true
    call.state = .talking(talking)
    joinMedia(&call, talking)
  }

  /// Who shall hear what may have changed, beside all offers.
  func settleSounds(_ call: inout Call) {
    guard case .talking(let talking) = call.state else { return }
    joinMedia(&call, talking)
  }

  /// The transfer failed with that status, and nobody is left for the phone of `side`: it hears the tone for that, then
  /// its call ends.
  func leave(_ call: inout Call, _ side: CallSide, _ status: Int) {
    guard case .talking(var talking) = call.state else { return }
    talking.leaving = Call.Leaving(isBusy: status == 486 || status == 600, until: now + Self.longestTone)
    call.state = .talking(talking)
    guard sound(talking, side) != nil else { return hangUp(&call, .transferFailed) }
    joinMedia(&call, talking)
  }

  /// The tone was heard for long enough.
  func endTone(_ call: inout Call) {
    guard case .talking(let talking) = call.state, let leaving = talking.leaving, leaving.until <= now else { return }
    hangUp(&call, .transferFailed)
  }
}

extension Call {
  /// One phone is left in the call, and hears why.
  struct Leaving: Sendable {
    let isBusy: Bool
    let until: Instant
  }
}

extension Leg {
  /// Whether something of what it speaks can be made here.
  var usesKnownCodec: Bool {
    guard let said, let heard else { return false }
    return heard.formats.contains { theirs in
      theirs.codec != nil && said.formats.contains { $0.sameEncoding(as: theirs) }
    }
  }

  /// Whether the phone put the other on hold (RFC 3264 §8.4, and 0.0.0.0 of RFC 2543). What a network behind a trunk
  /// sends to whom it holds is its own music, and is heard.
  var keepsWaiting: Bool {
    guard let heard, !heard.formats.isEmpty else { return false }
    if heard.address == nil && heard.ice == nil { return true }
    return !heard.direction.receives && (trunk == nil || !heard.direction.sends)
  }
}
