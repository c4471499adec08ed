import Codecs
import Wire

/// A sound card as the bell of a call that waits for an answer.
extension Handset {
  func ring(_ now: Instant) {
    guard let tone = options.ring, let card = sound.card, card.plays else { return }
    bell = ToneGenerator(tone, rate: sound.rate)
    heard = [Int16](repeating: 0, count: card.period)
    sound.begin(now, poller, token: Token.card)
  }

  func stopRinging() {
    guard bell != nil else { return }
    bell = nil
    sound.end()
  }

  /// Rings on.
  func soundBell(_ now: Instant) {
    while sound.nextToHear(heard.count, now) != nil {
      heard.withUnsafeMutableBufferPointer { bell?.fill($0) }
      heard.withUnsafeBufferPointer { sound.write($0) }
    }
    // What the microphone hears is nobody's before the answer.
    while sound.nextToSay(heard.count, now) != nil {
      heard.withUnsafeMutableBufferPointer { sound.read(into: $0) }
    }
  }
}
