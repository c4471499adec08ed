import COpus

/// How an `OpusEncoder` is set.
public struct OpusSettings: Hashable, Sendable {
  /// Bits a second, 6000…510000.
  public var bitrate: Int32
  /// Lets the size of packets follow what is said. Off, for sizes tell what is spoken to whoever sees encrypted packets.
  public var isVariable = false
  /// 0…10. At 0 the transform codec of 48 kbit/s costs a third of what it costs at 5, and scores as well.
  public var complexity: Int32 = 0
  /// Per cent of packets that are thought to get lost: above 0 the speech codec (SILK) is used, whose packets carry the one
  /// before a second time; at 0 the transform codec (CELT), which costs a quarter and delays by 2.5 ms alone.
  public var expectedLoss: Int32 = 0

  /// The bit rate that `docs/media.md` gives the reasons for.
  public static let standardBitrate: Int32 = 48000

  public init(bitrate: Int32 = standardBitrate) { self.bitrate = bitrate }
}

/// An encoder of Opus (RFC 6716) for one channel of speech.
public struct OpusEncoder: ~Copyable, @unchecked Sendable {
  /// Below this the speech codec sounds better at any price.
  private static let leastForTransform: Int32 = 24000
  private let state: OpaquePointer

  /// For samples of this rate: 8000, 12000, 16000, 24000 or 48000 Hz.
  @export(interface)
  public init(rate: Int32, _ settings: OpusSettings = OpusSettings()) throws(CodecError) {
    let usesSpeech = settings.expectedLoss > 0 || settings.bitrate < Self.leastForTransform
    let application = usesSpeech ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_RESTRICTED_LOWDELAY
    var error: Int32 = 0
    guard let state = opus_encoder_create(rate, 1, application, &error), error == OPUS_OK else {
      throw .opusRate(rate)
    }
    self.state = state
    _ = copus_set_bitrate(state, settings.bitrate)
    _ = copus_set_variable(state, settings.isVariable ? 1 : 0)
    _ = copus_set_complexity(state, settings.complexity)
    _ = copus_set_loss(state, settings.expectedLoss)
    _ = copus_set_voice(state)
  }

  deinit { opus_encoder_destroy(state) }

  /// Encodes a frame of 2.5, 5, 10, 20, 40 or 60 ms into at most `octets.count`, and returns the octets; 0 for a frame
  /// of another size.
  @export(interface)
  public mutating func encode(_ samples: UnsafeBufferPointer<Int16>, into octets: UnsafeMutableBufferPointer<UInt8>)
    -> Int
  {
    guard let from = samples.baseAddress, let to = octets.baseAddress else { return 0 }
    return max(0, Int(opus_encode(state, from, Int32(samples.count), to, Int32(octets.count))))
  }
}
