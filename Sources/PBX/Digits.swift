import Configuration
import Media
import SDP
import SIP
import Wire

/// Keys, which each phone tells of in its own way: RFC 4733, INFO, or tones in its speech.
extension Exchange {
  /// What the configuration says of a phone or a trunk.
  private func digitSetting(_ number: String, trunk: String?) -> DigitSetting {
    if let trunk { return outside.trunks[trunk]?.settings.dtmf ?? .auto }
    return configuration.extensions[number]?.dtmf ?? .auto
  }

  /// Whether RFC 4733 may be agreed upon with a phone or a trunk.
  func usesEvents(_ number: String, trunk: String? = nil) -> Bool {
    let setting = digitSetting(number, trunk: trunk)
    return setting == .auto || setting == .rfc4733
  }

  func usesEvents(_ leg: Leg) -> Bool { usesEvents(leg.number, trunk: leg.trunk?.name) }

  /// How the phone of that leg tells of its keys; nil where nothing of what it speaks can be converted.
  func digitMethod(_ leg: Leg) -> DigitMethod? {
    guard leg.usesKnownCodec, let said = leg.said, let heard = leg.heard else { return nil }
    switch digitSetting(leg.number, trunk: leg.trunk?.name) {
    case .info: return .info
    case .inband: return .tones
    case .auto, .rfc4733: return said.hasEvents && heard.hasEvents ? .events : .tones
    }
  }

  /// An INFO about a key, for a phone that is told otherwise; false for any other INFO.
  func converted(_ call: Call, _ talking: Call.Talking, _ side: CallSide, _ request: Request) -> Bool {
    guard request.method == .info, let type = (try? request.headers.contentType) ?? nil,
      let key = DigitBody(type, request.body), let other = talking[side.other], let method = digitMethod(other),
      method != .info
    else { return false }
    emit(
      .media(.press(call.stream, side.other.stream, digit: key.digit, milliseconds: key.milliseconds)))
    return true
  }

  /// A key was heard in the media of one phone whose partner is told by INFO.
  func pressed(_ call: inout Call, _ side: CallSide, _ key: DigitBody) {
    guard case .talking(var talking) = call.state, var other = talking[side.other], other.isOpen else { return }
    var info = other.dialog.request(.info, contact: nil)
    info.headers.append(.contentType, DigitBody.type.description)
    info.body = key.relayed
    talking[side.other] = other
    call.state = .talking(talking)
    _ = send(info, to: other.dialog.nextHop, for: nil)
  }
}

extension AudioStream {
  /// Events as the media thread can convert them.
  var hasEvents: Bool { formats.contains { $0.isEvents } }
}

extension Negotiation {
  /// What goes along with speech in an offer to a phone: what the offerer has, and events for a phone that may use them,
  /// for they can be made of anything.
  static func offeredAids(_ offer: AudioStream, besides voice: [Format], events: Bool) -> [Format] {
    var aids = offer.formats.filter { $0.isSpeechAid && (events || !$0.names(Format.event)) }
    if events, !offer.hasEvents, voice.contains(where: { $0.codec != nil }) {
      let number = dynamicNumber(101, besides: voice + offer.formats)
      aids.append(Format(number, Format.event, parameters: "0-15"))
    }
    return aids
  }

  /// The same in the answer to `offer`.
  static func answeredAids(
    _ offer: AudioStream, _ answer: AudioStream, besides voice: [Format], events: Bool
  ) -> [Format] {
    let usable = offer.formats.filter { events || !$0.names(Format.event) }
    var aids = answer.formats.filter { $0.isSpeechAid }.compactMap { $0.answering(usable) }
    if !aids.contains(where: { $0.isEvents }), voice.contains(where: { $0.codec != nil }) {
      aids += usable.filter { $0.isEvents }.prefix(1)
    }
    return aids
  }
}
