import Codecs
import RTP

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
