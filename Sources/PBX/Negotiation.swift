import Configuration
import Media
import SDP
import SIP
import Wire

/// How the audio of one phone is told to the other. The exchange stands between two offer/answer exchanges (RFC 3264):
/// what one phone offers is offered on, what the other answers is answered back, and where they share no codec one is
/// converted into the other. Codecs that the exchange does not know are relayed where both phones do.
enum Negotiation {
  /// What the exchange itself offers when a phone called without an offer.
  static func ownOffer(_ codecs: [VoiceCodec]) -> AudioStream {
    var formats: [Format] = []
    for codec in codecs { formats.append(codec.format(besides: formats)) }
    formats.append(Format(dynamicNumber(101, besides: formats), Format.event, parameters: "0-16"))
    return AudioStream(formats: formats)
  }

  /// `offer` of a phone that may use `offererCodecs`, as offered on to one that may use `codecs`: first what needs no
  /// conversion, in the order that the callee prefers, and `further` beside the audio; `events` says whether RFC 4733 may
  /// be agreed with the callee. Nil where the offer holds nothing that the phone may use.
  static func relayedOffer(
    _ offer: AudioStream, from offererCodecs: [VoiceCodec], to codecs: [VoiceCodec], events: Bool,
    further: [FurtherStream] = []
  ) -> AudioStream? {
    var relayed = offer
    relayed.further = further
    // Ways of the offerer's leg alone.
    relayed.muxesControl = false
    relayed.ice = nil
    relayed.crypto = []
    relayed.handshake = nil
    if offer.formats.isEmpty { return further.isEmpty ? nil : relayed }
    let offered = offererCodecs.filter { offer.has($0) }
    var formats: [Format] = []
    for codec in codecs where offered.contains(codec) {
      formats += offer.formats.filter { $0.stands(for: codec) }.prefix(1)
    }
    formats += offer.formats.filter { $0.codec == nil && !$0.isSpeechAid }
    for codec in converted(offered, to: codecs) { formats.append(codec.format(besides: offer.formats + formats)) }
    guard !formats.isEmpty else { return nil }
    relayed.index = 0
    relayed.formats = formats + offeredAids(offer, besides: formats, events: events)
    return relayed
  }

  /// What a phone may use that the offerer has not, and what the offerer has can be turned into. Where the offerer speaks
  /// narrowband alone, a wider codec would cost without being heard, and comes last.
  private static func converted(_ offered: [VoiceCodec], to codecs: [VoiceCodec]) -> [VoiceCodec] {
    let others = offered.isEmpty ? [] : codecs.filter { !offered.contains($0) }
    if offered.contains(where: { $0.isWideband }) { return others }
    return (0...2).flatMap { price in others.filter { $0.price(toward: .pcmu) == price } }
  }

  /// The answer to the offerer of `offer`, when the other phone gave `answer` to the offer relayed to it: what both have,
  /// in the order of that answer. Without a codec in common one of the offerer's stands, and is converted. `events` says
  /// whether RFC 4733 may be agreed with the offerer. Nil where the phones cannot talk.
  static func relayedAnswer(
    to offer: AudioStream, from offererCodecs: [VoiceCodec], _ answer: AudioStream, codecs: [VoiceCodec],
    events: Bool
  ) -> AudioStream? {
    let usable = offer.formats.filter { format in format.codec.map(offererCodecs.contains) ?? !format.isSpeechAid }
    var voice: [Format] = []
    for format in answer.formats where format.codec.map(codecs.contains) ?? !format.isSpeechAid {
      if let common = format.answering(usable), !voice.contains(where: { $0.payloadType == common.payloadType }) {
        voice.append(common)
      }
    }
    if voice.isEmpty, let cheapest = cheapest(usable, against: answer, codecs) { voice = [cheapest] }
    var relayed = answer
    relayed.index = offer.index
    relayed.muxesControl = offer.muxesControl
    relayed.ice = nil
    relayed.crypto = []
    relayed.handshake = nil
    relayed.further = relayedFurther(offer, answer)
    // One may do without the audio where something else is agreed upon: a fax takes its place.
    guard !voice.isEmpty || !relayed.further.isEmpty else { return nil }
    relayed.formats =
      voice.isEmpty ? [] : voice + answeredAids(offer, answer, besides: voice, events: events)
    relayed.direction = answer.direction.limited(to: offer.direction.mirrored)
    return relayed
  }

