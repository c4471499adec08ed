/// A voice codec that is decoded and encoded here.
public enum VoiceCoding: UInt8, Sendable {
  case muLaw, aLaw, g722, opus

  /// Samples a second that it codes; nil for Opus, which takes what it is given.
  public var rate: Int? {
    switch self {
    case .muLaw, .aLaw: 8000
    case .g722: 16000
    case .opus: nil
    }
  }

  /// RTP timestamps a millisecond (RFC 3551 §4.5.2 has 8 for G.722, RFC 7587 §4.1 has 48 for Opus).
  public var ticks: UInt32 { self == .opus ? 48 : 8 }
}

/// The times that packets are made and taken in, in milliseconds.
public enum PacketTime {
  public static let least = 10
  public static let standard = 20
  public static let most = 60
  /// The longest packet that is decoded: Opus has none that is longer (RFC 6716 §3.2).
  public static let longest = 120

  /// What a phone is sent: its own wish, in steps that its codec has.
  public static func settled(_ wish: UInt8, _ coding: VoiceCoding) -> Int {
    let wish = max(least, min(most, wish == 0 ? standard : Int(wish) / 10 * 10))
    // Opus has frames of 10, 20, 40 and 60 ms (RFC 6716 §2.1.4).
    guard coding == .opus else { return wish }
    return wish == 30 ? 20 : wish == 50 ? 40 : wish
  }
}
