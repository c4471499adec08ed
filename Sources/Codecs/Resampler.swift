import CSpeexDSP

/// Speech from one sampling rate to another, by speexdsp; where both are the same it passes as it is.
public struct Resampler: ~Copyable, @unchecked Sendable {
  /// 0…10 of speexdsp. 3 is its choice for telephony, but cuts off what PESQ hears missing (0.05).
  private static let quality: Int32 = 5
  private let state: OpaquePointer?

  /// In hertz.
  @export(interface)
  public init(from: Int, to: Int) throws(CodecError) {
    guard from != to else {
      state = nil
      return
    }
    var error: Int32 = 0
    guard let state = speex_resampler_init(1, UInt32(from), UInt32(to), Self.quality, &error), error == 0 else {
      throw .resamplerRates(from: from, to: to)
    }
    self.state = state
  }

  deinit { if let state { speex_resampler_destroy(state) } }

  /// Resamples all of `samples` and returns how many came of it; 10 ms of 8 kHz are always 10 ms of any multiple.
  @export(interface)
  public mutating func process(
    _ samples: UnsafeBufferPointer<Int16>, into out: UnsafeMutableBufferPointer<Int16>
  ) -> Int {
    guard let from = samples.baseAddress, let to = out.baseAddress else { return 0 }
    guard let state else {
      let count = min(samples.count, out.count)
      for i in 0..<count { to[i] = from[i] }
      return count
    }
    var taken = UInt32(samples.count)
    var made = UInt32(out.count)
    _ = speex_resampler_process_int(state, 0, from, &taken, to, &made)
    return Int(made)
  }
}
