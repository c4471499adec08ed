import Console
import Platform
import Wire

/// What the user sees: a sentence for each event, or with `--json` an object on a line.
struct Show {
  let json: Bool
  /// Whether a line at the bottom tells how the call is, written over again and again.
  var isLive = false

  init(json: Bool) { self.json = json }

  /// Takes that line away.
  func clear() { if isLive { Process.writeOutput("\r\u{1b}[K") } }

  func live(_ line: String) { if isLive { Process.writeOutput("\r\u{1b}[K" + line) } }

  func tell(_ event: String, _ sentence: String, _ members: [JSON.Member] = []) {
    guard json else {
      clear()
      return Process.writeOutput(sentence + "\n")
    }
    let all = [JSON.Member("event", .text(event))] + members
    Process.writeOutput(JSON.object(all).description + "\n")
  }
}

extension JSON.Member {
  static func text(_ name: String, _ text: String?) -> JSON.Member {
    JSON.Member(name, text.map { .text($0) } ?? .null)
  }
  static func flag(_ name: String, _ flag: Bool) -> JSON.Member { JSON.Member(name, .bool(flag)) }
  static func number(_ name: String, _ number: some BinaryInteger) -> JSON.Member {
    JSON.Member(name, .integer(Int64(number)))
  }
}

/// A time of less than hours as milliseconds with one digit: `12.3`.
func milliseconds(_ microseconds: Int64) -> String {
  let tenths = (microseconds + 50) / 100
  return "\(tenths / 10).\(tenths % 10)"
}
