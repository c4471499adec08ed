import Codecs
import KernelRelay

/// What to do with each payload type that comes from one leg on its way to another.
struct PayloadMap: Sendable {
  enum Action: UInt8, Sendable {
    case pass, toALaw, toMuLaw
    /// Into the first codec of the other leg's.
    case decode
  }

  private static let refused: UInt16 = 0xffff
  /// For each payload type the number to send it by, above that the action; or `refused`.
  private var entries = [UInt16](repeating: PayloadMap.refused, count: 128)
  /// Numbers that were negotiated, whether or not the other leg has something for them: one bit each.
  private var known = InlineArray<2, UInt64>(repeating: 0)
  /// Numbers of voice codecs whose timestamps count 8 a millisecond, and that of Opus, which counts 48.
  private var slow = InlineArray<2, UInt64>(repeating: 0)
  private var opus: UInt8 = 0xff
  /// The number of telephone events; 0xff where there are none.
  private(set) var events: UInt8 = 0xff
  /// Whether the leg has a codec that must be decoded for the other.
  private(set) var decodes = false

  /// The types whose packets go out as they came.
  private(set) var untouched = PayloadTypes()

  init() {}

  init(from accepts: [Payload], to sends: [Payload]?) {
    for payload in accepts where payload.number < 128 {
      known[Int(payload.number >> 6)] |= 1 << UInt64(payload.number & 63)
      switch VoiceCoding(payload.format) {
      case .opus: opus = payload.number
      case nil: break
      default: slow[Int(payload.number >> 6)] |= 1 << UInt64(payload.number & 63)
      }
      if payload.format == .telephoneEvent { events = payload.number }
      guard let sends, let entry = Self.entry(for: payload, in: sends) else { continue }
      entries[Int(payload.number)] = entry
      if entry >> 8 == UInt16(Action.decode.rawValue) { decodes = true }
      if entry == UInt16(payload.number) { untouched.insert(payload.number) }
    }
  }

  private static func entry(for payload: Payload, in sends: [Payload]) -> UInt16? {
    // Two numbers may stand for one encoding with different parameters.
    if sends.contains(payload) { return UInt16(payload.number) }
    func number(_ format: PayloadFormat) -> UInt16? {
      guard let found = sends.first(where: { $0.format == format && $0.number < 128 }) else { return nil }
      return UInt16(found.number)
    }
    if let same = number(payload.format) { return same }
    switch payload.format {
    case .pcmu: if let other = number(.pcma) { return other | UInt16(Action.toALaw.rawValue) << 8 }
    case .pcma: if let other = number(.pcmu) { return other | UInt16(Action.toMuLaw.rawValue) << 8 }
    default: break
    }
    guard VoiceCoding(payload.format) != nil,
      let voice = sends.first(where: { VoiceCoding($0.format) != nil && $0.number < 128 })
    else { return nil }
    return UInt16(voice.number) | UInt16(Action.decode.rawValue) << 8
  }

  /// Whether the leg may send this payload type at all.
  func isNegotiated(_ number: UInt8) -> Bool { known[Int(number >> 6 & 1)] >> UInt64(number & 63) & 1 != 0 }

  /// What the timestamp of a voice packet counts in a millisecond; 0 for other packets, whose times need not be steady.
  @inline(__always)
  func ticks(of number: UInt8) -> UInt32 {
    if number == opus { return 48 }
    return slow[Int(number >> 6 & 1)] >> UInt64(number & 63) & 1 != 0 ? 8 : 0
  }

  /// The number and action for a payload type, or nil where the other leg has nothing for it.
  subscript(number: UInt8) -> (number: UInt8, action: Action)? {
    let entry = entries[Int(number & 0x7f)]
    guard entry != Self.refused, let action = Action(rawValue: UInt8(entry >> 8)) else { return nil }
    return (UInt8(entry & 0x7f), action)
  }
}
