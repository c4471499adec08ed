import Platform
import Testing

@testable import Media

@Suite struct RingTests {
  @Test func aFullRingRefusesAndOrderIsKeptAcrossThreads() throws {
    let ring = Ring<Int>(capacity: 4)
    let taken = (0..<5).map { ring.push($0) }
    #expect(taken == [true, true, true, true, false])
    #expect((0..<5).map { _ in ring.pop() } == [0, 1, 2, 3, nil])
    let thread = try Thread.start(name: "pusher") {
      for i in 0..<100_000 { while !ring.push(i) {} }
    }
    var expected = 0
    while expected < 100_000 {
      guard let value = ring.pop() else { continue }
      guard value == expected else { break }
      expected += 1
    }
    #expect(expected == 100_000)
    thread.join()
  }
}
