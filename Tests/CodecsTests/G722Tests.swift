import Codecs
import Foundation
import TestSupport
import Testing

@Suite struct G722Tests {
  private func encoded(_ samples: [Int16]) -> [UInt8] {
    var encoder = G722Encoder()
    return encoded(samples[...], by: &encoder)
  }

  private func encoded(_ samples: ArraySlice<Int16>, by encoder: inout G722Encoder) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: samples.count / 2)
    var room = octets.mutableSpan
    #expect(encoder.encode(samples.span, into: &room) == samples.count / 2)
    return octets
  }

  private func decoded(_ octets: [UInt8], _ mode: G722Mode = .mode1) -> [Int16] {
    var decoder = G722Decoder(mode: mode)
    return decoded(octets[...], by: &decoder)
  }

  private func decoded(_ octets: ArraySlice<UInt8>, by decoder: inout G722Decoder) -> [Int16] {
    var samples = [Int16](repeating: 0, count: 2 * octets.count)
    var room = samples.mutableSpan
    #expect(decoder.decode(octets.span, into: &room) == 2 * octets.count)
    return samples
  }

  /// One second.
  private func tone(_ frequency: Double, amplitude: Double) -> [Int16] {
    (0..<16000).map { Int16(amplitude * sin(2 * .pi * frequency * Double($0) / 16000)) }
  }

  // MARK: the ITU's vectors

  /// 16-bit little-endian words; a word of the codes has its octet in the lower half.
  private func words(_ name: String) throws -> [Int16] {
    let bytes = try vector("itu/g722/\(name)")
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
      Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
  }

  private static let vectorsNeeded: Comment = "needs the ITU's G.722 vectors in ../shared/vectors or SOTTO_VECTORS"

  @Test(.enabled(if: vectorsFolder != nil, vectorsNeeded))
  func speechIsEncodedAsTheITUHasIt() throws {
    let samples = try words("inpsp.bin")
    #expect(samples.count == 97536)
    let octets = encoded(samples)
    #expect(try octets.map(Int16.init) == words("codspw.cod"))
    // The same codes as octets, those of each 16-bit word swapped.
    let swapped = try vector("itu/g722/codsp.cod")
    #expect(octets.indices.map { octets[$0 ^ 1] } == swapped)
  }

  @Test(
    .enabled(if: vectorsFolder != nil, vectorsNeeded),
    arguments: [(G722Mode.mode1, "outsp1.bin"), (.mode2, "outsp2.bin"), (.mode3, "outsp3.bin")])
  func speechIsDecodedAsTheITUHasItInEachMode(mode: G722Mode, file: String) throws {
    let octets = try words("codspw.cod").map { UInt8($0) }
    #expect(octets.count == 48768)
    #expect(try decoded(octets, mode) == words(file))
  }

  // MARK: without them

  @Test func silenceStaysSilent() {
    let octets = encoded([Int16](repeating: 0, count: 16000))
    // The first positive interval of each band that is not empty at the smallest scale factor: IH 11, IL 111010.
    #expect(octets[0] == 0xfa)
    for mode in [G722Mode.mode1, .mode2, .mode3] {
      #expect(decoded(octets, mode).allSatisfy { abs($0) <= 8 }, "\(mode)")
    }
  }

  /// Of the tone to what differs once the filters' delay of 22 samples is taken off, after a fifth of a second.
  private func signalToNoise(_ samples: [Int16], _ mode: G722Mode) -> Double {
    let heard = decoded(encoded(samples), mode)
    var signal = 0.0
    var noise = 0.0
    for i in 3200..<(samples.count - 22) {
      signal += Double(samples[i]) * Double(samples[i])
      noise += (Double(heard[i + 22]) - Double(samples[i])) * (Double(heard[i + 22]) - Double(samples[i]))
    }
    return 10 * log10(signal / noise)
  }

  @Test func tonesInBothBandsComeThrough() {
    let low = tone(1000, amplitude: 8000)
    // Each bit that a mode takes from the lower sub-band costs it about 6 dB.
    #expect(signalToNoise(low, .mode1) > 45)
    #expect(signalToNoise(low, .mode2) > 39)
    #expect(signalToNoise(low, .mode3) > 33)
    #expect(signalToNoise(tone(1000, amplitude: 32767), .mode1) > 45)
    for mode in [G722Mode.mode1, .mode2, .mode3] {
      #expect(signalToNoise(tone(5500, amplitude: 4000), mode) > 23)
    }
  }

  @Test func theLoudestSignalSaturatesAndNeverWraps() {
    let square: [Int16] = (0..<16000).map { $0 / 80 % 2 == 0 ? 32767 : -32768 }
    let heard = decoded(encoded(square))
    #expect(heard.max() == 32767)
    #expect(heard.min() == -32768)
    // Away from the edges, which the filters round off.
    for i in 800..<15900 where square[i - 12] == square[i + 12] {
      #expect((heard[i + 22] > 0) == (square[i] > 0), "sample \(i)")
    }
  }

  @Test func anyOctetsDecodeInAnyMode() {
    var generator = SystemRandomNumberGenerator()
    var decoder = G722Decoder()
    for mode in [G722Mode.mode2, .mode1, .mode3] {
      // Runs of one code drive scale factors and coefficients to their limits; random ones go everywhere else.
      for code in UInt8(0)...255 {
        decoder.mode = mode
        _ = decoded([UInt8](repeating: code, count: 200)[...], by: &decoder)
      }
      _ = decoded((0..<20000).map { _ in UInt8.random(in: 0...255, using: &generator) }[...], by: &decoder)
    }
    var encoder = G722Encoder()
    _ = encoded((0..<40000).map { _ in Int16.random(in: -32768...32767, using: &generator) }[...], by: &encoder)
  }

  @Test func packetsOfAnySizeMakeOneStream() {
    let samples = tone(440, amplitude: 12000)
    let whole = encoded(samples)
    let heard = decoded(whole)
    for octets in [1, 79, 80, 81, 160, 480] {
      var encoder = G722Encoder()
      var decoder = G722Decoder()
      var start = 0
      while start < whole.count {
        let end = min(start + octets, whole.count)
        #expect(encoded(samples[2 * start..<2 * end], by: &encoder) == Array(whole[start..<end]))
        #expect(decoded(whole[start..<end], by: &decoder) == Array(heard[2 * start..<2 * end]))
        start = end
      }
    }
  }

  @Test func aCopyGoesOnWhereTheCodecWasAndANewOneStartsAfresh() {
    let samples = tone(700, amplitude: 9000)
    var encoder = G722Encoder()
    let first = encoded(samples[..<3200], by: &encoder)
    var copy = encoder
    #expect(encoded(samples[3200...], by: &copy) == encoded(samples[3200...], by: &encoder))
    var fresh = G722Encoder()
    #expect(encoded(samples[..<3200], by: &fresh) == first)

    var decoder = G722Decoder()
    let heard = decoded(first[...], by: &decoder)
    let ended = decoder
    #expect(decoded(first[...], by: &decoder) != heard)
    var other = ended
    decoder = ended
    #expect(decoded(first[...], by: &other) == decoded(first[...], by: &decoder))
    #expect(decoded(first) == heard)
  }

  @Test func onlyWholePairsThatHaveRoomAreTaken() {
    let samples = [Int16](repeating: 1000, count: 321)
    var octets = [UInt8](repeating: 0, count: 200)
    var encoder = G722Encoder()
    var room = octets.mutableSpan
    #expect(encoder.encode(samples.span, into: &room) == 160)
    #expect(encoder.encode([Int16]().span, into: &room) == 0)
    #expect(octets[160...].allSatisfy { $0 == 0 })

    var heard = [Int16](repeating: 7, count: 101)
    var decoder = G722Decoder()
    var place = heard.mutableSpan
    #expect(decoder.decode(octets.span, into: &place) == 100)
    #expect(heard[100] == 7)
  }
}
