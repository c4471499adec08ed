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
  public var name: String {
    switch self {
    case .opus: "opus"
    case .g722: "G722"
    case .aLaw: "PCMA"
    case .muLaw: "PCMU"
    }
  }

  /// Those that a phone offers, the best first.
  public static let all: [VoiceCoding] = [.opus, .g722, .aLaw, .muLaw]

  /// The codec of a format; nil for what the phone doesn't know.
  init?(_ format: Format) {
    let isNarrow = format.clockRate == 8000 && format.channels == 1
    if isNarrow && format.names("PCMU") {
      self = .muLaw
    } else if isNarrow && format.names("PCMA") {
      self = .aLaw
    } else if isNarrow && format.names("G722") {
      self = .g722
    } else if format.clockRate == 48000 && format.channels == 2 && format.names("opus") {
      self = .opus
    } else {
      return nil
    }
  }

  /// As it is offered: by RFC 3551 §6, or for Opus (RFC 7587) under a number of our own.
  var offered: Format {
    switch self {
    case .muLaw: Format(0, "PCMU")
    case .aLaw: Format(8, "PCMA")
    case .g722: Format(9, "G722")
    case .opus: Format(107, "opus", clockRate: 48000, channels: 2, parameters: "useinbandfec=0;usedtx=0;cbr=1")
    }
  }
}

extension Format {
  static let keys = Format(101, "telephone-event", parameters: "0-15")

  /// RFC 4733 at the clock of narrowband codecs.
  var isKeys: Bool { names("telephone-event") && clockRate == 8000 }
}

extension AudioStream {
  /// What the phone offers.
  static func offer(_ codecs: [VoiceCoding], packetTime: UInt32) -> AudioStream {
    var stream = AudioStream(formats: codecs.map { $0.offered } + [.keys])
    stream.packetTime = packetTime
    return stream
  }

  /// What the phone answers to this offer: the first codec that both have, for one is enough; nil where there is none.
  func answered(_ codecs: [VoiceCoding], packetTime: UInt32) -> AudioStream? {
    let usable = formats.first { format in VoiceCoding(format).map { codecs.contains($0) } ?? false }
    guard let usable else { return nil }
    var answer = AudioStream(index: index, formats: [usable] + formats.filter { $0.isKeys }.prefix(1))
    answer.packetTime = packetTime
    answer.direction = direction.mirrored
    return answer
  }
}
