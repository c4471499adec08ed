import Testing

@testable import Console

@Suite struct CallsTests {
  private let answer = JSON(
    parsing: Array(
      """
      {"calls":[],"ended":[
        {"number":7,"from":"1001","to":"1002","ended":"2026-03-01T09:30:00.125Z","talked_seconds":64,
         "path":"transcoded","cause":"ended","sentence":"1001 hung up after 64 s.",
         "caller_leg":{"codec":"PCMU","encryption":"AEAD_AES_128_GCM",
           "heard_from":{"loss_percent":0.25,"jitter_ms":3.0,"mos":4.3}},
         "callee_leg":{"codec":"opus","signalling":"udp 192.0.2.7:5060","encryption":null,
           "heard_from":{"loss_percent":1.0,"jitter_ms":12.5,"mos":3.9}}},
        {"number":6,"from":"1001","to":"1\\u001b[2J9","ended":"2026-03-01T09:29:00.125Z","talked_seconds":null,
         "cause":"no-such-number","sentence":"1\\u001b[2J9 is no number.","caller_leg":{},"callee_leg":{}}],
       "refused_logins":[{"last":"2026-03-01T09:31:00.125Z","times":14,"sentence":"A wrong password."}]}
      """.utf8))!

  @Test func endedCallsShowHowTheyWereHeardAndWhyTheyFailed() {
    let text = historyText(answer)
    #expect(
      text.contains(
        "7   09:30:00  1001  1002    64 s    PCMU / opus  transcoded  caller     0.3 1.0 %  3.0 12.5 ms  4.3 3.9"),
      "\(text)")
    #expect(text.contains("is no number.") && !text.contains("1001 hung up"), "\(text)")
    #expect(text.contains("09:31:00 A wrong password. (14 times)"))
    #expect(text.hasPrefix("no call\n"))
  }

  @Test func nothingThatOthersSentMovesTheCursor() {
    #expect(!historyText(answer).utf8.contains(0x1b))
    #expect(!callText(.object([.init("sentence", .text("a\u{1b}[2J"))])).utf8.contains(0x1b))
  }

  @Test func oneCallIsToldWithItsMessages() {
    let call = JSON(
      parsing: Array(
        """
        {"number":6,"from":"1001","to":"1999","began":"2026-03-01T09:29:00.000Z","sentence":"It is no number.",
         "facts":["ended: no such number"],"omitted_messages":2,"messages":[
          {"time":"2026-03-01T09:29:00.001Z","direction":"in","message":"INVITE sip:1999@office.lan",
           "transport":"udp","remote":"192.0.2.7:5060","repeats":1}]}
        """.utf8))!
    #expect(
      callText(call) == """
        call 6 from 1001 to 1999, began 2026-03-01T09:29:00.000Z
        It is no number.

          ended: no such number

        09:29:00.001 <- udp 192.0.2.7:5060  INVITE sip:1999@office.lan  (and 1 more)
        2 messages in between are not kept

        """)
  }
}
