import Crypto
import Foundation
import SRTP
import Testing
import TestSupport
import Wire

func octets(_ hex: String) -> [UInt8] {
  let digits = hex.utf8.compactMap { hexDigit($0) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The examples of the RFCs. Those of RFC 7714 begin at session keys, which libsrtp takes from nobody: so they prove the
/// second implementation in `Reference`, and that one proves what the library makes of master keys, below.
@Suite struct PublishedFigures {
  /// RFC 3711 §B.2.
  @Test func counterModeGivesTheKeystreamOfRFC3711() {
    let stream = Reference.keystream(
      octets("2B7E151628AED2A6ABF7158809CF4F3C"), octets("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), 48)
    #expect(
      hex(stream)
        == "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0")
  }

  static let master = octets("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")

  /// RFC 3711 §B.3.
  @Test func keysAreDerivedAsInRFC3711() throws {
    let key = try #require(SRTPKey(.aesCM128Tag80, Self.master))
    #expect(hex(Reference.derive(key, label: 0, 16)) == "c61e7a93744f39ee10734afe3ff7a087")
    #expect(hex(Reference.derive(key, label: 2, 14)) == "30cbbc08863d8c85d49db34a9ae1")
    #expect(
      hex(Reference.derive(key, label: 1, 94))
        == "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef7227098"
        + "6371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2")
  }

  @Test(.enabled(if: vectorsFolder != nil, "skipped: the vectors of RFC 7714 are not here; name them by SOTTO_VECTORS"))
  func packetsAreBitForBitThoseOfRFC7714() throws {
    let rtp = try Examples("rfc7714/rtp-vectors.txt")
    let rtcp = try Examples("rfc7714/rtcp-vectors.txt")
    var seen = 0
    for (section, suite) in [("16.1.1.", SRTPSuite.aeadAES128GCM), ("16.2.1.", .aeadAES256GCM)] {
      let example = try #require(rtp.section(section))
      #expect(
        Reference.rtp(example.plain, example.keys, suite, rollover: 0) == example.sealed, "section \(section)")
      seen += 1
    }
    for (section, suite) in [("17.1.", SRTPSuite.aeadAES128GCM), ("17.2.", .aeadAES256GCM)] {
      let example = try #require(rtcp.section(section))
      #expect(
        Reference.rtcp(example.plain, example.keys, suite, index: 0x5d4) == example.sealed, "section \(section)")
      seen += 1
    }
    #expect(seen == 4)
  }

  @Test(arguments: SRTPSuite.allCases)
  func whatTheLibrarySendsIsBitForBitWhatTheRFCsSay(suite: SRTPSuite) throws {
    let key = try #require(SRTPKey(suite, (0..<suite.length).map { UInt8(truncatingIfNeeded: 7 &* $0 &+ 3) }))
    let ssrc: UInt32 = 0x5501_a0b2
    let sender = try SecureSender(key, ssrc: ssrc, rollover: 9)
    let keys = Reference.sessionKeys(key)
    for sequence in [UInt16(0xf17b), 0xf17c, 0xffff, 0] {
      let plain =
        octets("8040") + Reference.octets(UInt64(sequence), 2) + octets("8041f8d35501a0b2")
        + Array("Gallia est omnis divisa in partes tres".utf8)
      let sent = seal(plain, with: sender)
      // The sequence number went round with the last packet.
      #expect(sent == Reference.rtp(plain, keys, suite, rollover: sequence == 0 ? 10 : 9))
      #expect(sent.count == plain.count + suite.tagLength)
    }
    let control = Reference.sessionKeys(key, isControl: true)
    let report = octets("81c8000d5501a0b2") + [UInt8](repeating: 0xa5, count: 48)
    for index in UInt32(1)...3 {
      #expect(
        seal(report, with: sender, isControl: true) == Reference.rtcp(report, control, suite, index: index))
    }
  }
}

func seal(_ packet: [UInt8], with sender: SecureSender, isControl: Bool = false) -> [UInt8] {
  var room = packet + [UInt8](repeating: 0, count: 160)
  let count = room.withUnsafeMutableBytes { sender.protect($0, count: packet.count, isControl: isControl) }
  return Array(room[..<count])
}

/// The sections of RFC 7714 §16 and §17.
private struct Examples {
  struct Example {
    var plain: [UInt8]
    var sealed: [UInt8]
    var keys: SessionKeys
  }

  private let lines: [String]

  init(_ path: String) throws {
    lines = String(decoding: try vector(path), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  func section(_ number: String) -> Example? {
    guard let start = lines.firstIndex(where: { $0.hasPrefix(number + " ") }) else { return nil }
    let rest = lines[start...]
    func block(after title: String) -> [UInt8]? {
      guard let at = rest.firstIndex(of: title) else { return nil }
      let digits = rest[(at + 1)...].drop { $0.isEmpty }.prefix { !$0.isEmpty }
      return octets(digits.joined())
    }
    let decrypts = rest.prefix { !$0.hasPrefix("Key:") }.contains("Decrypting the following packet:")
    let plain = decrypts ? "Verified and decrypted packet:" : "Encrypting the following packet:"
    let sealed = decrypts ? "Decrypting the following packet:" : "Encrypted and tagged packet:"
    guard let plain = block(after: plain), let sealed = block(after: sealed),
      let key = rest.firstIndex(where: { $0.hasPrefix("Key:") }),
      let salt = rest.first(where: { $0.hasPrefix("salt:") })
    else { return nil }
    var digits = String(rest[key].dropFirst(4))
    if !rest[key + 1].hasPrefix("AAD") { digits += rest[key + 1] }
    let keys = SessionKeys(cipher: octets(digits), authentication: [], salt: octets(String(salt.dropFirst(5))))
    return Example(plain: plain, sealed: sealed, keys: keys)
  }
}
