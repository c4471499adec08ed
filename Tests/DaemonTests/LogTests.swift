import Configuration
import Testing

@testable import Daemon

@Suite struct LogTests {
  @Test func aLineIsTimeLevelSubsystemMessageAndFields() {
    let line = logLine(
      time: 1_772_357_400_125_000, level: .info, subsystem: "registrar", message: "registered",
      fields: [LogField("number", "1001"), LogField("agent", "Desk Phone 2"), LogField("empty", "")])
    #expect(
      line == "2026-03-01T09:30:00.125Z info registrar registered number=1001 agent=\"Desk Phone 2\" empty=\"\"\n")
  }

  @Test(arguments: [
    ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("say \"hi\"", "\"say \\\"hi\\\"\""), ("C:\\x", "\"C:\\\\x\""),
    ("x\r\n2026 error forged", "\"x\\r\\n2026 error forged\""), ("\u{1b}[2J", "\"\\x1b[2J\""),
    ("\u{9b}31m", "\"\\x9b31m\""),
    ("\u{202e}evil", "\"\\u{202e}evil\""), ("a\u{2028}b", "\"a\\u{2028}b\""), ("büro", "\"büro\""),
    ("\u{0}", "\"\\x00\""),
  ])
  func nobodyPutsALineIntoTheLog(value: String, shown: String) {
    let line = logLine(time: 0, level: .error, subsystem: "sip", message: "m", fields: [LogField("k", value)])
    #expect(line == "1970-01-01T00:00:00.000Z error sip m k=\(shown)\n")
  }

  @Test func aMessageIsEscapedAndCut() {
    let line = logLine(time: 0, level: .debug, subsystem: "sip", message: String(repeating: "\n", count: 5000))
    #expect(line.utf8.filter { $0 == 10 }.count == 1)
    #expect(line.utf8.count < 2200 && line.hasSuffix("…\n"))
  }

  @Test func theRingKeepsTheLastWholeLines() {
    var ring = LogRing(capacity: 20)
    #expect(ring.tail(5).isEmpty)
    ring.append("one\n")
    ring.append("two\n")
    #expect(ring.tail(5) == ["one", "two"] && ring.tail(1) == ["two"] && ring.tail(0).isEmpty)
    for line in ["three\n", "four\n", "five\n", "six\n"] { ring.append(line) }
    #expect(ring.tail(9) == ["four", "five", "six"])
    ring.append("a line longer than the whole ring\n")
    #expect(ring.tail(9).isEmpty)
    ring.append("next\n")
    #expect(ring.tail(9) == ["next"])
  }
}
