/// The quadrature mirror filter of 24 taps (ITU-T G.722 §3.1, §4.4 and §5) that splits 16 kHz into two sub-bands of
/// 8 kHz, and joins them: the same two sums both ways, over what meets even and what meets odd coefficients.
///
/// The Recommendation has samples of 15 bits, 14 of them from the converter. These here are of 16, as in the ITU's
/// test vectors, and so the sums are shifted by one place more on their way in and one less on their way out.
struct G722Filter: Sendable, BitwiseCopyable {
  /// Pairs that are filtered in one go: 10 ms.
  static let block = 80
  /// Values before the new ones that a sum reaches back to.
  static let kept = 11
  /// Room for both, on the stack.
  typealias Window = InlineArray<91, Int16>

  /// The last values, the newest last.
  private var even = InlineArray<11, Int16>(repeating: 0)
  private var odd = InlineArray<11, Int16>(repeating: 0)

  /// Puts the kept values before the new ones.
  func begin(_ even: inout MutableSpan<Int16>, _ odd: inout MutableSpan<Int16>) {
    for i in 0..<Self.kept {
      even[i] = self.even[i]
      odd[i] = self.odd[i]
    }
  }

  /// Keeps what comes before the values after the first `count` new ones.
  mutating func end(_ even: borrowing MutableSpan<Int16>, _ odd: borrowing MutableSpan<Int16>, _ count: Int) {
    for i in 0..<Self.kept {
      self.even[i] = even[count + i]
      self.odd[i] = odd[count + i]
    }
  }

  /// The sum over h0, h2 … h22 up to new value `index`, below `block`; times 8192, and below 2^28.
  @inline(__always)
  static func evenSum(_ window: borrowing MutableSpan<Int16>, _ index: Int) -> Int32 { sum(window, index + kept, -1) }

  /// The sum over h1, h3 … h23, which are the others backwards.
  @inline(__always)
  static func oddSum(_ window: borrowing MutableSpan<Int16>, _ index: Int) -> Int32 { sum(window, index, 1) }

  /// By h of table 10, times 8192.
  @inline(__always)
  private static func sum(_ window: borrowing MutableSpan<Int16>, _ first: Int, _ step: Int) -> Int32 {
    var sum: Int32 = 0
    @inline(__always)
    func add(_ coefficient: Int32, _ place: Int) {
      sum &+= coefficient &* Int32(window[unchecked: first &+ step &* place])
    }
    add(3, 0)
    add(-11, 1)
    add(12, 2)
    add(32, 3)
    add(-210, 4)
    add(951, 5)
    add(3876, 6)
    add(-805, 7)
    add(362, 8)
    add(-156, 9)
    add(53, 10)
    add(-11, 11)
    return sum
  }
}
