import Testing
import Wire

@testable import Daemon

struct CrashHistoryTests {
  @Test func whoLivedLongEnoughIsStartedAgainAtOnceHoweverOftenItDies() {
    var history = CrashHistory()
    var now = Instant.zero
    for _ in 0..<20 {
      let start = now
      now += CrashHistory.briefLife
      history.add(now, after: start)
      #expect(!history.isLoop && history.resumesAt == now)
    }
  }

  @Test func whoDiesAtOnceIsStartedAfreshAfterPausesThatGrow() {
    var history = CrashHistory()
    var pauses: [Int64] = []
    var now = Instant.zero
    for _ in 0..<10 {
      let start = now
      now += .milliseconds(100)
      history.add(now, after: start)
      pauses.append((history.resumesAt - now).seconds)
      now = history.resumesAt
    }
    #expect(pauses == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30])
    #expect(history.isLoop)
    history.add(now + .seconds(60), after: now)
    #expect(!history.isLoop)
  }
}
