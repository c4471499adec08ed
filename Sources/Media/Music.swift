import Codecs

/// A recording for phones that are kept waiting, at both rates that speech is encoded from. Played from its beginning to
/// each, again and again.
public final class Music: @unchecked Sendable {
  // Never written after `init`.
  let narrow: UnsafeBufferPointer<Int16>
  let wide: UnsafeBufferPointer<Int16>

  @export(interface)
  public init(_ recording: WaveFile) throws(CodecError) {
    let narrow = try recording.resampled(to: 8000)
    do throws(CodecError) {
      wide = try recording.resampled(to: 16000)
    } catch {
      narrow.deallocate()
      throw error
    }
    self.narrow = narrow
  }

  deinit {
    narrow.deallocate()
    wide.deallocate()
  }
}

extension WaveFile {
  fileprivate func resampled(to wanted: Int) throws(CodecError) -> UnsafeBufferPointer<Int16> {
    var resampler = try Resampler(from: rate, to: wanted)
    let made = UnsafeMutableBufferPointer<Int16>.allocate(
      capacity: Int(Int64(samples.count) * Int64(wanted) / Int64(rate)))
    made.initialize(repeating: 0)
    samples.withUnsafeBufferPointer { samples in _ = resampler.process(samples, into: made) }
    return UnsafeBufferPointer(made)
  }
}
