import SelfTest
import Testing

@Suite struct SelfTestTests {
  @Test func theHostBuildPassesItsSelfTest() {
    var lines: [String] = []
    let result = SelfTest.run { lines.append($0) }
    #expect(result.failed == 0, "\(lines)")
    #expect(result.passed >= 20)
    #expect(lines.count == SelfTest.groups.count)
  }

  @Test func framesAreSealedAndOpenedOverAndOver() { #expect(SelfTest.sealAndOpen(frames: 1000)) }
}
