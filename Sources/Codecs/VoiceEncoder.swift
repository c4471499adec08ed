/// Turns samples into the payloads of one voice codec.
public final class VoiceEncoder {
  public let coding: VoiceCoding
  /// Samples a second.
  public let rate: Int
  private var g722 = G722Encoder()
  private var opus: OpusEncoder?

  /// Opus encodes samples of `rate` at no more than `bitrate`; others have their own. Nil where memory is short.
  @export(interface)
  public init?(_ coding: VoiceCoding, rate: Int, bitrate: UInt32) {
    self.coding = coding
    self.rate = coding.rate ?? rate
    guard coding == .opus else {
      opus = nil
      return
    }
    let wished = bitrate == 0 ? OpusSettings.standardBitrate : Int32(clamping: max(6000, bitrate))
    guard
      let made = try? OpusEncoder(
        rate: Int32(rate), OpusSettings(bitrate: min(wished, OpusSettings.standardBitrate)))
    else { return nil }
    opus = consume made
  }

  /// Opus as `settings` have it, for samples of `rate`.
  @export(interface)
  public init?(_ settings: OpusSettings, rate: Int) {
    coding = .opus
    self.rate = rate
    guard let made = try? OpusEncoder(rate: Int32(rate), settings) else { return nil }
    opus = consume made
  }

  /// Encodes a frame into `octets`; returns how many it wrote.
  @export(interface)
  public func encode(_ samples: UnsafeBufferPointer<Int16>, into octets: UnsafeMutableBufferPointer<UInt8>) -> Int {
    guard let out = octets.baseAddress else { return 0 }
    switch coding {
    case .muLaw:
      let count = min(samples.count, octets.count)
      for i in 0..<count { out[i] = MuLaw.encode(samples[i]) }
      return count
    case .aLaw:
      let count = min(samples.count, octets.count)
      for i in 0..<count { out[i] = ALaw.encode(samples[i]) }
      return count
    case .g722:
      var room = MutableSpan(_unsafeElements: octets)
      return g722.encode(Span(_unsafeElements: samples), into: &room)
    case .opus: return opus?.encode(samples, into: octets) ?? 0
    }
  }
}
