/// The header of an SFrame (RFC 9605 §4.3): which key, and the number of the frame under it.
public struct SFrameHeader: Hashable, Sendable {
  /// The longest: one octet that says the lengths, and eight each.
  public static let most = 17

  public var keyID: UInt64
  public var counter: UInt64

  public init(keyID: UInt64, counter: UInt64) {
    self.keyID = keyID
    self.counter = counter
  }

  /// Reads the header at the start of a frame, and says how many octets it has; nil where the frame ends within it. Numbers
  /// in more octets than they need are read as they stand, for the whole header is authenticated.
  @export(interface)
  public init?(_ frame: UnsafeRawBufferPointer, count: inout Int) {
    guard let first = frame.first else { return nil }
    var at = 1
    func number(_ field: UInt8) -> UInt64? {
      guard field & 8 != 0 else { return UInt64(field & 7) }
      let length = Int(field & 7) + 1
      guard at + length <= frame.count else { return nil }
      var value: UInt64 = 0
      for i in at..<at + length { value = value << 8 | UInt64(frame[i]) }
      at += length
      return value
    }
    guard let keyID = number(first >> 4), let counter = number(first & 15) else { return nil }
    self.init(keyID: keyID, counter: counter)
    count = at
  }

  /// How many octets it is written in.
  public var count: Int { 1 + Self.length(keyID) + Self.length(counter) }

  /// Writes it to `frame`, which has room for `count` octets.
  @export(interface)
  public func write(to frame: UnsafeMutableRawBufferPointer) {
    var at = 1
    func put(_ number: UInt64) -> UInt8 {
      let length = Self.length(number)
      guard length > 0 else { return UInt8(truncatingIfNeeded: number) }
      for i in 0..<length {
        frame[at + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (length - 1 - i)))
      }
      at += length
      return 8 | UInt8(length - 1)
    }
    let high = put(keyID)
    frame[0] = high << 4 | put(counter)
  }

  /// The header in octets of its own.
  @export(interface)
  public var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { write(to: $0) }
    return bytes
  }

  /// The octets that a number takes of its own: none below 8, for it fits into the first.
  private static func length(_ number: UInt64) -> Int { number < 8 ? 0 : (71 - number.leadingZeroBitCount) / 8 }
}
