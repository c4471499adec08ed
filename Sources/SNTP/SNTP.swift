import Wire

/// Why an answer of a time server was not believed.
public enum SNTPError: Error, Equatable, Sendable {
  case short(Int)
  /// Not from a server, or of a version unknown.
  case notAnAnswer(UInt8)
  /// Its originate timestamp isn't what was sent: an old answer, or a forged one.
  case notToThisQuestion
  /// A kiss-o'-death with its four letters (RFC 5905 §7.4).
  case kissOfDeath(String)
  /// The server's own clock isn't set, or its figures contradict themselves.
  case notSynchronised
  /// Before this program was written.
  case implausible

  public var description: String {
    switch self {
    case .short(let count): "the answer has \(count) bytes, expected 48 or more"
    case .notAnAnswer(let first): "the packet begins with 0x\(hex([first])), expected a server's answer"
    case .notToThisQuestion: "the answer is not to the question that was asked"
    case .kissOfDeath(let code): "the server turns us away (\(code)); ask another"
    case .notSynchronised: "the server's own clock is not set"
    case .implausible: "the server's time lies before 2026"
    }
  }
}

/// A good answer.
public struct SNTPAnswer: Equatable, Sendable {
  /// The time of day when the answer came, in microseconds since 1970 UTC; wrong by half the round trip at most.
  public var time: Int64
  public var roundTrip: Interval
  /// 1 for a server with a clock of its own, 2 for one that asks such a server …
  public var stratum: UInt8
}

/// One question to a time server (RFC 5905 §14). The cookie is random and stands where our time would: it tells the answer
/// from a forged one, and the server learns nothing of our clock.
public struct SNTPQuestion: Equatable, Sendable {
  public var cookie: UInt64
  public var sent: Instant

  public init(cookie: UInt64, sent: Instant) {
    self.cookie = cookie
    self.sent = sent
  }

  /// The 48 bytes to send: no leap warning, version 4, mode 3 (client).
  public var packet: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 48)
    bytes[0] = 0b00_100_011
    for i in 0..<8 { bytes[40 + i] = UInt8(truncatingIfNeeded: cookie >> UInt64(56 - 8 * i)) }
    return bytes
  }

  public func read(_ bytes: [UInt8], received: Instant) throws(SNTPError) -> SNTPAnswer {
    guard bytes.count >= 48 else { throw .short(bytes.count) }
    let (leap, version, mode) = (bytes[0] >> 6, bytes[0] >> 3 & 7, bytes[0] & 7)
    guard mode == 4, (3...4).contains(version) else { throw .notAnAnswer(bytes[0]) }
    guard number(bytes, at: 24) == cookie else { throw .notToThisQuestion }
    let stratum = bytes[1]
    guard stratum != 0 else {
      let letters = bytes[12..<16].map { (0x21...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
      throw .kissOfDeath(String(decoding: letters, as: UTF8.self))
    }
    let (arrived, left) = (number(bytes, at: 32), number(bytes, at: 40))
    guard leap != 3, stratum < 16, left != 0, arrived != 0 else { throw .notSynchronised }
    let thinking = microseconds(left) - microseconds(arrived)
    let whole = (received - sent).microseconds
    guard thinking >= 0, thinking <= whole else { throw .notSynchronised }
    let roundTrip = whole - thinking
    let time = microseconds(left) + roundTrip / 2
    guard time >= Self.earliest else { throw .implausible }
    return SNTPAnswer(time: time, roundTrip: Interval(microseconds: roundTrip), stratum: stratum)
  }

  /// 2026-01-01, when this was written.
  private static let earliest: Int64 = 1_767_225_600_000_000

  private func number(_ bytes: [UInt8], at place: Int) -> UInt64 {
    bytes[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Microseconds since 1970 of a timestamp: seconds since 1900, or since 2036 where the first bit is 0 (RFC 4330 §3).
  private func microseconds(_ timestamp: UInt64) -> Int64 {
    let era: Int64 = timestamp >> 63 == 1 ? 0 : 1 << 32
    let seconds = Int64(timestamp >> 32) + era - 2_208_988_800
    return seconds * 1_000_000 + Int64(((timestamp & 0xffff_ffff) * 1_000_000) >> 32)
  }
}
