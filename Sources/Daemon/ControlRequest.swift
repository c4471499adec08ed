import Configuration
import Console

/// What a client of the control socket may ask; one line of JSON with a `command`.
enum ControlRequest: Equatable {
  case status
  /// The last so many lines.
  case log(lines: Int)
  case logLevel(LogLevel)
  case reload
  /// Calls that live, and the last so many that ended.
  case calls(last: Int)
  /// One call, by its number.
  case call(UInt32)
  /// Signalling from now on, until the asker closes: all, or that of a number or call.
  case trace(number: String?, call: UInt32?, showsCredentials: Bool)
  /// Tries a trunk by a call to the number, or without one by a REGISTER or OPTIONS.
  case trunkTest(trunk: String, number: String?)
  /// How that goes.
  case trunkTestResult(UInt32)

  enum Failure: Error, Equatable {
    case notJSON
    case noCommand
    case unknown(String)
    case badMember(String, expected: String)

    var description: String {
      switch self {
      case .notJSON: "the request is not a line of JSON"
      case .noCommand: "the request has no 'command'"
      case .unknown(let command):
        "unknown command \(quoted(command))"
          + (nearest(to: command, among: names).map { "; did you mean '\($0)'?" } ?? "")
      case .badMember(let member, let expected): "'\(member)' must be \(expected)"
      }
    }
  }

  private static let names = [
    "status", "log", "log-level", "reload", "calls", "call", "trace", "trunk-test", "trunk-test-result",
  ]
  /// A request line is never longer.
  static let longest = 4096

  init(line: [UInt8]) throws(Failure) {
    guard let json = JSON(parsing: line) else { throw .notJSON }
    switch json["command"]?.text {
    case "status": self = .status
    case "log":
      guard let lines = json["lines"]?.integer, (1...10000).contains(lines) else {
        throw .badMember("lines", expected: "a number from 1 to 10000")
      }
      self = .log(lines: Int(lines))
    case "log-level":
      guard let level = json["level"]?.text.flatMap({ LogLevel(rawValue: $0) }) else {
        throw .badMember("level", expected: "error, warning, notice, info or debug")
      }
      self = .logLevel(level)
    case "reload": self = .reload
    case "calls":
      guard let last = json["last"]?.integer, (0...1000).contains(last) else {
        throw .badMember("last", expected: "a number from 0 to 1000")
      }
      self = .calls(last: Int(last))
    case "call":
      guard let number = json["number"]?.integer.flatMap({ UInt32(exactly: $0) }) else {
        throw .badMember("number", expected: "the number of a call")
      }
      self = .call(number)
    case "trace":
      let call = json["call"]?.integer
      guard call == nil || call.flatMap({ UInt32(exactly: $0) }) != nil else {
        throw .badMember("call", expected: "the number of a call")
      }
      self = .trace(
        number: json["number"]?.text, call: call.flatMap { UInt32(exactly: $0) },
        showsCredentials: json["credentials"]?.bool ?? false)
    case "trunk-test":
      guard let trunk = json["trunk"]?.text else { throw .badMember("trunk", expected: "the name of a trunk") }
      self = .trunkTest(trunk: trunk, number: json["number"]?.text)
    case "trunk-test-result":
      guard let id = json["id"]?.integer, let number = UInt32(exactly: id) else {
        throw .badMember("id", expected: "a number that trunk-test has answered")
      }
      self = .trunkTestResult(number)
    case .some(let other): throw .unknown(other)
    case nil: throw .noCommand
    }
  }
}

/// What a client gets: a line, and where it reads along, all that its tap takes after that.
struct ControlReply {
  var bytes: [UInt8]
  var tap: TraceTap?
}

/// The line that answers a request.
func controlAnswer(_ members: [JSON.Member]) -> [UInt8] {
  Array((JSON.object([JSON.Member("ok", .bool(true))] + members).description + "\n").utf8)
}

/// The line that refuses one.
func controlRefusal(_ reason: String) -> [UInt8] {
  let members = [JSON.Member("ok", .bool(false)), JSON.Member("error", .text(reason))]
  return Array((JSON.object(members).description + "\n").utf8)
}
