import Codecs
import RTP
import Wire

/// What a phone hears on an encrypted stream that is relayed: one source of the exchange's own, whoever speaks. Numbers and
/// times go on without a break, gaps and order stay as they came, so that no number is used twice under a key.
struct OwnSource: Sendable {
  private(set) var stream: OutgoingStream
  /// Ticks a millisecond of what was sent last.
  private(set) var ticks: UInt32 = 8
  /// Whose packets are passed on, and what is added to their numbers and times.
  private var ssrc: UInt32?
  private var shift: UInt16 = 0
  private var delay: UInt32 = 0
  private var last: (timestamp: UInt32, at: Instant)?

  init(_ stream: OutgoingStream) { self.stream = stream }

  /// Makes a packet one of this source, in place. `ticks` is what its timestamp counts in a millisecond, 0 where that is not
  /// known.
  mutating func take(
    _ packet: UnsafeMutableRawBufferPointer, _ header: RTPHeader, ticks: UInt32, now: Instant
  ) {
    if ticks > 0 { self.ticks = ticks }
    var ahead = Int16(bitPattern: header.sequence &+ shift &- stream.sequence)
    if ssrc != header.ssrc || ahead > SequenceTracker.maxDropout || ahead < -Int16(SequenceTracker.maxMisorder) {
      follow(header, now: now)
      packet[1] |= 0x80
      ahead = 0
    }
    let sequence = header.sequence &+ shift
    let timestamp = header.timestamp &+ delay
    packet.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
    packet.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
    packet.storeBytes(of: stream.ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
    if ahead >= 0 { last = (timestamp, now) }
    stream.passed(sequence, timestamp: timestamp, payload: header.payloadCount)
  }

  /// Another phone speaks, or this one counts anew: it goes on where the other was, by the clock.
  private mutating func follow(_ header: RTPHeader, now: Instant) {
    ssrc = header.ssrc
    shift = stream.sequence &- header.sequence
    let timestamp =
      last.map { $0.timestamp &+ UInt32(truncatingIfNeeded: max(1, (now - $0.at).milliseconds) * Int64(ticks)) }
      ?? stream.timestamp
    delay = timestamp &- header.timestamp
  }

  /// The source as the exchange itself goes on with it now.
  func handedOver(now: Instant) -> OutgoingStream {
    var stream = stream
    if let last {
      let passed = max(Int64(PacketTime.standard), (now - last.at).milliseconds)
      stream.timestamp = last.timestamp &+ UInt32(truncatingIfNeeded: passed * Int64(ticks))
    }
    return stream
  }

  /// The exchange itself has spoken as this source until now.
  mutating func follow(_ stream: OutgoingStream) {
    guard stream.ssrc == self.stream.ssrc, stream.index >= self.stream.index else { return }
    self.stream = stream
    ssrc = nil
    last = nil
  }
}
