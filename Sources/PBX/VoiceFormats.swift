import Configuration
import Media
import SDP
import Wire

extension VoiceCodec {
  /// Speech up to 7 kHz and more, where G.711 ends at 3.4 kHz.
  var isWideband: Bool { self == .g722 || self == .opus }

  /// How dear it is to turn this into `other`, for a choice: what keeps the band comes first, then what costs least.
  func price(toward other: VoiceCodec) -> Int {
    if other.isWideband { return isWideband ? 0 : 1 }
    return self == .opus ? 2 : self == .g722 ? 1 : 0
  }

  fileprivate var format: Format {
    switch self {
    case .pcmu: .pcmu
    case .pcma: .pcma
    case .g722: .g722
    case .opus: .opus
    }
  }

  /// As it is offered: with the payload type that RFC 3551 §6 assigns, or for Opus one that is not taken.
  func format(besides taken: [Format]) -> Format {
    var format = format
    if self == .opus {
      format.payloadType = dynamicNumber(format.payloadType, besides: taken)
      format.parameters = "useinbandfec=1"
    }
    return format
  }
}

/// A payload type from 96 to 127 that none of `taken` has, `wish` where it can be.
func dynamicNumber(_ wish: UInt8, besides taken: [Format]) -> UInt8 {
  let isFree: (UInt8) -> Bool = { number in !taken.contains { $0.payloadType == number } }
  return isFree(wish) ? wish : (UInt8(96)...127).first(where: isFree) ?? wish
}

extension AudioStream {
  func has(_ codec: VoiceCodec) -> Bool { formats.contains { $0.stands(for: codec) } }
}

extension Format {
  static let noise = "CN"

  func stands(for codec: VoiceCodec) -> Bool { sameEncoding(as: codec.format) }

  /// The codec that the exchange knows it as.
  var codec: VoiceCodec? { VoiceCodec.allCases.first { stands(for: $0) } }

  /// Goes along with a voice codec and is none itself: telephone events, comfort noise, redundancy.
  var isSpeechAid: Bool { names(Format.event) || names(Format.noise) || names("red") }

  /// The number that a format parameter has: `a=fmtp:96 maxaveragebitrate=20000;stereo=0`.
  func number(of parameter: String) -> UInt32? {
    for part in (parameters ?? "").utf8.split(separator: UInt8(ascii: ";")) {
      let pair = part.split(separator: UInt8(ascii: "="))
      guard pair.count == 2 else { continue }
      let name = pair[0].filter { $0 != UInt8(ascii: " ") }
      if equalsIgnoringCase(String(decoding: name, as: UTF8.self), parameter) {
        return decimal(pair[1].filter { $0 != UInt8(ascii: " ") }[...], limit: .max)
      }
    }
    return nil
  }

  /// What it is to the media relay.
  var payload: Payload {
    if let codec { return Payload(payloadType, codec.payloadFormat) }
    if isEvents { return Payload(payloadType, .telephoneEvent) }
    if clockRate == 8000 && names(Format.noise) { return Payload(payloadType, .comfortNoise) }
    return Payload(payloadType, .other(fingerprint))
  }

  /// The same for the same encoding name, clock rate and channels on any leg (FNV-1a).
  private var fingerprint: UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    func add(_ octet: UInt8) { hash = (hash ^ UInt32(octet)) &* 0x0100_0193 }
    for octet in encoding.utf8 { add((65...90).contains(octet) ? octet | 32 : octet) }
    for value in [clockRate, channels] {
      for shift: UInt32 in [0, 8, 16, 24] { add(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    return hash
  }
}

extension VoiceCodec {
  fileprivate var payloadFormat: PayloadFormat {
    switch self {
    case .pcmu: .pcmu
    case .pcma: .pcma
    case .g722: .g722
    case .opus: .opus
    }
  }
}
