import Codecs
import Crypto
import RTP
import Wire

extension SelfTest {
  static let codecs = SelfTestGroup(
    name: "G.711",
    cases: [
      SelfTestCase("µ-law: every octet comes back") {
        // 0x7f is minus zero, which the encoder does not make (ITU-T G.711 table 2b).
        (UInt8(0)...255).allSatisfy { MuLaw.encode(MuLaw.decode($0)) == $0 || $0 == 0x7f }
      },
      SelfTestCase("A-law: every octet comes back") {
        (UInt8(0)...255).allSatisfy { ALaw.encode(ALaw.decode($0)) == $0 }
      },
      SelfTestCase("silence and the loudest sample") {
        MuLaw.encode(opaque(0)) == 0xff && ALaw.encode(opaque(0)) == 0xd5 && MuLaw.decode(opaque(0x80)) == 32124
          && ALaw.decode(opaque(0xaa)) == 32256
      },
      SelfTestCase("conversion keeps the sign") {
        let conversion = G711Conversion()
        return (0..<256).allSatisfy { conversion.toMuLaw[$0] & 0x80 == UInt8($0) & 0x80 }
      },
    ])

  /// Answers of the codec as it passes the ITU's vectors, to noise that goes from soft to full scale.
  static let wideband = SelfTestGroup(
    name: "G.722",
    cases: [
      SelfTestCase("silence is encoded") { encoded([Int16](repeating: opaque(0), count: 4)) == [0xfa, 0xfa] },
      SelfTestCase("noise is encoded") { hex(Hash.md5(encoded(noise))) == "7594637d1c53075a413813d0686446d1" },
      SelfTestCase("noise is decoded, 64 kbit/s") { decodedHash(.mode1) == "a3760b1448672d7951ed7f7777936ce4" },
      SelfTestCase("noise is decoded, 56 kbit/s") { decodedHash(.mode2) == "fe460c06dccb620075ba01aab173939f" },
      SelfTestCase("noise is decoded, 48 kbit/s") { decodedHash(.mode3) == "bce44b8d89d32f9b4ab46244249d6427" },
    ])

  /// 20 ms.
  private static var noise: [Int16] {
    var state = opaque(UInt32(1))
    return (0..<320).map {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int16(truncatingIfNeeded: Int32(bitPattern: state) >> ($0 < 160 ? 20 : 16))
    }
  }

  private static func encoded(_ samples: [Int16]) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: samples.count / 2)
    var room = octets.mutableSpan
    var encoder = G722Encoder()
    encoder.encode(samples.span, into: &room)
    return octets
  }

  /// Of the noise's samples, low octets first.
  private static func decodedHash(_ mode: G722Mode) -> String {
    let octets = encoded(noise)
    var samples = [Int16](repeating: 0, count: 2 * octets.count)
    var room = samples.mutableSpan
    var decoder = G722Decoder(mode: mode)
    decoder.decode(octets.span, into: &room)
    return hex(Hash.md5(samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }))
  }

  static let rtp = SelfTestGroup(
    name: "RTP",
    cases: [
      SelfTestCase("what is written is read again") {
        let header = RTPHeader(
          marker: true, payloadType: 8, sequence: 65535, timestamp: 0xffff_ff60, ssrc: 0xdead_beef)
        let packet = header.packet(repeatElement(0xd5, count: 160))
        guard let read = packet.withUnsafeBytes({ RTPHeader($0) }) else { return false }
        return read.marker && read.payloadType == 8 && read.sequence == 65535 && read.timestamp == 0xffff_ff60
          && read.ssrc == 0xdead_beef && read.payloadCount == 160
      },
      SelfTestCase("sequence numbers go round") { sequenceDistance(2, 65534) == 4 && sequenceDistance(65534, 2) == -4 },
      SelfTestCase("a short packet is refused") {
        [UInt8](repeating: 0x80, count: 11).withUnsafeBytes { RTPHeader($0) } == nil
      },
    ])
}
