import Codecs
import SDP
import Wire

/// What a payload type of a call is to the phone.
public struct VoiceFormat: Hashable, Sendable {
  public var payloadType: UInt8
  public var coding: VoiceCoding
}

extension VoiceCoding {
  /// As people and SDP call it.
  public var name: String { format.encoding }

  /// Those that a phone offers, the best first.
  public static let all: [VoiceCoding] = [.opus, .g722, .aLaw, .muLaw]

  /// The codec of a format; nil for what the phone doesn't know.
  init?(_ format: Format) {
    guard let coding = VoiceCoding.all.first(where: { $0.format.sameEncoding(as: format) }) else { return nil }
    self = coding
  }

  /// As it is offered.
  var format: Format {
    switch self {
    case .muLaw: return .pcmu
    case .aLaw: return .pcma
    case .g722: return .g722
    case .opus:
      var format = Format.opus
      format.parameters = "useinbandfec=0;usedtx=0;cbr=1"
      return format
    }
  }
}

extension AudioStream {
  /// What the phone offers.
  static func offer(_ codecs: [VoiceCoding], packetTime: UInt32) -> AudioStream {
    var stream = AudioStream(formats: codecs.map { $0.format } + [Format(101, Format.event, parameters: "0-15")])
    stream.packetTime = packetTime
    return stream
  }

  /// What the phone answers to this offer: the first codec that both have, for one is enough; nil where there is none.
  func answered(_ codecs: [VoiceCoding], packetTime: UInt32) -> AudioStream? {
    let usable = formats.first { format in VoiceCoding(format).map { codecs.contains($0) } ?? false }
    guard let usable else { return nil }
    var answer = AudioStream(index: index, formats: [usable] + formats.filter { $0.isEvents }.prefix(1))
    answer.packetTime = packetTime
    answer.direction = direction.mirrored
    return answer
  }
}
