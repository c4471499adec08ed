import Wire

/// A key press as the body of an INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf` (`5`)
/// are what phones send; no RFC has them.
public struct DigitBody: Equatable, Sendable {
  /// 0…15 (RFC 4733 §3.2).
  public var digit: UInt8
  public var milliseconds: Int

  public static let type = MediaType("application", "dtmf-relay")
  private static let longest = 5000
  private static let usual = 160

  public init(digit: UInt8, milliseconds: Int) {
    self.digit = digit & 15
    self.milliseconds = max(1, min(DigitBody.longest, milliseconds))
  }

  /// Nil for what is no key press.
  @export(interface)
  public init?(_ type: MediaType, _ body: [UInt8]) {
    guard type.type == "application", body.count <= 256 else { return nil }
    let lines = body.split { $0 == 13 || $0 == 10 }
    switch type.subtype {
    case "dtmf":
      guard lines.count == 1, let digit = DigitBody.digit(lines[0]) else { return nil }
      self.init(digit: digit, milliseconds: DigitBody.usual)
    case "dtmf-relay":
      var digit: UInt8?
      var milliseconds = DigitBody.usual
      for line in lines {
        let pair = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2 else { return nil }
        let name = String(decoding: pair[0].filter { !isBlank($0) }, as: UTF8.self)
        if equalsIgnoringCase(name, "Signal") {
          digit = DigitBody.digit(pair[1])
        } else if equalsIgnoringCase(name, "Duration") {
          guard let number = decimal(pair[1].filter({ !isBlank($0) })[...], limit: 60_000) else { return nil }
          milliseconds = Int(number)
        }
      }
      guard let digit else { return nil }
      self.init(digit: digit, milliseconds: milliseconds)
    default: return nil
    }
  }

  private static func digit(_ text: ArraySlice<UInt8>) -> UInt8? {
    let symbols = text.filter { !isBlank($0) }
    // Some write 10 and 11 for * and #.
    if symbols.count == 2, let number = decimal(symbols[...], limit: 15), number >= 10 { return UInt8(number) }
    guard symbols.count == 1 else { return nil }
    let symbol = symbols[0]
    return telephoneKey((97...100).contains(symbol) ? symbol & 0xdf : symbol)
  }

  /// The body, as `application/dtmf-relay`.
  @export(interface)
  public var relayed: [UInt8] {
    Array("Signal=".utf8) + [telephoneCharacter(digit)] + Array("\r\nDuration=\(milliseconds)\r\n".utf8)
  }
}
