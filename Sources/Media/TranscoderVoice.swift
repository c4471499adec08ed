import Codecs
import RTP

/// The way of speech through a decoded stream: decoded, resampled, gathered to the other phone's packets and encoded.
extension Transcoder {
  func voice(
    _ coding: VoiceCoding, _ timestamp: UInt32, _ payload: UnsafeBufferPointer<UInt8>, lost: Int, _ out: Outbox
  ) {
    guard let decoder = decoder(for: coding) else { return }
    if let expected, !hasKey {
      bridge(Int32(bitPattern: timestamp &- expected), decoder, lost: lost, before: payload, out)
    }
    let count = decoder.decode(payload, into: decoded)
    expected = timestamp &+ UInt32(count * 1000 / decoder.rate) &* coding.ticks
    if digits.listens { listen(UnsafeBufferPointer(rebasing: decoded[..<count]), decoder.rate, out) }
    guard !hasKey else { return silence(count, decoder.rate) }
    append(count, out)
  }

  /// What lies between the packet before and this one, in the sender's ticks: made up where packets were lost, silence
  /// where the phone sent none, and skipped where it is long.
  private func bridge(
    _ gap: Int32, _ decoder: VoiceDecoder, lost: Int, before next: UnsafeBufferPointer<UInt8>, _ out: Outbox
  ) {
    // Time that goes back, or far ahead, tells of a phone that counts oddly; its packets then follow each other.
    let ticks = Int(decoder.coding.ticks)
    guard gap > 0, Int(gap) < Self.longestSilence * ticks else { return }
    var filled = 0
    if lost > 0 || Int(gap) <= Self.longestFill * ticks {
      // In steps of 2.5 ms, which Opus needs.
      let samples = min(Int(gap), Self.longestFill * ticks) / (ticks * 5 / 2) * (decoder.rate / 400)
      let part = UnsafeMutableBufferPointer(rebasing: decoded[..<samples])
      if lost > 0 {
        append(decoder.conceal(part, before: next), out)
      } else {
        for i in 0..<samples { part[i] = 0 }
        append(samples, out)
      }
      filled = Self.longestFill * ticks
    }
    if Int(gap) > filled { skip(UInt32(Int(gap) - filled), ticks: UInt32(ticks), out) }
  }

  /// Time passes in which nothing is sent.
  private func skip(_ gap: UInt32, ticks: UInt32, _ out: Outbox) {
    let rest = waitingCount == 0 ? 0 : frame - waitingCount
    sendRest(out)
    let skipped = UInt64(gap) * UInt64(encoder.coding.ticks) / UInt64(ticks)
    let sent = UInt64(rest) * 1000 / UInt64(encoder.rate) * UInt64(encoder.coding.ticks)
    stream.timestamp &+= UInt32(truncatingIfNeeded: skipped > sent ? skipped - sent : 0)
    stream.isMarked = true
  }

  private func decoder(for coding: VoiceCoding) -> VoiceDecoder? {
    if let decoder, decoder.coding == coding { return decoder }
    if decoder != nil { expected = nil }
    decoder = VoiceDecoder(coding, rate: encoder.rate)
    detector = nil
    guard let decoder else { return nil }
    resampler = try? Resampler(from: decoder.rate, to: encoder.rate)
    if resampler == nil { self.decoder = nil }
    return self.decoder
  }

  /// Adds what was decoded to what waits, and sends what makes a packet.
  private func append(_ count: Int, _ out: Outbox) {
    let samples = UnsafeBufferPointer(rebasing: decoded[..<count])
    let room = UnsafeMutableBufferPointer(rebasing: waiting[waitingCount...])
    waitingCount += resampler?.process(samples, into: room) ?? 0
    var start = 0
    while waitingCount - start >= frame {
      send(UnsafeBufferPointer(rebasing: waiting[start..<start + frame]), out)
      start += frame
    }
    guard start > 0 else { return }
    waitingCount -= start
    for i in 0..<waitingCount { waiting[i] = waiting[start + i] }
  }

  /// Sends what is less than a packet, filled up with silence.
  func sendRest(_ out: Outbox) {
    guard waitingCount > 0 else { return }
    for i in waitingCount..<frame { waiting[i] = 0 }
    waitingCount = 0
    send(UnsafeBufferPointer(rebasing: waiting[..<frame]), out)
  }

  func send(_ samples: UnsafeBufferPointer<Int16>, _ out: Outbox) {
    let encoder = encoder
    write(voiceNumber, marker: stream.isMarked, timestamp: stream.timestamp, out) { room in
      encoder.encode(samples, into: room)
    }
    stream.timestamp &+= UInt32(samples.count * 1000 / encoder.rate) &* encoder.coding.ticks
  }
}
