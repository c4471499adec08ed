import Testing

@testable import Wire

@Suite struct CRC32Tests {
  /// The check value of the CRC-32 of IEEE 802.3.
  @Test func theCheckValueComesOut() { #expect(crc32(Array("123456789".utf8)[...]) == 0xcbf4_3926) }

  @Test func anyLengthGivesWhatBitByBitDivisionDoes() {
    let octets = (0..<41).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
    for end in octets.indices {
      let part = octets[min(3, end)..<end]
      var remainder: UInt32 = 0xffff_ffff
      for octet in part {
        remainder ^= UInt32(octet)
        for _ in 0..<8 { remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0xedb8_8320 }
      }
      #expect(crc32(part) == ~remainder)
    }
  }
}
