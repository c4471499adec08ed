import RTP

/// Pressed keys as telephone events (RFC 4733 §2.5), sent in the place of voice, one packet each packet time.
struct KeyEvents: Sendable {
  /// How long a key is said to be pressed, and the pause after it, in milliseconds (ITU-T Q.24 has 40 each as the least).
  static let length = 100
  static let pause = 80
  static let mostWaiting = 32

  /// One packet of an event: its payload, and whether it is the first.
  struct Packet: Sendable {
    var payload: [UInt8]
    var isFirst: Bool
    /// How often it is sent: the end is said three times.
    var copies: Int
    /// The timestamp of the whole event.
    var timestamp: UInt32
  }

  private var waiting: [UInt8] = []
  private var digit: UInt8?
  private var began: UInt32 = 0
  private var elapsed = 0
  private var rest = 0

  var isBusy: Bool { digit != nil || rest > 0 || !waiting.isEmpty }

  /// `digit` is 0…15 (RFC 4733 §3.2).
  mutating func press(_ digit: UInt8) {
    if waiting.count < Self.mostWaiting { waiting.append(digit) }
  }

  /// What goes out now in the place of `milliseconds` of voice; nil for voice itself.
  mutating func next(_ milliseconds: Int, at timestamp: UInt32) -> Packet? {
    if digit == nil {
      rest = max(0, rest - milliseconds)
      guard rest == 0, !waiting.isEmpty else { return nil }
      digit = waiting.removeFirst()
      began = timestamp
      elapsed = 0
    }
    guard let digit else { return nil }
    let isFirst = elapsed == 0
    elapsed += milliseconds
    let isLast = elapsed >= Self.length
    // The clock of telephone-event is 8000 Hz; the volume −10 dBm0.
    let duration = UInt16(clamping: elapsed * 8)
    let flags: UInt8 = isLast ? 0x8a : 0x0a
    let payload: [UInt8] = [digit, flags, UInt8(duration >> 8), UInt8(duration & 255)]
    if isLast {
      self.digit = nil
      rest = Self.pause
    }
    return Packet(payload: payload, isFirst: isFirst, copies: isLast ? 3 : 1, timestamp: began)
  }
}

/// Keys that the other end presses, each told once.
struct HeardKeys: Sendable {
  private var last: UInt32?

  /// The key that begins with this packet; nil for one that goes on.
  mutating func take(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer) -> UInt8? {
    guard payload.count >= 4, payload[0] < 16, header.timestamp != last else { return nil }
    last = header.timestamp
    return payload[0]
  }
}

/// The key of a character of a telephone's keypad.
public func telephoneKey(_ character: UInt8) -> UInt8? {
  switch character {
  case 48...57: character - 48
  case UInt8(ascii: "*"): 10
  case UInt8(ascii: "#"): 11
  case UInt8(ascii: "A")...UInt8(ascii: "D"): character - UInt8(ascii: "A") + 12
  default: nil
  }
}

/// The character of a key, 0…15.
public func telephoneCharacter(_ key: UInt8) -> String {
  let characters: StaticString = "0123456789*#ABCD"
  return String(UnicodeScalar(characters.utf8Start[Int(key & 15)]))
}
