import Crypto
import SDP
import Testing

@Suite struct CryptoLineTests {
  /// Key and salt of 30 octets, as RFC 4568 §9.1 writes them.
  static let inline = "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"

  @Test func theExamplesOfRFC4568AreRead() throws {
    let line = try #require(CryptoLine("1 AES_CM_128_HMAC_SHA1_80 \(Self.inline)|2^20|1:32"))
    #expect(line.tag == 1)
    #expect(line.suite == .aesCM128Tag80)
    #expect(line.lifetime == 1 << 20)
    #expect(line.keys.map { $0.identifier } == [[UInt8](repeating: 0, count: 31) + [1]])
    #expect(line.keys[0].octets == Array("70xwPH5@/,L:S1wY\"~='EpgT%(i_Vc".utf8))
    let two = try #require(
      CryptoLine("2 AES_CM_128_HMAC_SHA1_32 \(Self.inline)|2^20|1:4;\(Self.inline)|2^20|2:4"))
    #expect(two.keys.map { $0.identifier } == [[0, 0, 0, 1], [0, 0, 0, 2]])
  }

  @Test(arguments: [
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)",
    "999999999 AES_CM_128_HMAC_SHA1_32 \(inline)|2^48",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1000000",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|66051:3 WSH=128",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|2^20|18446744073709551:8;\(inline)|7:8",
  ])
  func whatIsReadIsWrittenTheSame(value: String) { #expect(CryptoLine(value)?.value == value) }

  @Test func sloppyPhonesAreUnderstood() throws {
    let line = try #require(CryptoLine(" 1  aes_cm_128_hmac_sha1_80   INLINE:\(Self.inline.dropFirst(7)) KDR=0 -X=1 "))
    #expect(line.value == "1 AES_CM_128_HMAC_SHA1_80 \(Self.inline)")
    let long = [UInt8](repeating: 7, count: 46)
    let unpadded = "1 AES_256_CM_HMAC_SHA1_80 inline:" + String(repeating: "BwcH", count: 15) + "Bw"
    #expect(CryptoLine(unpadded)?.keys == [try #require(SRTPKey(.aesCM256Tag80, long))])
  }

  @Test(arguments: [
    "", "1", "1 AES_CM_128_HMAC_SHA1_80", "x AES_CM_128_HMAC_SHA1_80 \(inline)",
    "1234567890 AES_CM_128_HMAC_SHA1_80 \(inline)",
    // Suites that are none, or none of ours.
    "1 F8_128_HMAC_SHA1_80 \(inline)", "1 AES_192_CM_HMAC_SHA1_80 \(inline)", "1 NULL_HMAC_SHA1_80 \(inline)",
    // Keys of another length, another method, no Base64, none at all.
    "1 AES_256_CM_HMAC_SHA1_80 \(inline)", "1 AES_CM_128_HMAC_SHA1_80 uri:sip:key@example.org",
    "1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Z.", "1 AES_CM_128_HMAC_SHA1_80 inline:",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline);",
    // Lifetimes and MKIs that are none, or in the wrong place.
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|0", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|2^49",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|281474976710657", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|2^20|",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1:4|2^20", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|2^20|1:4|1:4",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1:0", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|256:1",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1:129", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|:4",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|99999999999999999999:20",
    // Several keys that packets could not tell apart.
    "1 AES_CM_128_HMAC_SHA1_80 \(inline);\(inline)", "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1:4;\(inline)|1:4",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline)|1:4;\(inline)|2:2",
    // What asks for less than encryption and signature of all, or for what is not done.
    "1 AES_CM_128_HMAC_SHA1_80 \(inline) UNENCRYPTED_SRTP", "1 AES_CM_128_HMAC_SHA1_80 \(inline) UNENCRYPTED_SRTCP",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline) UNAUTHENTICATED_SRTP", "1 AES_CM_128_HMAC_SHA1_80 \(inline) KDR=1",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline) FEC_ORDER=FEC_SRTP", "1 AES_CM_128_HMAC_SHA1_80 \(inline) FEC_KEY=\(inline)",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline) WSH=63", "1 AES_CM_128_HMAC_SHA1_80 \(inline) SOMETHING=1",
    "1 AES_CM_128_HMAC_SHA1_80 \(inline) -",
  ])
  func whatCanNotBeTakenIsRefused(value: String) { #expect(CryptoLine(value) == nil) }

  @Test func seventeenKeysAreTooMany() {
    let keys = (1...17).map { "\(Self.inline)|\($0):4" }
    #expect(CryptoLine("1 AES_CM_128_HMAC_SHA1_80 " + keys[..<16].joined(separator: ";")) != nil)
    #expect(CryptoLine("1 AES_CM_128_HMAC_SHA1_80 " + keys.joined(separator: ";")) == nil)
  }
}
