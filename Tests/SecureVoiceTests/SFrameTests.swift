import Testing

@testable import SecureVoice

@Suite struct SFrameTests {
  @Test func aCallsHeaderHasFourOctets() {
    for counter in [65536, 65537, 0xff_ffff] as [UInt64] {
      for keyID in 0..<8 as Range<UInt64> {
        #expect(SFrameHeader(keyID: keyID, counter: counter).bytes.count == 4)
      }
    }
    #expect(SFrameHeader(keyID: 7, counter: 0x1_000_000).bytes.count == 5)
    #expect(SFrameHeader(keyID: 8, counter: 65536).bytes.count == 5)
  }

  @Test func aHeaderCutShortIsNone() {
    let header = SFrameHeader(keyID: 0x1234_5678_9abc, counter: .max).bytes
    for count in 0..<header.count {
      var length = 0
      #expect(header[..<count].withUnsafeBytes { SFrameHeader($0, count: &length) } == nil)
    }
  }

  @Test func theWindowTakesEachCounterOnce() {
    var window = ReplayWindow()
    #expect(window.isFresh(0))
    for counter in [70, 72, 71, 10, 69, 73] as [UInt64] {
      #expect(window.isFresh(counter))
      window.insert(counter)
      #expect(!window.isFresh(counter))
    }
    #expect(window.isFresh(68))
    #expect(!window.isFresh(9))
    window.insert(1000)
    #expect(!window.isFresh(73))
    #expect(!window.isFresh(936) && window.isFresh(937))
    #expect(window.isFresh(.max))
    window.insert(.max)
    #expect(!window.isFresh(1000) && window.isFresh(.max - 1))
  }
}
