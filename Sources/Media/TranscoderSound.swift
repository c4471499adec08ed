import Codecs
import RTP
import Wire

/// What the exchange itself plays, as the stream that the phone hears anyway.
extension Transcoder {
  /// Plays that from now on; nil gives the word to the other phone.
  func play(_ sound: Sound?, now: Instant) {
    guard sound != player?.sound else { return }
    player = sound.map { SoundPlayer($0, rate: encoder.rate, milliseconds: frameTime, now: now) }
    waitingCount = 0
    stream.isMarked = true
    guard player == nil else { return }
    // The timestamps went on by themselves: what the other phone says next follows, whatever it says of the time.
    expected = nil
    event = nil
    lastUsed = nil
  }

  /// Sends what is due.
  func sendSound(_ now: Instant, _ studio: Studio) {
    let step = Interval.milliseconds(Int64(frameTime))
    while let due = player?.next, due <= now {
      player?.next = due + step
      // A key has the time while it is told.
      if keys.isPressing { continue }
      if now - due > SoundPlayer.longestLag {
        stream.timestamp &+= UInt32(frameTime) &* encoder.coding.ticks
        stream.isMarked = true
        continue
      }
      let samples = UnsafeMutableBufferPointer(rebasing: waiting[..<frame])
      player?.fill(samples, studio.recording(rate: encoder.rate))
      send(UnsafeBufferPointer(samples), studio.outbox)
    }
  }

  /// Sends one silent packet as another source, with that sequence number.
  func sendBridge(_ stream: OutgoingStream, _ out: Outbox) {
    self.stream = stream
    let samples = UnsafeMutableBufferPointer(rebasing: waiting[..<frame])
    for i in samples.indices { samples[i] = 0 }
    send(UnsafeBufferPointer(samples), out)
  }
}
