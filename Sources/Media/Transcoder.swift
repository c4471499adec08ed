import Codecs
import RTP
import Wire

/// One direction of a stream that is decoded on its way: the packets of one phone in, those for the other out, in another
/// codec, other packet times, and as one source of the exchange's own. No I/O: packets are written to an `Outbox`.
final class Transcoder {
  /// The most that is made up in the place of lost packets, and the longest silence that is sent rather than skipped.
  static let longestFill = PacketTime.most
  /// Milliseconds that a phone may be silent between two packets and still be believed its timestamps.
  static let longestSilence = 3_600_000

  private let accepts: [Payload]
  let sends: [Payload]
  let target: Side
  let encoder: VoiceEncoder
  let voiceNumber: UInt8
  /// Samples of a packet to be sent.
  let frame: Int
  var frameTime: Int { frame * 1000 / encoder.rate }
  private(set) var jitter = JitterBuffer()
  var stream: OutgoingStream
  var decoder: VoiceDecoder?
  var resampler: Resampler?
  /// What was decoded, and what waits to be encoded, at the encoder's rate.
  let decoded: UnsafeMutableBufferPointer<Int16>
  let waiting: UnsafeMutableBufferPointer<Int16>
  var waitingCount = 0
  /// The timestamp that the next voice packet has where nothing is missing.
  var expected: UInt32?
  var lastUsed: Instant?
  var event: (heard: UInt32, said: UInt32)?
  /// What becomes of the phone's keys, and what finds them where they are tones.
  let digits: DigitConversion
  var detector: DigitDetector?
  /// The key that was found, where it is signalling's concern.
  var found: UInt8?
  /// Keys that the other phone is told of.
  var keys: KeySender
  /// What it hears instead of this one.
  var player: SoundPlayer?

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
    digits = DigitConversion(from: leg.digits, to: other.digits)
    keys = KeySender(byTones: other.digits == .tones)
    decoded = .allocate(capacity: PacketTime.longest * 16)
    waiting = .allocate(capacity: 2 * PacketTime.longest * 16 + frame)
    decoded.initialize(repeating: 0)
    waiting.initialize(repeating: 0)
  }

  deinit {
    decoded.deallocate()
    waiting.deallocate()
  }

  /// When a gap is given up, or something of our own is due, if ever.
  var deadline: Instant? { earliest(jitter.deadline, earliest(keys.deadline, player?.next)) }

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
    sendKeys(now, out)
  }

  private func use(_ held: JitterBuffer.Held, _ now: Instant, _ out: Outbox) {
    jitter.withPayload(of: held) { use(held.payloadType, held.timestamp, $0, lost: held.lost, now, out) }
  }

  private func use(
    _ number: UInt8, _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer, lost: Int, _ now: Instant, _ out: Outbox
  ) {
    guard let heard = accepts.first(where: { $0.number == number }) else { return }
    lastUsed = now
    guard player == nil else { return }
    if digits.listens, let coding = VoiceCoding(heard.format) {
      return voice(coding, timestamp, payload.assumingMemoryBound(to: UInt8.self), lost: lost, out)
    }
    // Keys take the place of speech.
    guard !keys.isPressing else { return }
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
    // What is played has the time.
    if let lastUsed, player == nil {
      // The packet that came then has its time already.
      let passed = max(0, (now - lastUsed).milliseconds - Int64(frameTime))
      stream.timestamp &+= UInt32(truncatingIfNeeded: passed * Int64(encoder.coding.ticks))
    }
    expected = nil
    event = nil
    decoder = nil
    stream.isMarked = true
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
