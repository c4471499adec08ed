import RTP

/// What a phone is sent when the one that it hears changes: a transfer, another phone of a fork. To its receiver that is a
/// new source (RFC 3550 §8.2); some, baresip 1.0.0 among them, hear nothing of one whose sequence numbers are lower than
/// those before. So a new source begins ahead of the last, all its numbers shifted alike, and with a marker.
struct Succession: Sendable {
  /// More than the kernel may have sent unseen between two looks at its counters.
  static let lead: UInt16 = 256

  private var ssrc: UInt32?
  /// The highest sequence number that was sent; nil before the first.
  private var last: UInt16?
  /// What is added to each sequence number of this source; 0 leaves packets as they come.
  private var shift: UInt16 = 0

  init() {}

  /// Goes on where another process was: this source had its numbers shifted so.
  init(_ ssrc: UInt32, shiftedBy shift: UInt16) {
    self.ssrc = ssrc
    self.shift = shift
  }

  /// What another process has to know: the source whose numbers are shifted.
  var shifted: HeardSource? {
    guard let ssrc, shift != 0 else { return nil }
    return .shifted(ssrc, by: shift)
  }

  /// This source was sent unseen until now, with its own numbers; false where they would have to be others.
  mutating func goOn(_ source: UInt32) -> Bool {
    if ssrc == source { return shift == 0 }
    self = Succession(source, shiftedBy: 0)
    return true
  }

  /// Numbers a packet, in place, on its way to the phone, and marks the first of another source; whether the numbers of
  /// this source are others than those it came with.
  mutating func number(_ packet: UnsafeMutableRawBufferPointer, _ header: RTPHeader) -> Bool {
    let isNext = ssrc != nil && ssrc != header.ssrc
    if isNext {
      let last = last ?? header.sequence &- Self.lead
      let ahead = header.sequence &- last
      shift = (Self.lead..<0x8000).contains(ahead) ? 0 : last &+ Self.lead &- header.sequence
      packet[1] |= 0x80
    }
    let sequence = header.sequence &+ shift
    if isNext || last.map({ sequence &- $0 < 0x8000 }) ?? true { last = sequence }
    ssrc = header.ssrc
    guard shift != 0 else { return false }
    packet[2] = UInt8(sequence >> 8)
    packet[3] = UInt8(truncatingIfNeeded: sequence)
    return true
  }

  /// Where a source of the exchange's own begins, to be ahead of what the phone heard, and far enough for a way back to
  /// it (`bridge`) if it counts on meanwhile; nil where the phone heard nothing.
  var next: UInt16? { last.map { $0 &+ 4 * Self.lead } }

  /// The exchange's own source was heard until now.
  mutating func follow(_ stream: OutgoingStream) {
    guard stream.packets > 0 else { return }
    ssrc = stream.ssrc
    last = stream.sequence &- 1
    shift = 0
  }

  /// The number of a single packet, of another source again, after which a source that goes on from `number` is ahead by
  /// itself, and so is left to the kernel: halfway there. Nil where it is ahead already, or too close behind for that.
  func bridge(to number: UInt16) -> UInt16? {
    guard let last else { return nil }
    let way = number &- last
    return way >= 0x8000 && way <= UInt16.max - 2 * Self.lead ? last &+ way / 2 : nil
  }

  /// So many of this source were sent unseen.
  mutating func pass(_ packets: UInt64) { last = last.map { $0 &+ UInt16(truncatingIfNeeded: packets) } }
}
