import Configuration
import Media
import SDP
import SIP
import Wire

/// How the audio of one phone is told to the other. The exchange stands between two offer/answer exchanges (RFC 3264):
/// what one phone offers is offered on, what the other answers is answered back, and where they share no codec G.711 is
/// converted.
enum Negotiation {
  private static let event = "telephone-event"
  private static let noise = "CN"

  /// What the exchange itself offers when a phone called without an offer.
  static func ownOffer(_ codecs: [VoiceCodec]) -> AudioStream {
    AudioStream(formats: codecs.map(format) + [Format(101, event, parameters: "0-16")])
  }

  /// `offer` of a phone that may use `offererCodecs`, as offered on to one that may use `codecs`: best first the codecs
  /// that need no conversion. Nil where the offer holds none that the phone may use.
  static func relayedOffer(
    _ offer: AudioStream, from offererCodecs: [VoiceCodec], to codecs: [VoiceCodec]
  ) -> AudioStream? {
    let offered = offererCodecs.filter { offer.has($0) }
    guard !offered.isEmpty else { return nil }
    let voice = codecs.filter(offered.contains) + codecs.filter { !offered.contains($0) }
    var relayed = offer
    relayed.index = 0
    relayed.formats = voice.map(format)
    for extra in offer.formats where extra.isSpeechAid {
      if !relayed.formats.contains(where: { $0.payloadType == extra.payloadType || $0.sameEncoding(as: extra) }) {
        relayed.formats.append(extra)
      }
    }
    return relayed
  }

  /// The answer to the offerer of `offer`, when the other phone gave `answer` to the offer relayed to it.
  /// Without a codec in common the offerer's first one stands, and is converted. Nil where the phones cannot talk.
  static func relayedAnswer(
    to offer: AudioStream, from offererCodecs: [VoiceCodec], _ answer: AudioStream, codecs: [VoiceCodec]
  ) -> AudioStream? {
    guard codecs.contains(where: { answer.has($0) }) else { return nil }
    let usable = offer.formats.filter { format in offererCodecs.contains { format.stands(for: $0) } }
    let common = usable.filter { format in answer.formats.contains { $0.sameEncoding(as: format) } }
    let voice = common.isEmpty ? Array(usable.prefix(1)) : common
    guard !voice.isEmpty else { return nil }
    var relayed = answer
    relayed.index = offer.index
    relayed.formats = voice
    for extra in offer.formats where extra.isSpeechAid {
      guard var kept = answer.formats.first(where: { $0.sameEncoding(as: extra) }) else { continue }
      kept.payloadType = extra.payloadType
      relayed.formats.append(kept)
    }
    relayed.direction = answer.direction.limited(to: offer.direction.mirrored)
    return relayed
  }

  /// The answer of the echo, which sends back what it gets. Nil where the offer holds no codec that the phone may use.
  static func echoAnswer(to offer: AudioStream, _ codecs: [VoiceCodec]) -> AudioStream? {
    let voice = offer.formats.filter { format in codecs.contains { format.stands(for: $0) } }
    guard !voice.isEmpty else { return nil }
    var answer = AudioStream(index: offer.index, formats: voice + offer.formats.filter { $0.names(event) })
    answer.direction = offer.direction.mirrored
    answer.packetTime = offer.packetTime
    return answer
  }

  /// What the relay needs to know of a phone that was told `said` and that told `heard`, by this flow.
  static func leg(port: UInt16, said: AudioStream, heard: AudioStream, by flow: Flow) -> Media.Leg {
    let accepts = said.formats.filter { ours in heard.formats.contains { $0.sameEncoding(as: ours) } }
    let sends = heard.formats.filter { theirs in said.formats.contains { $0.sameEncoding(as: theirs) } }
    return Media.Leg(
      port: port, remote: heard.address, remoteRTCP: heard.rtcpAddress, signalling: flow.remote.ip,
      accepts: accepts.compactMap(payload), sends: sends.compactMap(payload),
      takesMedia: said.direction.receives && heard.direction.sends,
      givesMedia: said.direction.sends && heard.direction.receives)
  }

  /// The name of the codec in use: the first voice codec that both sides named.
  static func codecName(said: AudioStream, heard: AudioStream) -> String? {
    heard.formats.first { theirs in !theirs.isSpeechAid && said.formats.contains { $0.sameEncoding(as: theirs) } }?
      .encoding
  }

  private static func payload(_ format: Format) -> Payload? {
    if format.stands(for: .pcmu) { return Payload(format.payloadType, .pcmu) }
    if format.stands(for: .pcma) { return Payload(format.payloadType, .pcma) }
    if format.names(event) { return Payload(format.payloadType, .telephoneEvent) }
    if format.names(noise) { return Payload(format.payloadType, .comfortNoise) }
    return nil
  }

  /// The payload types that RFC 3551 §6 assigns.
  private static func format(_ codec: VoiceCodec) -> Format {
    switch codec {
    case .pcmu: Format(0, "PCMU")
    case .pcma: Format(8, "PCMA")
    }
  }
}

extension AudioStream {
  fileprivate func has(_ codec: VoiceCodec) -> Bool { formats.contains { $0.stands(for: codec) } }
}

extension Format {
  fileprivate func stands(for codec: VoiceCodec) -> Bool {
    names(codec.rawValue) && clockRate == 8000 && channels == 1
  }

  /// Telephone events and comfort noise at the clock of G.711: they go along with a voice codec.
  fileprivate var isSpeechAid: Bool { (names("telephone-event") || names("CN")) && clockRate == 8000 }
}
