/// `a - b` on the circle of 16-bit sequence numbers, -32768…32767.
public func sequenceDistance(_ a: UInt16, _ b: UInt16) -> Int16 { Int16(bitPattern: a &- b) }

/// Whether a sequence number can belong to a stream, as RFC 3550 A.1 judges it.
public struct SequenceTracker: Equatable, Sendable {
  /// A gap that loss explains: one minute of 20 ms packets (A.1, MAX_DROPOUT).
  public static let maxDropout: Int16 = 3000
  /// How far behind a packet may be out of order (A.1, MAX_MISORDER).
  public static let maxMisorder: Int16 = 100

  /// The highest number seen.
  public private(set) var highest: UInt16
  /// The number that would prove a restart, after a jump; out of range when none is awaited.
  private var awaited: UInt32 = .max

  public init(_ first: UInt16) { highest = first }

  /// Whether the number follows what was seen closely enough to be the same stream.
  public func isPlausible(_ sequence: UInt16) -> Bool {
    let distance = sequenceDistance(sequence, highest)
    return distance < Self.maxDropout && distance > -Self.maxMisorder
  }

  /// So many packets went by unseen.
  public mutating func advance(by packets: UInt64) { highest &+= UInt16(truncatingIfNeeded: packets) }

  /// Takes a packet's number; false where it is a jump that a second packet in a row has yet to confirm.
  @discardableResult
  public mutating func take(_ sequence: UInt16) -> Bool {
    if isPlausible(sequence) {
      if sequenceDistance(sequence, highest) > 0 { highest = sequence }
      awaited = .max
      return true
    }
    if UInt32(sequence) == awaited {
      // Two in a row: the other side restarted its count without saying so.
      self = SequenceTracker(sequence)
      return true
    }
    awaited = UInt32(sequence &+ 1)
    return false
  }
}
