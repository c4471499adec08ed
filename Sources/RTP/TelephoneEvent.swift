/// A key as the payload of an RTP packet (RFC 4733 §2.3), which many packets tell of while it is pressed.
public struct TelephoneEvent: Hashable, Sendable {
  /// Octets of the payload.
  public static let size = 4
  /// Ticks in a millisecond of the clock of 8000 Hz.
  private static let ticks = 8

  /// 0…15 (RFC 4733 §3.2).
  public var digit: UInt8
  /// For how long it has been pressed, up to 8191.
  public var milliseconds: Int
  /// Whether this is the first packet about it, which has the marker of RTP (RFC 4733 §2.5.1.1).
  public var begins = false
  /// Whether it is released.
  public var ends: Bool

  public init(_ digit: UInt8, milliseconds: Int, begins: Bool = false, ends: Bool = false) {
    self.digit = digit
    self.milliseconds = milliseconds
    self.begins = begins
    self.ends = ends
  }

  /// Reads what follows RTP's header, which says nothing of the beginning; nil for what is no key.
  public init?(_ payload: UnsafeRawBufferPointer) {
    guard payload.count >= Self.size, payload[0] < 16 else { return nil }
    let duration = Int(payload[2]) << 8 | Int(payload[3])
    self.init(payload[0], milliseconds: duration / Self.ticks, ends: payload[1] & 0x80 != 0)
  }

  /// How often the packet is to be sent: the end thrice (RFC 4733 §2.5.1.4).
  public var copies: Int { ends ? 3 : 1 }

  /// Writes the payload, at −10 dBm0, to the start of `room`, and returns its octets.
  public func write(to room: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let duration = UInt16(clamping: milliseconds * Self.ticks)
    room[0] = digit
    room[1] = (ends ? 0x80 : 0) | 10
    room[2] = UInt8(duration >> 8)
    room[3] = UInt8(duration & 0xff)
    return Self.size
  }
}

/// Makes key presses of the packets of RFC 4733: each comes many times, and its end thrice.
public struct EventReader: Sendable {
  private var timestamp: UInt32?
  private var open: TelephoneEvent?

  public init() {}

  /// What a packet changes, and what it tells of the press before where the end of that never came.
  public mutating func take(
    _ timestamp: UInt32, _ payload: UnsafeRawBufferPointer
  ) -> (lost: TelephoneEvent?, change: TelephoneEvent?) {
    guard var change = TelephoneEvent(payload) else { return (nil, nil) }
    var lost: TelephoneEvent?
    if timestamp != self.timestamp {
      lost = open
      lost?.begins = false
      lost?.ends = true
      self.timestamp = timestamp
      change.begins = true
    } else if open == nil {
      // The end again.
      return (nil, nil)
    }
    open = change.ends ? nil : change
    return (lost, change)
  }
}
