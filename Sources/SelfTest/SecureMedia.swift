import Crypto
import SRTP
import Wire

extension SelfTest {
  /// SRTP by the library linked in. What packets become under these keys was worked out by another implementation of
  /// RFC 3711, RFC 6188 and RFC 7714; the tests hold all suites against those documents' own figures.
  static let secureMedia = SelfTestGroup(
    name: "SRTP",
    cases: [
      SelfTestCase("AES_CM_128_HMAC_SHA1_80") {
        seals(
          .aesCM128Tag80, "c8f5e0214236e5fde9cbd62d47b0a0914abc4786f3c58a32060f",
          "2dcbd1a0f763810879d398df743f4f7d8000000177c289fde7d4cbca4e39")
      },
      SelfTestCase("AES_256_CM_HMAC_SHA1_32") {
        seals(
          .aesCM256Tag32, "c8aac6ca55421d12d04ae6ab515e76427ba288b4",
          "3f960588a64d32c35a8d9d562306602e80000001c1b5055976fc43cc4ece")
      },
      SelfTestCase("AEAD_AES_128_GCM") {
        seals(
          .aeadAES128GCM, "4ad7d8a55fb3fd902db557c94b415ecd17ea3bd1754d1f2808104e868c1cf597",
          "60b68cb97100e4206ca1c1b44a69f017d387a55d3b720ebc6a4f31cd9316b96180000001")
      },
      SelfTestCase("AEAD_AES_256_GCM") {
        seals(
          .aeadAES256GCM, "d54ed632a76bff3fa2efbb5597a5d5e87c07497c6b89729d1291317aeef11ba7",
          "12d596ce61c485e7bae16103356375e982b1916f80021399f9b4c28101aaa9af80000001")
      },
      SelfTestCase("what was sent is opened once, and nothing else is") {
        guard let key = key(.aeadAES128GCM), let sender = try? SecureSender(key, ssrc: ssrc),
          let receiver = try? SecureReceiver([key])
        else { return false }
        var sent = sealed(packet, sender, isControl: false)
        var forged = sent
        forged[20] ^= opaque(1)
        var again = sent
        return open(&forged, receiver) == .refused && open(&sent, receiver) == .opened(packet.count)
          && Array(sent[..<packet.count]) == packet && open(&again, receiver) == .replayed
      },
    ])

  private static let ssrc: UInt32 = 0xcafe_babe
  private static var packet: [UInt8] {
    [0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe] + [UInt8](repeating: 0xab, count: 16)
  }
  private static var report: [UInt8] {
    [0x81, 0xc8, 0, 0x0b, 0xca, 0xfe, 0xba, 0xbe] + [UInt8](repeating: 0xab, count: 16)
  }

  private static func key(_ suite: SRTPSuite) -> SRTPKey? { SRTPKey(suite, (0..<UInt8(suite.length)).map { $0 }) }

  private static func seals(_ suite: SRTPSuite, _ rtp: String, _ rtcp: String) -> Bool {
    guard let key = key(suite), let sender = try? SecureSender(key, ssrc: ssrc) else { return false }
    return hex(sealed(packet, sender, isControl: false)[12...]) == rtp
      && hex(sealed(report, sender, isControl: true)[8...]) == rtcp
  }

  private static func sealed(_ packet: [UInt8], _ sender: SecureSender, isControl: Bool) -> [UInt8] {
    var room = packet + [UInt8](repeating: 0, count: 32)
    let count = room.withUnsafeMutableBytes { sender.protect($0, count: packet.count, isControl: isControl) }
    return Array(room[..<count])
  }

  private static func open(_ packet: inout [UInt8], _ receiver: SecureReceiver) -> SecureReceiver.Verdict {
    packet.withUnsafeMutableBytes { receiver.unprotect($0) }
  }
}
