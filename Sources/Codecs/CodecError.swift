/// Why a codec could not be made; `description` says it to a person.
public enum CodecError: Error, Hashable, Sendable {
  /// libopus takes 8, 12, 16, 24 and 48 kHz and no other rate.
  case opusRate(Int32)
  case resamplerRates(from: Int, to: Int)
  /// A recording that cannot be used, and what it is.
  case wave(found: String)
  /// A file that should have been of µ-law, and what it is.
  case muLaw(found: String)

  public var description: String {
    switch self {
    case .opusRate(let rate): "Opus has no rate of \(rate) Hz: use 8000, 12000, 16000, 24000 or 48000"
    case .resamplerRates(let from, let to): "speech cannot be resampled from \(from) to \(to) Hz: is memory short?"
    case .wave(let found):
      "found \(found), expected a WAV file of 16-bit PCM, mono or stereo, at 8000, 16000 or 48000 Hz, ten minutes at most"
    case .muLaw(let found): "found \(found), expected a WAV file of µ-law, mono at 8000 Hz, ten minutes at most"
    }
  }
}
