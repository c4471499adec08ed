import Codecs
import RTP
import Wire

/// One direction of a stream that is decoded on its way: the packets of one phone in, those for the other out, in another
/// codec, other packet times, and as one source of the exchange's own. No I/O: packets are written to an `Outbox`.
final class Transcoder {
  /// The most that is made up in the place of lost packets, and the longest silence that is sent rather than skipped.
  private static let longestFill = PacketTime.most
  /// Milliseconds that a phone may be silent between two packets and still be believed its timestamps.
  private static let longestSilence = 3_600_000

  private let accepts: [Payload]
  let sends: [Payload]
  private let target: Side
  let encoder: VoiceEncoder
  private let voiceNumber: UInt8
  /// Samples of a packet to be sent.
  private let frame: Int
  private(set) var jitter = JitterBuffer()
  var stream: OutgoingStream
  var decoder: VoiceDecoder?
  private var resampler: Resampler?
  /// What was decoded, and what waits to be encoded, at the encoder's rate.
  private let decoded: UnsafeMutableBufferPointer<Int16>
  private let waiting: UnsafeMutableBufferPointer<Int16>
  private var waitingCount = 0
  /// The timestamp that the next voice packet has where nothing is missing.
  var expected: UInt32?
  private var lastUsed: Instant?
  var event: (heard: UInt32, said: UInt32)?

  /// Turns what a phone sends by `leg.accepts` into what the phone of `other` takes. Nil where `other` takes no codec
  /// that can be encoded, or memory is short.
  init?(from leg: Leg, to other: Leg, _ target: Side, _ stream: OutgoingStream) {
    guard let voice = other.sends.first(where: { VoiceCoding($0.format) != nil }),
      let coding = VoiceCoding(voice.format)
    else { return nil }
    let isWide = leg.accepts.contains { $0.format == .g722 || $0.format == .opus }
    guard let encoder = VoiceEncoder(coding, rate: isWide ? 16000 : 8000, bitrate: other.opusBitrate) else {
      return nil
    }
    accepts = leg.accepts
    sends = other.sends
    self.target = target
    self.encoder = encoder
    voiceNumber = voice.number
    frame = PacketTime.settled(other.packetTime, coding) * encoder.rate / 1000
    self.stream = stream
    decoded = .allocate(capacity: PacketTime.longest * 16)
    waiting = .allocate(capacity: 2 * PacketTime.longest * 16 + frame)
    decoded.initialize(repeating: 0)
    waiting.initialize(repeating: 0)
  }

  deinit {
    decoded.deallocate()
    waiting.deallocate()
  }

  /// When a gap is given up, if there is one.
  var deadline: Instant? { jitter.deadline }

  // MARK: in

  /// Takes a packet of the phone's.
  func receive(_ packet: UnsafeRawBufferPointer, _ header: RTPHeader, now: Instant, _ out: Outbox) {
    let payload = UnsafeRawBufferPointer(
      rebasing: packet[header.payloadOffset..<header.payloadOffset + header.payloadCount])
    var verdict = jitter.take(header, payload, now: now)
    if verdict == .full {
      while let held = jitter.flush(now: now) { use(held, now, out) }
      verdict = jitter.take(header, payload, now: now)
    }
    switch verdict {
    case .next(let lost): use(header.payloadType, header.timestamp, payload, lost: lost, now, out)
    case .restarted:
      restart(now, out)
      use(header.payloadType, header.timestamp, payload, lost: 0, now, out)
    case .kept, .dropped, .full: break
    }
    wake(now: now, out)
  }

  /// Gives up gaps that have been waited for.
  func wake(now: Instant, _ out: Outbox) {
    while let held = jitter.next(now: now) { use(held, now, out) }
  }

  private func use(_ held: JitterBuffer.Held, _ now: Instant, _ out: Outbox) {
    jitter.withPayload(of: held) { use(held.payloadType, held.timestamp, $0, lost: held.lost, now, out) }
  }

  private func use(
    _ number: UInt8, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, lost: Int, _ now: Instant, _ out: Outbox
  ) {
    guard let heard = accepts.first(where: { $0.number == number }) else { return }
    lastUsed = now
    if heard.format == .telephoneEvent {
      passEvent(timestamp, payload, out)
    } else if let same = sends.first(where: { $0 == heard }) ?? sends.first(where: { $0.format == heard.format }) {
      pass(heard.format, same.number, timestamp, payload, out)
    } else if let coding = VoiceCoding(heard.format) {
      voice(coding, timestamp, payload.assumingMemoryBound(to: UInt8.self), lost: lost, out)
    }
  }

  /// Another source speaks: its timestamps say nothing about the time that has passed, so ours go by the clock.
  private func restart(_ now: Instant, _ out: Outbox) {
    sendRest(out)
    if let lastUsed {
      // The packet that came then has its time already.
      let passed = max(0, (now - lastUsed).milliseconds - Int64(frame * 1000 / encoder.rate))
      stream.timestamp &+= UInt32(truncatingIfNeeded: passed * Int64(encoder.coding.ticks))
    }
    expected = nil
    event = nil
    decoder = nil
    stream.isMarked = true
  }

  // MARK: voice

  private func voice(
    _ coding: VoiceCoding, _ timestamp: UInt32, _ payload: UnsafeBufferPointer<UInt8>, lost: Int, _ out: Outbox
  ) {
    guard let decoder = decoder(for: coding) else { return }
    if let expected { bridge(Int32(bitPattern: timestamp &- expected), decoder, lost: lost, before: payload, out) }
    let count = decoder.decode(payload, into: decoded)
    expected = timestamp &+ UInt32(count * 1000 / decoder.rate) &* coding.ticks
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
    guard let decoder else { return nil }
    resampler = nil
    if decoder.rate != encoder.rate {
      guard let made = try? Resampler(from: UInt32(decoder.rate), to: UInt32(encoder.rate)) else {
        self.decoder = nil
        return nil
      }
      resampler = consume made
    }
    return decoder
  }

  /// Adds what was decoded to what waits, and sends what makes a packet.
  private func append(_ count: Int, _ out: Outbox) {
    let samples = UnsafeBufferPointer(rebasing: decoded[..<count])
    let room = UnsafeMutableBufferPointer(rebasing: waiting[waitingCount...])
    if resampler != nil {
      waitingCount += resampler?.process(samples, into: room) ?? 0
    } else {
      let count = min(count, room.count)
      for i in 0..<count { room[i] = samples[i] }
      waitingCount += count
    }
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

  private func send(_ samples: UnsafeBufferPointer<Int16>, _ out: Outbox) {
    let encoder = encoder
    write(voiceNumber, marker: stream.isMarked, timestamp: stream.timestamp, out) { room in
      encoder.encode(samples, into: room)
    }
    stream.timestamp &+= UInt32(samples.count * 1000 / encoder.rate) &* encoder.coding.ticks
  }

  /// A packet of ours, whose payload `body` writes.
  func write(
    _ number: UInt8, marker: Bool, timestamp: UInt32, _ out: Outbox,
    _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int
  ) {
    let stream = stream
    var payload = 0
    let written = out.write(to: target) { packet in
      let room = UnsafeMutableRawBufferPointer(rebasing: packet[RTPHeader.size...])
      payload = body(room.assumingMemoryBound(to: UInt8.self))
      guard payload > 0 else { return 0 }
      stream.write(to: packet, payloadType: number, marker: marker, timestamp: timestamp)
      return RTPHeader.size + payload
    }
    if written > 0 { self.stream.sent(payload) }
  }
}
