import Codecs

extension VoiceCoding {
  /// Nil for what is passed on as it is.
  init?(_ format: PayloadFormat) {
    switch format {
    case .pcmu: self = .muLaw
    case .pcma: self = .aLaw
    case .g722: self = .g722
    case .opus: self = .opus
    case .telephoneEvent, .comfortNoise, .other: return nil
    }
  }
}
