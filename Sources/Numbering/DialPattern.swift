import Wire

/// Which dialled numbers are meant: a number, or after `_` a pattern of classes: `X` 0–9, `Z` 1–9, `N` 2–9, `[1-57]` any of
/// those, `.` one or more of anything, `!` nothing or anything; the last two stand at the end.
public struct DialPattern: Hashable, Sendable {
  private enum Tail: UInt8 { case none, some, any }

  /// As it was written.
  public let text: String
  /// For each place the symbols that it takes, a bit each.
  private let places: [UInt16]
  private let tail: Tail

  /// Nil where the text is no pattern; `expected` says what one is.
  @export(interface)
  public init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    var places: [UInt16] = []
    var tail = Tail.none
    let hasClasses = rest.first == UInt8(ascii: "_")
    if hasClasses { rest.removeFirst() }
    while let byte = rest.popFirst() {
      guard tail == .none, places.count < DialPattern.longest else { return nil }
      if let bit = symbolBit(byte) {
        places.append(bit)
        continue
      }
      guard hasClasses else { return nil }
      switch byte {
      case UInt8(ascii: "X"), UInt8(ascii: "x"): places.append(digitBits(0...9))
      case UInt8(ascii: "Z"), UInt8(ascii: "z"): places.append(digitBits(1...9))
      case UInt8(ascii: "N"), UInt8(ascii: "n"): places.append(digitBits(2...9))
      case UInt8(ascii: "."): tail = .some
      case UInt8(ascii: "!"): tail = .any
      case UInt8(ascii: "["):
        guard let set = DialPattern.set(&rest) else { return nil }
        places.append(set)
      default: return nil
      }
    }
    guard !places.isEmpty || tail != .none else { return nil }
    self.text = text
    self.places = places
    self.tail = tail
  }

  public static let expected = "a number, or '_' and classes: X 0-9, Z 1-9, N 2-9, [1-5], and at the end . or !"
  static let longest = 32

  /// Whether the whole number fits.
  @export(interface)
  public func matches(_ number: String) -> Bool {
    let count = number.utf8.count
    switch tail {
    case .none: guard count == places.count else { return false }
    case .some: guard count > places.count else { return false }
    case .any: guard count >= places.count else { return false }
    }
    var i = 0
    for byte in number.utf8 {
      guard let bit = symbolBit(byte) else { return false }
      if i < places.count && places[i] & bit == 0 { return false }
      i += 1
    }
    return true
  }

  /// What stands between brackets: digits and ranges of them.
  private static func set(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
    var set: UInt16 = 0
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "]") { return set == 0 ? nil : set }
      guard let bit = symbolBit(byte) else { return nil }
      set |= bit
      guard rest.first == UInt8(ascii: "-") else { continue }
      rest.removeFirst()
      guard let end = rest.popFirst(), isDigit(byte), isDigit(end), byte <= end else { return nil }
      set |= digitBits(byte - 48...end - 48)
    }
    return nil
  }
}

/// The bit of a digit, `*`, `#` or `+`.
private func symbolBit(_ byte: UInt8) -> UInt16? {
  switch byte {
  case 48...57: 1 << UInt16(byte - 48)
  case UInt8(ascii: "*"): 1 << 10
  case UInt8(ascii: "#"): 1 << 11
  case UInt8(ascii: "+"): 1 << 12
  default: nil
  }
}

private func digitBits(_ range: ClosedRange<UInt8>) -> UInt16 {
  var bits: UInt16 = 0
  for digit in range { bits |= 1 << UInt16(digit) }
  return bits
}
