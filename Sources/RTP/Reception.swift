import Wire

/// What is counted of one source that is received, and told to it in reports (RFC 3550 A.3 and A.8).
public struct Reception: Hashable, Sendable {
  /// Of the source heard last; the counts begin anew with each.
  public private(set) var ssrc: UInt32 = 0
  public private(set) var received: UInt32 = 0
  private var first: UInt32 = 0
  /// The highest sequence number, with how often it went round above the lower 16 bits.
  public private(set) var highest: UInt32 = 0
  private var expectedBefore: UInt32 = 0
  private var receivedBefore: UInt32 = 0
  private var transit: Int64?
  private var isPaused = false
  /// Times 16, in timestamp ticks.
  private var scaledJitter: Int64 = 0

  public init() {}

  /// A packet came. `ticks` is what its timestamp counts in a millisecond; 0 for one that tells nothing of the time.
  @inline(__always)
  public mutating func take(_ header: RTPHeader, ticks: UInt32, now: Instant) {
    if header.ssrc != ssrc || received == 0 { begin(header) }
    let distance = Int32(sequenceDistance(header.sequence, UInt16(truncatingIfNeeded: highest)))
    if isPaused {
      isPaused = false
      // However many passed unseen, this one is the next.
      let passed = UInt32(header.sequence &- UInt16(truncatingIfNeeded: highest))
      highest &+= passed
      first &+= passed &- 1
      transit = nil
    } else if distance > 0 {
      highest &+= UInt32(distance)
    }
    received &+= 1
    guard ticks > 0 else { return }
    let arrival = now.microseconds &* Int64(ticks) / 1000
    let transit = arrival &- Int64(header.timestamp)
    if let last = self.transit {
      // The timestamp may have gone round in between.
      let difference = Int64(Int32(truncatingIfNeeded: transit &- last))
      // A jump of more than a second is a silence or a change of clock, not jitter.
      if difference.magnitude < UInt64(ticks) * 1000 {
        scaledJitter += Int64(difference.magnitude) - (scaledJitter + 8) >> 4
      }
    }
    self.transit = transit
  }

  /// From here on packets pass unseen, until one is taken again.
  public mutating func pause() { isPaused = received > 0 }

  private mutating func begin(_ header: RTPHeader) {
    self = Reception()
    ssrc = header.ssrc
    // Room below for packets that come before the first.
    first = 0x1_0000 | UInt32(header.sequence)
    highest = first
  }

  /// Packets that should have come.
  public var expected: UInt32 { received == 0 ? 0 : highest &- first &+ 1 }
  /// Packets that did not come; below 0 where some came twice.
  public var lost: Int32 { Int32(bitPattern: expected &- received) }
  /// In timestamp ticks (§6.4.1).
  public var jitter: UInt32 { UInt32(clamping: scaledJitter >> 4) }

  /// The block on this source for the next report, nil where there is none; `heard` is its last sender report.
  public mutating func block(_ heard: SenderNote?, now: Instant) -> ReportBlock? {
    guard received > 0 else { return nil }
    var block = ReportBlock(ssrc: ssrc)
    let expectedNow = expected &- expectedBefore
    let lostNow = Int64(expectedNow) - Int64(received &- receivedBefore)
    expectedBefore = expected
    receivedBefore = received
    block.fraction = expectedNow == 0 || lostNow <= 0 ? 0 : UInt8(clamping: lostNow << 8 / Int64(expectedNow))
    block.lost = max(-0x80_0000, min(0x7f_ffff, lost))
    block.highest = highest &- 0x1_0000
    block.jitter = jitter
    if let heard {
      block.lastReport = heard.ntp
      block.delay = UInt32(clamping: (now - heard.at).microseconds * 65536 / 1_000_000)
    }
    return block
  }
}

/// That a sender report of this time (the middle 32 bits of NTP's 64) came or left.
public struct SenderNote: Hashable, Sendable {
  public var ntp: UInt32
  public var at: Instant

  public init(ntp: UInt32, at: Instant) {
    self.ntp = ntp
    self.at = at
  }
}

/// What one side says of a source that it receives (RFC 3550 §6.4.1).
public struct ReportBlock: Hashable, Sendable {
  public var ssrc: UInt32
  /// 256ths lost since the report before.
  public var fraction: UInt8 = 0
  /// Packets lost since the beginning, of 24 bits with sign.
  public var lost: Int32 = 0
  public var highest: UInt32 = 0
  /// In timestamp ticks.
  public var jitter: UInt32 = 0
  /// Which sender report it has seen last, 0 for none, and for how long it has had it, in 65536ths of a second.
  public var lastReport: UInt32 = 0
  public var delay: UInt32 = 0

  public static let size = 24

  public init(ssrc: UInt32) { self.ssrc = ssrc }

  /// How long a packet takes there and back, from the answer to the sender report that left as `sent`; nil where it is
  /// not about that one, or makes no sense.
  public func roundTrip(of sent: SenderNote?, now: Instant) -> Interval? {
    guard let sent, lastReport != 0, lastReport == sent.ntp else { return nil }
    let held = Int64(delay) * 1_000_000 / 65536
    let away = (now - sent.at).microseconds - held
    return away >= 0 && away < 10_000_000 ? .microseconds(away) : nil
  }
}