  /// The offered format that is turned into the answer's first codec for least.
  private static func cheapest(_ usable: [Format], against answer: AudioStream, _ codecs: [VoiceCodec]) -> Format? {
    for format in answer.formats {
      guard let wanted = format.codec, codecs.contains(wanted) else { continue }
      let candidates = usable.filter { $0.codec != nil }
      let best = candidates.min { a, b in (a.codec?.price(toward: wanted) ?? 9) < (b.codec?.price(toward: wanted) ?? 9)
      }
      if let best { return best }
    }
    return nil
  }

  /// The answer of the echo, which sends back what it gets. Nil where the offer holds no codec that the phone may use.
  static func echoAnswer(to offer: AudioStream, _ codecs: [VoiceCodec]) -> AudioStream? {
    let voice = offer.formats.filter { format in codecs.contains { format.stands(for: $0) } }
    guard !voice.isEmpty else { return nil }
    var answer = AudioStream(index: offer.index, formats: voice + offer.formats.filter { $0.names(Format.event) })
    answer.direction = offer.direction.mirrored
    answer.packetTime = offer.packetTime
    answer.muxesControl = offer.muxesControl
    return answer
  }

  /// What the relay needs to know of a phone that was told `said` in that session and that told `heard`, by this flow.
  static func leg(
    port: UInt16, said: AudioStream, heard: AudioStream, in session: LocalSession, by flow: Flow
  ) -> Media.Leg {
    let accepts = said.formats.filter { ours in heard.formats.contains { $0.sameEncoding(as: ours) } }
    let sends = heard.formats.filter { theirs in said.formats.contains { $0.sameEncoding(as: theirs) } }
    var leg = Media.Leg(
      port: port, remote: heard.address, remoteRTCP: heard.rtcpAddress, signalling: flow.remote.ip,
      accepts: accepts.map { $0.payload }, sends: sends.map { $0.payload },
      takesMedia: !sends.isEmpty && said.direction.receives && heard.direction.sends,
      givesMedia: !sends.isEmpty && said.direction.sends && heard.direction.receives)
    // Without a wish of its own it is likely to take what it is likely to send.
    let wish = min(heard.packetTime ?? said.packetTime ?? 20, heard.longestPacketTime ?? 60)
    leg.packetTime = UInt8(clamping: wish)
    leg.muxesControl = session.muxesControl(with: heard)
    leg.keys = session.legKeys(with: heard)
    leg.handshake = session.handshakeTerms(with: heard)
    leg.ice = session.iceTerms(0, with: heard.ice)
    leg.opusBitrate = sends.first { $0.stands(for: .opus) }?.number(of: "maxaveragebitrate") ?? 0
    return leg
  }

  /// The name of the codec in use: the first voice codec that both sides named.
  static func codecName(said: AudioStream, heard: AudioStream) -> String? {
    heard.formats.first { theirs in !theirs.isSpeechAid && said.formats.contains { $0.sameEncoding(as: theirs) } }?
      .encoding
  }
}

extension Format {
  /// This format of an answer as told to the one whose offer it answers in the end: under the number that was offered,
  /// with the parameters of the answer. A number names one of several offers of the same encoding.
  func answering(_ offered: [Format]) -> Format? {
    let same = offered.filter { $0.sameEncoding(as: self) }
    guard let match = same.first(where: { $0.payloadType == payloadType }) ?? same.first else { return nil }
    var answer = match
    answer.parameters = parameters
    return answer
  }
}
