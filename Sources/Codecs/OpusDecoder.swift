import COpus

/// A decoder of Opus (RFC 6716) for one channel, whatever the sender's channels and bandwidth are.
public struct OpusDecoder: ~Copyable, @unchecked Sendable {
  /// In hertz.
  public let rate: Int32
  private let state: OpaquePointer

  /// Gives samples of this rate: 8000, 12000, 16000, 24000 or 48000 Hz.
  @export(interface)
  public init(rate: Int32) throws(CodecError) {
    var error: Int32 = 0
    guard let state = opus_decoder_create(rate, 1, &error), error == OPUS_OK else { throw .opusRate(rate) }
    self.state = state
    self.rate = rate
  }

  deinit { opus_decoder_destroy(state) }

  /// Decodes a packet, and returns its samples; 0 where it is none or there is no room for it.
  @export(interface)
  public mutating func decode(_ packet: UnsafeBufferPointer<UInt8>, into samples: UnsafeMutableBufferPointer<Int16>)
    -> Int
  {
    guard let from = packet.baseAddress, let to = samples.baseAddress, packet.count > 0 else { return 0 }
    return max(0, Int(opus_decode(state, from, Int32(packet.count), to, Int32(samples.count), 0)))
  }

  /// Fills `samples`, a multiple of 2.5 ms, in the place of a lost packet: from what `next`, the packet after it, holds a
  /// second time of it (§2.1.7), or where that is nothing by going on with what was heard. Returns the samples.
  @export(interface)
  public mutating func conceal(
    _ samples: UnsafeMutableBufferPointer<Int16>, before next: UnsafeBufferPointer<UInt8>? = nil
  ) -> Int {
    guard let to = samples.baseAddress else { return 0 }
    if let next, let from = next.baseAddress, next.count > 0 {
      return max(0, Int(opus_decode(state, from, Int32(next.count), to, Int32(samples.count), 1)))
    }
    return max(0, Int(opus_decode(state, nil, 0, to, Int32(samples.count), 0)))
  }

  /// The samples of a packet at this rate; 0 for what is no packet of Opus.
  @export(interface)
  public static func count(in packet: UnsafeBufferPointer<UInt8>, rate: Int32) -> Int {
    guard let from = packet.baseAddress, packet.count > 0 else { return 0 }
    return max(0, Int(opus_packet_get_nb_samples(from, Int32(packet.count), rate)))
  }
}
