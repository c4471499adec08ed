import CSpeexDSP

/// Makes what a microphone hears fit for a call, by speexdsp: takes out what the loudspeaker beside it plays, and quietens
/// noise.
public final class VoiceCleaner {
  /// Milliseconds of a step. What comes out is as much later.
  public static let step = 10
  /// How long a room's echo is followed.
  public static let tail = 128

  /// Samples of a step.
  public let count: Int
  private let canceller: OpaquePointer?
  private let preprocessor: OpaquePointer
  private var echoless: [Int16]

  /// For `rate` samples a second. nil without memory.
  @export(interface)
  public init?(rate: Int, echo: Bool, noise: Bool) {
    count = rate * Self.step / 1000
    echoless = [Int16](repeating: 0, count: count)
    guard let preprocessor = speex_preprocess_state_init(Int32(count), Int32(rate)) else { return nil }
    self.preprocessor = preprocessor
    canceller = echo ? speex_echo_state_init(Int32(count), Int32(rate * Self.tail / 1000)) : nil
    var isOn: Int32 = noise ? 1 : 0
    speex_preprocess_ctl(preprocessor, SPEEX_PREPROCESS_SET_DENOISE, &isOn)
    guard let canceller else { return }
    var hertz = Int32(rate)
    speex_echo_ctl(canceller, SPEEX_ECHO_SET_SAMPLING_RATE, &hertz)
    // What the filter can't foretell of the echo, the loudspeaker's distortion for one, is quietened.
    speex_preprocess_ctl(preprocessor, SPEEX_PREPROCESS_SET_ECHO_STATE, UnsafeMutableRawPointer(canceller))
  }

  deinit {
    speex_preprocess_state_destroy(preprocessor)
    if let canceller { speex_echo_state_destroy(canceller) }
  }

  /// Cleans one step's samples, while which the loudspeaker played `played`.
  @export(interface)
  public func clean(_ heard: UnsafeMutableBufferPointer<Int16>, played: UnsafeBufferPointer<Int16>) {
    guard heard.count == count, played.count == count else { return }
    if let canceller {
      echoless.withUnsafeMutableBufferPointer { room in
        speex_echo_cancellation(canceller, heard.baseAddress, played.baseAddress, room.baseAddress)
        _ = heard.update(fromContentsOf: room)
      }
    }
    _ = speex_preprocess_run(preprocessor, heard.baseAddress)
  }
}
