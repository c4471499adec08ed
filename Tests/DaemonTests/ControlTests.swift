import Configuration
import Console
import Testing

@testable import Daemon

private func request(_ text: String) -> Result<ControlRequest, ControlRequest.Failure> {
  Result { () throws(ControlRequest.Failure) in try ControlRequest(line: Array(text.utf8)) }
}

@Suite struct ControlTests {
  @Test func requestsAreRead() {
    #expect(request(#"{"command":"status"}"#) == .success(.status))
    #expect(request(#"{"command":"log","lines":20}"#) == .success(.log(lines: 20)))
    #expect(request(#"{"command":"log-level","level":"debug"}"#) == .success(.logLevel(.debug)))
    #expect(request(#"{"command":"reload"}"#) == .success(.reload))
    #expect(request(#"{"command":"calls","last":0}"#) == .success(.calls(last: 0)))
    #expect(request(#"{"command":"call","number":7}"#) == .success(.call(7)))
    #expect(
      request(#"{"command":"trace","number":"1001"}"#)
        == .success(.trace(number: "1001", call: nil, showsCredentials: false)))
  }

  @Test(arguments: [
    ("", "not a line of JSON"), ("status", "not a line of JSON"), ("[1]", "no 'command'"), ("{}", "no 'command'"),
    (#"{"command":7}"#, "no 'command'"), (#"{"command":"statsu"}"#, "did you mean 'status'?"),
    (#"{"command":"log"}"#, "'lines' must be"), (#"{"command":"log","lines":0}"#, "'lines' must be"),
    (#"{"command":"log","lines":99999999999}"#, "'lines' must be"),
    (#"{"command":"calls","last":1001}"#, "'last' must be"), (#"{"command":"call","number":-1}"#, "'number' must be"),
    (#"{"command":"trace","call":-1}"#, "'call' must be"),
    (#"{"command":"log-level","level":"loud"}"#, "'level' must be"),
    (#"{"command":"status","command":"reload"}"#, "not a line of JSON"),
  ])
  func othersAreRefusedWithAReason(text: String, reason: String) {
    guard case .failure(let failure) = request(text) else {
      Issue.record("\(text) was taken")
      return
    }
    #expect(failure.description.contains(reason), "\(failure.description)")
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "[", count: 4000)
    #expect(request(deep) == .failure(.notJSON))
  }

  @Test func answersAreOneLineOfJSON() {
    let answer = controlAnswer([JSON.Member("lines", .array([.text("a\nb\u{1}")]))])
    #expect(answer.filter { $0 == 10 }.count == 1 && answer.last == 10)
    #expect(JSON(parsing: answer)?["lines"]?.elements == [.text("a\nb\u{1}")])
    #expect(JSON(parsing: controlRefusal("no \"way\""))?["error"]?.text == "no \"way\"")
  }
}
