import Codecs
import Wire

/// What the exchange plays to a phone in the place of the other phone's media.
public enum Sound: Hashable, Sendable {
  /// The hold music, from its beginning: the recording that `MediaService.setMusic` was given, else a tone pattern.
  case music
  case tone(Tone)

  /// A few slow notes, for whoever waits where there is no recording: C, E, G and the C above, quietly.
  static var pattern: Tone {
    Tone(
      [
        Tone.Segment(523, 700), Tone.Segment(659, 700), Tone.Segment(784, 700), Tone.Segment(1047, 1400),
        Tone.Segment(pause: 1000), Tone.Segment(784, 700), Tone.Segment(659, 700), Tone.Segment(523, 1400),
        Tone.Segment(pause: 3000),
      ], level: -24, fade: 120)
  }
}

/// How far a phone has heard its sound.
struct SoundPlayer: Sendable {
  /// A stall of the machine that is longer is skipped instead of being made good by a burst.
  static let longestLag = Interval.milliseconds(200)

  let sound: Sound
  /// When the next packet is due.
  var next: Instant
  /// Samples of the recording that were played, at its present rate.
  private var position = 0
  private var generator: ToneGenerator

  /// Packets of `milliseconds` are due at whole multiples of that: all streams' at once, so that one wake-up serves them.
  init(_ sound: Sound, rate: Int, milliseconds: Int, now: Instant) {
    self.sound = sound
    let step = Int64(milliseconds) * 1000
    next = Instant(microseconds: (now.microseconds / step + 1) * step)
    generator =
      switch sound {
      case .music: ToneGenerator(Sound.pattern, rate: rate)
      case .tone(let tone): ToneGenerator(tone, rate: rate)
      }
  }

  /// The next samples, of the recording where there is one and it is wanted.
  mutating func fill(_ samples: UnsafeMutableBufferPointer<Int16>, _ recording: UnsafeBufferPointer<Int16>) {
    guard case .music = sound, !recording.isEmpty else { return generator.fill(samples) }
    for i in samples.indices {
      if position >= recording.count { position = 0 }
      samples[i] = recording[position]
      position += 1
    }
  }
}
