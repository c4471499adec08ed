import Codecs

extension SelfTest {
  /// Opus and resampling by the libraries linked in. Their answers differ by a bit from build to build, so what is
  /// checked is what must be heard.
  static let opus = SelfTestGroup(
    name: "Opus",
    cases: [
      SelfTestCase("a square wave is encoded at a constant bit rate and heard again") { isHeard(coded(lossAt: nil)) },
      SelfTestCase("a lost packet is made up") { isHeard(coded(lossAt: 8)) },
      SelfTestCase("16 kHz become 8 kHz and keep their loudness") {
        guard var resampler = try? Resampler(from: 16000, to: 8000) else { return false }
        var heard: [Int16] = []
        for _ in 0..<10 {
          var room = [Int16](repeating: 0, count: 320)
          let count = wave.withUnsafeBufferPointer { wave in
            room.withUnsafeMutableBufferPointer { resampler.process(wave, into: $0) }
          }
          guard count == 160 else { return false }
          heard = Array(room[..<count])
        }
        return isHeard(heard)
      },
      SelfTestCase("a rate that Opus has not is refused") { (try? OpusDecoder(rate: opaque(44100)).rate) == nil },
    ])

  /// 20 ms of 250 Hz at 16 kHz.
  private static var wave: [Int16] { (0..<320).map { $0 / 32 % 2 == 0 ? opaque(6000) : -6000 } }

  private static func isHeard(_ samples: [Int16]) -> Bool {
    let mean = samples.reduce(0) { $0 + abs(Int($1)) } / max(1, samples.count)
    return (4500...7500).contains(mean)
  }

  /// The tenth packet of the wave after encoder and decoder, with one lost on the way; nothing where a packet has another
  /// size than 48 kbit/s make.
  private static func coded(lossAt lost: Int?) -> [Int16] {
    guard var encoder = try? OpusEncoder(rate: 16000), var decoder = try? OpusDecoder(rate: 16000) else { return [] }
    var heard = [Int16](repeating: 0, count: 320)
    var octets = [UInt8](repeating: 0, count: 400)
    for packet in 0..<10 {
      let size = wave.withUnsafeBufferPointer { wave in
        octets.withUnsafeMutableBufferPointer { encoder.encode(wave, into: $0) }
      }
      guard size == 120 else { return [] }
      let count = heard.withUnsafeMutableBufferPointer { room in
        packet == lost
          ? decoder.conceal(room)
          : octets.withUnsafeBufferPointer { decoder.decode(UnsafeBufferPointer(rebasing: $0[..<size]), into: room) }
      }
      guard count == 320 else { return [] }
    }
    return heard
  }
}
