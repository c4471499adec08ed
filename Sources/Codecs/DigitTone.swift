/// The frequencies of keys (ITU-T Q.23), by the numbers of RFC 4733 §3.2: 0…9, 10 for *, 11 for #, 12…15 for A…D.
public enum DigitFrequencies {
  public static let count: UInt8 = 16

  static func low(_ row: Int) -> Double {
    switch row {
    case 0: 697
    case 1: 770
    case 2: 852
    default: 941
    }
  }

  static func high(_ column: Int) -> Double {
    switch column {
    case 0: 1209
    case 1: 1336
    case 2: 1477
    default: 1633
    }
  }

  /// The key at that place of the keypad.
  static func digit(row: Int, column: Int) -> UInt8 {
    if column == 3 { return UInt8(12 + row) }
    if row == 3 { return column == 0 ? 10 : column == 1 ? 0 : 11 }
    return UInt8(3 * row + column + 1)
  }

  static func place(_ digit: UInt8) -> (row: Int, column: Int) {
    switch digit {
    case 0: (3, 1)
    case 1...9: (Int(digit - 1) / 3, Int(digit - 1) % 3)
    case 10: (3, 0)
    case 11: (3, 2)
    default: (Int(digit & 3), 3)
    }
  }
}

/// The tones of a key.
public struct DigitTone: Sendable {
  private var low: Oscillator
  private var high: Oscillator
  private let rise: Double
  private var loudness = 0.0

  /// Levels within what Q.24 has all administrations take, the high one 2 dB above the low.
  public init(_ digit: UInt8, rate: Int) {
    let (row, column) = DigitFrequencies.place(digit)
    low = Oscillator(frequency: DigitFrequencies.low(row), level: -9, rate: rate)
    high = Oscillator(frequency: DigitFrequencies.high(column), level: -7, rate: rate)
    // Without a click: full after 2 ms.
    rise = 500 / Double(rate)
  }

  public mutating func fill(_ samples: UnsafeMutableBufferPointer<Int16>) {
    for i in samples.indices {
      loudness = min(1, loudness + rise)
      samples[i] = clamped((low.next() + high.next()) * loudness)
    }
  }
}
