import Codecs
import Phone
import Platform
import Wire

/// Where sound comes from and where it goes, and when: a sound card keeps time by its own clock, what has none is paced by
/// the system's.
class Sound {
  /// Samples a second.
  let rate: Int
  /// Nil with files and tones.
  let card: CardSound?
  private let input: [Int16]
  private var place = 0
  private var tone: ToneGenerator?
  private var output: WaveWriter?
  private var saying = Pace()
  private var hearing = Pace()
  /// What was heard since something was said last; nil where it is not said again.
  private var echo: [Int16]?

  /// Silence, for whoever has sounds of his own.
  init(rate: Int) {
    self.rate = rate
    card = nil
    input = []
  }

  /// `file:IN.wav,OUT.wav`, `file:IN.wav`, `tone`, `echo`, or `alsa:DEVICE`, which heeds further options.
  init(_ options: HandsetOptions) throws(HandsetError) {
    let audio = options.audio
    if audio.hasPrefix("alsa:") {
      let card = try CardSound(String(audio.dropFirst(5)), options)
      self.card = card
      rate = card.rate
      input = []
      return
    }
    card = nil
    if audio == "echo" {
      rate = 16000
      input = []
      echo = []
      return
    }
    if audio == "tone" {
      rate = 16000
      input = []
      tone = ToneGenerator(Tone([.init(440, 1000), .init(pause: 250)], level: -15), rate: 16000)
      return
    }
    guard audio.hasPrefix("file:") else { throw .audio(audio) }
    let paths = audio.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard paths.count <= 2, paths.allSatisfy({ !$0.isEmpty }) else { throw .audio(audio) }
    let wave = try readWave(paths[0])
    rate = wave.rate
    input = wave.samples
    // What can't be written is better known before a call.
    if paths.count == 2 { output = try WaveWriter.create(paths[1], rate: rate) }
  }

  /// Whether all of a file was said; what is said by a person, a tone or an echo has no end.
  var isOver: Bool { card == nil && tone == nil && echo == nil && place == input.count }

  /// Another call begins: from the start.
  func begin(_ now: Instant, _ poller: Poller, token: UInt64) {
    place = 0
    saying.due = now
    hearing.due = now
    card?.begin(now, poller, token: token)
  }

  /// The call is over.
  func end() {
    saying.due = nil
    hearing.due = nil
    card?.end()
  }

  /// When something is due that no card tells.
  var nextDeadline: Instant? {
    let own = earliest(
      card?.saysWhenCaptured == true ? nil : saying.due, card?.saysWhenHeard == true ? nil : hearing.due)
    return earliest(own, card?.nextDeadline)
  }

  /// The time of the next packet's samples, once they are there.
  func nextToSay(_ count: Int, _ now: Instant) -> Instant? {
    if let card, card.saysWhenCaptured {
      saying.due = now
      return card.captured >= count ? now : nil
    }
    if saying.isFarBehind(now) { skipped() }
    return saying.take(time(count), now)
  }

  /// The time at which so many samples are to be heard, once it has come.
  func nextToHear(_ count: Int, _ now: Instant) -> Instant? {
    if let card, card.saysWhenHeard {
      hearing.due = now
      return card.wanted > 0 ? now : nil
    }
    return hearing.take(time(count), now)
  }

  private func time(_ count: Int) -> Interval { .microseconds(Int64(count) * 1_000_000 / Int64(rate)) }

  /// What is said in one packet time.
  func read(into samples: UnsafeMutableBufferPointer<Int16>) {
    if let card { return card.read(into: samples) }
    if tone != nil {
      tone?.fill(samples)
      return
    }
    if let heard = echo {
      // As a microphone before the loudspeaker: the last packet time, whole.
      let count = min(samples.count, heard.count)
      for i in 0..<samples.count - count { samples[i] = 0 }
      for i in 0..<count { samples[samples.count - count + i] = heard[heard.count - count + i] }
      echo = []
      return
    }
    let count = min(samples.count, input.count - place)
    for i in 0..<count { samples[i] = input[place + i] }
    for i in count..<samples.count { samples[i] = 0 }
    place += count
  }

  func write(_ samples: UnsafeBufferPointer<Int16>) {
    card?.write(samples)
    output?.write(samples)
    if echo != nil { echo = echo.map { $0.suffix(rate) + samples } }
  }

  /// What a measurement wants to know of the way that voice takes, before each `write`.
  func observe(_ path: VoicePath) {}

  /// The machine stood still: time was left out of what is said and heard.
  func skipped() {}

  /// No more comes; what was heard is whole.
  func close() {
    output?.finish()
    card?.close()
  }
}

/// Steps of the system's clock, for what has none of its own.
struct Pace {
  /// How far behind sound may be before time is skipped.
  static let mostBehind = Interval.seconds(1)
  /// When the next step is due; nil while there is none.
  var due: Instant?

  func isFarBehind(_ now: Instant) -> Bool { due.map { now - $0 > Self.mostBehind } ?? false }

  /// The time of the step that is due, if one is.
  mutating func take(_ step: Interval, _ now: Instant) -> Instant? {
    guard var at = due, at <= now else { return nil }
    if isFarBehind(now) { at = now }
    due = at + step
    return at
  }
}

private func readWave(_ path: String) throws(HandsetError) -> WaveFile {
  let bytes: [UInt8]
  do throws(PlatformError) {
    bytes = try Files.read(path, limit: 64 << 20)
  } catch {
    throw .file(error)
  }
  do throws(CodecError) {
    return try WaveFile(bytes)
  } catch {
    throw .wave(path: path, error)
  }
}
