import Codecs
import Platform
import Wire

/// A sound card in calls. One that is pulled out leaves the call silent, and is looked for until it is there again.
final class CardSound {
  private static let lookEvery = Interval.seconds(2)
  /// How often it is looked for while nobody uses it.
  static let checkEvery = Interval.seconds(5)
  /// A card that moves nothing for so long while it runs has stopped.
  private static let patience = Interval.seconds(2)

  let name: String
  let rate: Int
  /// What is to be told of the card, in words, and whether it works.
  private(set) var news: [(sentence: String, works: Bool)] = []
  /// Samples that are to be played by now, for the card not to run out.
  private(set) var wanted = 0
  private var card: SoundCard?
  private var poller: (Poller, token: UInt64)?
  /// What was captured, before and after it was cleaned.
  private var microphone: [Int16] = []
  private var clean: [Int16] = []
  private let options: HandsetOptions
  private var cleaner: VoiceCleaner?
  private var reference: EchoReference
  private var lookAt: Instant?
  private var moved = Instant.zero
  private var broken: UInt32 = 0

  init(_ name: String, _ options: HandsetOptions) throws(HandsetError) {
    self.name = name
    self.options = options
    do throws(SoundCardError) {
      let card = try SoundCard(name)
      rate = card.rate
      reference = EchoReference(rate: card.rate)
      self.card = card
    } catch {
      throw .soundCard(error)
    }
    describe()
  }

  private func describe() {
    guard let card else { return }
    let ways =
      !card.plays
      ? "captures only, it has no loudspeaker"
      : card.captures ? "captures and plays" : "plays only, it has no microphone"
    news.append(("sound card \(name): \(rate) Hz, " + ways, true))
  }

  func takeNews() -> [(sentence: String, works: Bool)] {
    defer { news = [] }
    return news
  }

  var plays: Bool { card?.plays ?? false }

  /// Sees whether the card is still there, while there is no call.
  func check(_ now: Instant) {
    guard poller == nil, let card, !card.isThere else { return }
    attempt(now) { () throws(SoundCardError) in throw .gone(name) }
  }

  /// Samples of one period, 5 ms.
  var period: Int { rate / 200 }
  /// Captured samples that can be read.
  var captured: Int { clean.count }
  /// Whether the card's clock says when there is something to say; else it is the system's.
  var saysWhenCaptured: Bool { card.map { $0.captures && $0.keepsTime } ?? false }
  /// The same for what is to be heard.
  var saysWhenHeard: Bool { card.map { $0.plays && $0.keepsTime } ?? false }
  /// How often sound was lost because this phone did not come to take or give it.
  var breaks: UInt32 { broken &+ (card.map { $0.overruns &+ $0.underruns } ?? 0) }

  func begin(_ now: Instant, _ poller: Poller, token: UInt64) {
    self.poller = (poller, token)
    start(now)
  }

  private func start(_ now: Instant) {
    guard let card, let (poller, token) = poller else { return }
    microphone = []
    clean = []
    wanted = 0
    moved = now
    // Another call may be in another room.
    reference = EchoReference(rate: rate)
    let hasEcho = options.cancelsEcho && card.plays
    cleaner =
      hasEcho || options.reducesNoise ? VoiceCleaner(rate: rate, echo: hasEcho, noise: options.reducesNoise) : nil
    attempt(now) { () throws(SoundCardError) in try card.start(poller, token: token) }
  }

  func end() {
    poller = nil
    card?.stop()
  }

  func close() { card?.close() }

  /// When `turn` is due without the card's saying so.
  var nextDeadline: Instant? {
    guard poller != nil else { return nil }
    return card == nil ? lookAt : moved + Self.patience
  }

  /// Takes what was captured, and sees what is to be played.
  func turn(_ now: Instant) {
    guard poller != nil else { return }
    guard let card else { return look(now) }
    guard card.keepsTime else {
      moved = now
      return
    }
    attempt(now) { () throws(SoundCardError) in
      let before = (captured: microphone.count, breaks: breaks)
      try card.capture(into: &microphone, most: rate)
      wanted = try card.wanted()
      if microphone.count > before.captured || wanted > 0 { moved = now }
      if now - moved > Self.patience { throw .gone(name) }
      if breaks != before.breaks {
        reference.restart()
      } else if let (playing, capturing) = card.delays {
        reference.measure(waiting: playing, unread: microphone.count + capturing)
      }
      takeOutEcho()
    }
  }

  /// Step by step, as much as there is.
  private func takeOutEcho() {
    guard let cleaner else {
      clean += microphone
      microphone = []
      return
    }
    while microphone.count >= cleaner.count {
      withUnsafeTemporaryAllocation(of: Int16.self, capacity: cleaner.count) { played in
        reference.take(into: played)
        microphone.withUnsafeMutableBufferPointer { heard in
          cleaner.clean(
            UnsafeMutableBufferPointer(rebasing: heard[..<cleaner.count]), played: UnsafeBufferPointer(played))
        }
      }
      clean += microphone[..<cleaner.count]
      microphone.removeFirst(cleaner.count)
    }
  }

  /// What the card refuses is told; the call goes on without it.
  private func attempt(_ now: Instant, _ body: () throws(SoundCardError) -> Void) {
    do throws(SoundCardError) {
      try body()
    } catch {
      let goesOn = options.endsWithCard ? "" : "; the call goes on in silence until it is there again"
      news.append((error.description + goesOn, false))
      broken = breaks
      card?.close()
      card = nil
      wanted = 0
      lookAt = now + Self.lookEvery
    }
  }

  private func look(_ now: Instant) {
    guard let due = lookAt, due <= now else { return }
    lookAt = now + Self.lookEvery
    guard let found = try? SoundCard(name, rate: rate) else { return }
    card = found
    lookAt = nil
    describe()
    start(now)
  }

  /// What was captured; silence where there is nothing that captures.
  func read(into samples: UnsafeMutableBufferPointer<Int16>) {
    if let card, card.captures, !card.keepsTime {
      attempt(moved) { () throws(SoundCardError) in try card.capture(into: &microphone, most: samples.count) }
      takeOutEcho()
    }
    let count = min(samples.count, clean.count)
    for i in 0..<count { samples[i] = clean[i] }
    for i in count..<samples.count { samples[i] = 0 }
    clean.removeFirst(count)
  }

  func write(_ samples: UnsafeBufferPointer<Int16>) {
    wanted -= samples.count
    reference.play(samples)
    attempt(moved) { () throws(SoundCardError) in try card?.play(samples) }
  }
}
