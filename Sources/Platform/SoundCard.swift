import CALSA

/// A sound card that captures and plays at once, or does one of the two: mono, 16 bits a sample, in periods of 5 ms.
///
/// Nothing here waits. Where `watch` succeeded, the poller says when there is something to do.
public final class SoundCard {
  public let name: String
  /// Samples a second: 48000, 16000 or 8000.
  public let rate: Int
  private let microphone: SoundStream?
  private let speaker: SoundStream?
  /// Whether the card's clock says when sound moves. One that can't be waited for, as `null` can't, takes and gives it
  /// whenever it is asked.
  public private(set) var keepsTime = false

  /// Opens `hw:0`, `hw:Headset`, `null`, or what the system's alsa-lib is configured to know. `rate` is given to a card that
  /// takes another's place; without it the card has the choice.
  @export(interface)
  public init(_ name: String, rate wanted: Int? = nil, plays: Bool = true) throws(SoundCardError) {
    self.name = name
    guard !name.isEmpty else { throw .missing(name, cards: SoundCardEntry.all) }
    let device = SoundDevice(name)
    let microphone = try SoundStream.open(device, playing: false, rate: wanted)
    let speaker: SoundStream?
    do throws(SoundCardError) {
      speaker = plays ? try SoundStream.open(device, playing: true, rate: microphone?.rate ?? wanted) : nil
    } catch {
      microphone?.close()
      throw error
    }
    guard let rate = microphone?.rate ?? speaker?.rate else { throw .missing(name, cards: SoundCardEntry.all) }
    (self.microphone, self.speaker, self.rate) = (microphone, speaker, rate)
  }

  /// Whether the card is still there, for who does not use it at the moment: the system is asked for it anew.
  @export(interface)
  public var isThere: Bool {
    do throws(SoundCardError) {
      guard let pcm = try SoundDevice(name).open(playing: plays) else { return false }
      snd_pcm_close(pcm)
      return true
    } catch {
      // It is in use: by us.
      return true
    }
  }

  public var captures: Bool { microphone != nil }
  public var plays: Bool { speaker != nil }
  /// How often what was captured ran over, and what was to be played ran out.
  public var overruns: UInt32 { microphone?.breaks ?? 0 }
  public var underruns: UInt32 { speaker?.breaks ?? 0 }

  /// Starts both ways; `poller` wakes by `token` when there is something to do.
  @export(interface)
  public func start(_ poller: Poller, token: UInt64) throws(SoundCardError) {
    try speaker?.start()
    try microphone?.start()
    keepsTime =
      microphone?.watch(by: poller, token: token) ?? true && speaker?.watch(by: poller, token: token) ?? true
    guard !keepsTime else { return }
    microphone?.forget()
    speaker?.forget()
  }

  /// Stops at once.
  @export(interface)
  public func stop() {
    microphone?.stop()
    speaker?.stop()
  }

  @export(interface)
  public func close() {
    microphone?.close()
    speaker?.close()
  }

  /// Appends what was captured, at most `most` samples.
  @export(interface)
  public func capture(into samples: inout [Int16], most: Int) throws(SoundCardError) {
    try microphone?.capture(into: &samples, most: most)
  }

  /// Samples that are to be played by now, for the card not to run out.
  @export(interface)
  public func wanted() throws(SoundCardError) -> Int { try speaker?.wanted() ?? 0 }

  /// Samples that were given to be played and are not heard yet, and those captured and not taken yet; nil where the
  /// card does not do both, or does not run.
  @export(interface)
  public var delays: (playing: Int, capturing: Int)? {
    guard let playing = speaker?.delay, let capturing = microphone?.delay else { return nil }
    return (playing, capturing)
  }

  @export(interface)
  public func play(_ samples: UnsafeBufferPointer<Int16>) throws(SoundCardError) { try speaker?.play(samples) }
}
