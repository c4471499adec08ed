import Testing

@testable import SecureVoice

@Suite struct WordTests {
  @Test func theWordsCanBeToldApart() {
    let words = AuthenticationWords.list
    #expect(words.count == 256 && Set(words).count == 256)
    #expect(words == words.sorted())
    #expect(Set(words.map { $0.prefix(3) }).count == 256)
    #expect(words.allSatisfy { (4...8).contains($0.utf8.count) && $0.utf8.allSatisfy { (97...122).contains($0) } })
    for (i, a) in words.enumerated() {
      for b in words[..<i] { #expect(distance(Array(a.utf8), Array(b.utf8)) >= 3, "\(a) \(b)") }
    }
  }

  /// How many letters have to be changed, added or taken away.
  private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices { next.append(min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))) }
      row = next
    }
    return row[b.count]
  }
}
