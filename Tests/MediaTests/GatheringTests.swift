import Testing
import Wire

@testable import Media

@Suite("Packets of many calls wait for each other, those of a few do not")
struct GatheringTests {
  /// What is waited for after a second at this pace, a packet at a time.
  private func least(_ perSecond: Int) -> Int {
    var gathering = Gathering()
    for packet in 1...perSecond {
      gathering.count(1, now: .zero + .microseconds(Int64(packet) * 1_000_000 / Int64(perSecond)))
    }
    return gathering.least
  }

  @Test(
    "a wake-up for each packet of ten calls, for a few of a hundred, for sixteen at most",
    arguments: [
      (1, 1), (1000, 1), (3900, 1), (4100, 2), (10000, 5), (200_000, 16),
    ])
  func pace(_ perSecond: Int, _ expected: Int) {
    #expect(least(perSecond) == expected)
  }

  @Test("no packet waits longer for others than the bound, nor beyond what falls due earlier")
  func bound() {
    var gathering = Gathering()
    #expect(gathering.timeout(nil) == nil)
    gathering.count(1000, now: .zero + .milliseconds(100))
    #expect(gathering.timeout(nil) == .microseconds(500))
    #expect(gathering.timeout(.seconds(1)) == .microseconds(500))
    #expect(gathering.timeout(.microseconds(20)) == .microseconds(20))
  }

  @Test("when the many have hung up, the next packet is waited for alone")
  func ends() {
    var gathering = Gathering()
    gathering.count(1000, now: .zero + .milliseconds(100))
    #expect(gathering.least > 1)
    gathering.count(0, now: .zero + .milliseconds(151))
    #expect(gathering.least == 1)
  }
}
