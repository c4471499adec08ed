import Platform
import Wire

extension Commands {
  @export(interface)
  public static func trunks(_ client: ControlClient) -> Int32 {
    answered(client, "status") { trunksText($0) }
  }

  /// `words` are what stands after `trunk`.
  @export(interface)
  public static func trunk(_ client: ControlClient, _ words: [String]) -> Int32 {
    guard words.first == "test", words.count >= 2 else {
      return misused("'sotto trunk' knows one thing: sotto trunk test NAME [NUMBER]")
    }
    do throws(ControlError) {
      var members = [JSON.Member("trunk", .text(words[1]))]
      if words.count > 2 { members.append(JSON.Member("number", .text(words[2]))) }
      let started = try client.ask("trunk-test", members)
      guard let id = started["id"] else { return 1 }
      var shown = 0
      while true {
        let answer = try client.ask("trunk-test-result", [JSON.Member("id", id)])
        let steps = answer["steps"]?.elements.compactMap { $0.text } ?? []
        for step in steps.dropFirst(shown) { Process.writeOutput(step + "\n") }
        shown = steps.count
        if let succeeded = answer["succeeded"]?.bool { return succeeded ? 0 : 1 }
        // The exchange gives up by itself.
        Clock.sleep(.milliseconds(100))
      }
    } catch {
      Process.writeError("sotto: \(error.description)\n")
      return 1
    }
  }
}

/// A table of the trunks, and under it what is wrong with them.
func trunksText(_ status: JSON) -> String {
  var rows = [["TRUNK", "STATE", "SERVER", "EXPIRES", "CALLS", "TODAY"]]
  var errors = ""
  for trunk in status["trunks"]?.elements ?? [] {
    let name = trunk["name"]?.text ?? ""
    let seconds = trunk["seconds_today"]?.integer ?? 0
    rows.append([
      name, trunk["state"]?.text ?? "", trunk["server"]?.text ?? "-",
      trunk["expires_seconds"]?.integer.map { duration($0) } ?? "-",
      "\(trunk["calls"]?.integer ?? 0)/\(trunk["channels"]?.integer ?? 0)",
      "\(trunk["calls_today"]?.integer ?? 0) out, \((seconds + 59) / 60) min",
    ])
    if let error = trunk["last_error"]?.text {
      let again = trunk["retry_seconds"]?.integer.map { "; again in \(duration($0))" } ?? ""
      errors += "\(name): \(error)\(again)\n"
    }
  }
  return rows.count == 1 ? "no trunk\n" : table(rows) + errors
}
