import Wire

/// A version by which older and newer are told: `MAJOR.MINOR.PATCH` (semver.org, without what may follow).
public struct Release: Comparable, Sendable {
  public let parts: [UInt32]

  /// Nil where the text is none: three numbers up to 99999 without leading zeros.
  public init?(_ text: String) {
    let words = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard words.count == 3 else { return nil }
    var parts: [UInt32] = []
    for word in words {
      guard let number = decimal(word, limit: 99999), word.count == 1 || word.first != UInt8(ascii: "0") else {
        return nil
      }
      parts.append(number)
    }
    self.parts = parts
  }

  public var text: String { "\(parts[0]).\(parts[1]).\(parts[2])" }

  public static func < (a: Self, b: Self) -> Bool { a.parts.lexicographicallyPrecedes(b.parts) }

  /// That of this build.
  public static var own: Release { Release(sottoVersion)! }
}
