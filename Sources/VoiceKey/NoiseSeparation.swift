import CMath
import CSpeexDSP

/// A recording taken apart: what speexdsp's preprocessor holds for the voice, and the rest.
public struct NoiseSeparation: Sendable {
  public let voice: [Int16]
  public let noise: [Int16]

  /// Decibels of the voice above the noise, over the whole recording.
  public let ratio: Double

  @export(interface)
  public init(_ samples: [Int16], rate: Int) {
    let size = rate / 50
    guard let state = speex_preprocess_state_init(Int32(size), Int32(rate)) else {
      (voice, noise, ratio) = (samples, [], 0)
      return
    }
    defer { speex_preprocess_state_destroy(state) }
    // What comes out is a frame late, so one of silence follows.
    var work = samples
    work.append(contentsOf: [Int16](repeating: 0, count: 2 * size - samples.count % size))
    work.withUnsafeMutableBufferPointer { buffer in
      for start in stride(from: 0, through: buffer.count - size, by: size) {
        _ = speex_preprocess_run(state, buffer.baseAddress! + start)
      }
    }
    voice = Array(work[size..<size + samples.count])
    var rest = samples
    var voiceEnergy = 0.0
    var noiseEnergy = 0.0
    for n in 0..<samples.count {
      rest[n] = Int16(clamping: Int(samples[n]) - Int(voice[n]))
      voiceEnergy += Double(voice[n]) * Double(voice[n])
      noiseEnergy += Double(rest[n]) * Double(rest[n])
    }
    noise = rest
    ratio = 10 * log10(max(1, voiceEnergy) / max(1, noiseEnergy))
  }
}
