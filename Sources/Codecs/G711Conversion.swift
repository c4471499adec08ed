/// Direct conversion between the two laws by tables 3 and 4 of G.711, which keep what a detour through linear samples
/// would lose: either law survives a trip through the other with one step of error at most.
public struct G711Conversion: Sendable {
  /// The A-law octet for each µ-law octet.
  public let toALaw: [UInt8]
  /// The µ-law octet for each A-law octet.
  public let toMuLaw: [UInt8]

  public init() {
    // Table 3: the A-law decoder output number for µ-law numbers 0…127, both counted from the middle outwards, the
    // numbers of A-law from 1.
    let aFromMu: InlineArray<128, UInt8> = [
      1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
      25, 27, 29, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 46, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
      59, 60, 61, 62, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 83, 84, 85, 86, 87, 88,
      89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112,
      113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
    ]
    // Table 4: the µ-law number for A-law numbers 1…128.
    let muFromA: InlineArray<128, UInt8> = [
      1, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 32, 33, 33, 34,
      34, 35, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 48, 49, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
      59, 60, 61, 62, 63, 64, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 80, 81, 82, 83, 84,
      85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
      110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    ]
    var toALaw = [UInt8](repeating: 0, count: 256)
    var toMuLaw = [UInt8](repeating: 0, count: 256)
    for octet in 0..<256 {
      // Both laws have the sign in the first bit, 1 for positive; µ-law counts inverted, A-law with even bits inverted.
      let positive = UInt8(octet & 0x80)
      toALaw[octet] = positive | (aFromMu[~octet & 0x7f] - 1) ^ 0x55
      toMuLaw[octet] = positive | ~muFromA[(octet ^ 0x55) & 0x7f] & 0x7f
    }
    self.toALaw = toALaw
    self.toMuLaw = toMuLaw
  }
}
