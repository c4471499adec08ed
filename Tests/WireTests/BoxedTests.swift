import Testing
import Wire

@Suite("Boxed values")
struct BoxedTests {
  struct Part: Equatable, Sendable {
    var words = ["a"]
  }

  struct Whole: Sendable {
    @Boxed var part = Part()
    @Boxed var other: Part?
  }

  @Test("a copy keeps what it had when the original changes, and the other way round")
  func independence() {
    var first = Whole()
    var second = first
    first.part.words.append("b")
    #expect(second.part.words == ["a"])
    second.other = Part(words: [])
    second.other?.words.append("c")
    #expect(first.other == nil)
    let third = second
    second.other?.words.removeAll()
    #expect(third.other == Part(words: ["c"]))
    #expect(first.part.words == ["a", "b"])
    #expect(second.part.words == ["a"])
  }

  @Test("a part that nobody else has changes in its place")
  func inPlace() {
    var whole = Whole()
    whole.part.words.reserveCapacity(100)
    let before = whole.part.words.withUnsafeBufferPointer { $0.baseAddress }
    for _ in 0..<50 { whole.part.words.append("x") }
    #expect(whole.part.words.withUnsafeBufferPointer { $0.baseAddress } == before)
  }
}
