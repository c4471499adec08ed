/// How many bits of each octet are audio (ITU-T G.722 §1.3). An encoder always fills the octet; a gateway may have
/// put other data into its last one or two bits, which only its far end can tell.
///
/// In RTP (RFC 3551 §4.5.2) G.722 has payload type 9 and, by an old mistake kept on purpose, a clock of 8000 Hz though
/// it samples at 16 kHz: 20 ms are 160 octets, 320 samples, and 160 ticks.
public enum G722Mode: UInt8, Sendable, BitwiseCopyable {
  /// 64, 56 and 48 kbit/s.
  case mode1 = 1, mode2, mode3
}

/// The encoder of ITU-T G.722 at 64 kbit/s: 16 kHz samples of 16 bits to one octet a pair, the higher sub-band in the two
/// first bits. Its whole state is these values, so that it can be written down and taken up again.
public struct G722Encoder: Sendable, BitwiseCopyable {
  private var filter = G722Filter()
  private var lower = G722LowerBand()
  private var higher = G722HigherBand()

  /// In the state of reset of §6.
  public init() {}

  /// Encodes as many whole pairs as there are and have room, and returns how many octets it wrote.
  @discardableResult
  public mutating func encode(_ samples: Span<Int16>, into octets: inout MutableSpan<UInt8>) -> Int {
    let count = min(samples.count / 2, octets.count)
    var evenWindow = G722Filter.Window(repeating: 0)
    var oddWindow = G722Filter.Window(repeating: 0)
    var even = evenWindow.mutableSpan
    var odd = oddWindow.mutableSpan
    var done = 0
    while done < count {
      let pairs = min(count - done, G722Filter.block)
      filter.begin(&even, &odd)
      for i in 0..<pairs {
        odd[G722Filter.kept + i] = samples[2 * (done + i)]
        even[G722Filter.kept + i] = samples[2 * (done + i) + 1]
      }
      for i in 0..<pairs {
        let (evenSum, oddSum) = (G722Filter.evenSum(even, i), G722Filter.oddSum(odd, i))
        // LOWT and HIGHT (§5.2.1).
        let low = lower.encode(limited((evenSum &+ oddSum) &>> 14))
        let high = higher.encode(limited((evenSum &- oddSum) &>> 14))
        octets[done + i] = UInt8(truncatingIfNeeded: high &<< 6 | low)
      }
      filter.end(even, odd, pairs)
      done += pairs
    }
    return count
  }
}

/// The decoder of ITU-T G.722: one octet to two 16 kHz samples of 16 bits.
public struct G722Decoder: Sendable, BitwiseCopyable {
  /// May change between any two octets (§1.3).
  public var mode: G722Mode
  private var filter = G722Filter()
  private var lower = G722LowerBand()
  private var higher = G722HigherBand()

  /// In the state of reset of §6.
  public init(mode: G722Mode = .mode1) { self.mode = mode }

  /// Decodes as many octets as there is room for, and returns how many samples it wrote, two for each.
  @discardableResult
  public mutating func decode(_ octets: Span<UInt8>, into samples: inout MutableSpan<Int16>) -> Int {
    let count = min(octets.count, samples.count / 2)
    var evenWindow = G722Filter.Window(repeating: 0)
    var oddWindow = G722Filter.Window(repeating: 0)
    var even = evenWindow.mutableSpan
    var odd = oddWindow.mutableSpan
    var done = 0
    while done < count {
      let pairs = min(count - done, G722Filter.block)
      filter.begin(&even, &odd)
      for i in 0..<pairs {
        let octet = Int32(octets[done + i])
        let low = limited(lower.decode(octet & 63, mode))
        let high = limited(higher.decode(octet &>> 6))
        // RECA and RECB (§5.2.2).
        even[G722Filter.kept + i] = Int16(truncatingIfNeeded: low &- high)
        odd[G722Filter.kept + i] = Int16(truncatingIfNeeded: low &+ high)
      }
      for i in 0..<pairs {
        // ACCUMC, ACCUMD and SELECT (§5.2.2).
        samples[2 * (done + i)] = Int16(truncatingIfNeeded: saturated(G722Filter.evenSum(even, i) &>> 11))
        samples[2 * (done + i) + 1] = Int16(truncatingIfNeeded: saturated(G722Filter.oddSum(odd, i) &>> 11))
      }
      filter.end(even, odd, pairs)
      done += pairs
    }
    return 2 * count
  }
}

/// Into the 16 bits that every addition of the Recommendation saturates to.
@inline(__always)
func saturated(_ value: Int32) -> Int32 { max(-32768, min(32767, value)) }

/// LIMIT: into the 15 bits of a sub-band's signal (§6.2.1.6, §6.2.2.5).
@inline(__always)
func limited(_ value: Int32) -> Int32 { max(-16384, min(16383, value)) }
