import Platform
import Wire

extension Commands {
  @export(interface)
  public static func calls(_ client: ControlClient, last: String?, json: Bool) -> Int32 {
    guard let count = Int64(last ?? "20"), (0...1000).contains(count) else {
      return misused("--last takes a number from 0 to 1000")
    }
    return answered(client, "calls", [JSON.Member("last", .integer(count))]) { answer in
      json ? answer.description + "\n" : historyText(answer)
    }
  }

  /// `words` are what stands after `call`.
  @export(interface)
  public static func call(_ client: ControlClient, _ words: [String], json: Bool) -> Int32 {
    guard words.count == 2, words[0] == "show", let number = Int64(words[1]), number > 0 else {
      return misused("'sotto call' knows one thing: sotto call show ID, with an ID of 'sotto calls'")
    }
    return answered(client, "call", [JSON.Member("number", .integer(number))]) { answer in
      json ? answer.description + "\n" : callText(answer)
    }
  }
}

/// The answer to `calls`: those that live, those that ended with their cause, and logins that were refused.
func historyText(_ answer: JSON) -> String {
  var text = callsText(answer)
  let ended = answer["ended"]?.elements ?? []
  if !ended.isEmpty {
    var rows = [["ID", "ENDED", "FROM", "TO", "TALKED", "CODECS", "MEDIA BY", "ENCRYPTED", "LOSS", "JITTER", "MOS"]]
    for call in ended {
      rows.append([
        String(call["number"]?.integer ?? 0), clockTime(call["ended"]?.text), call["from"]?.text ?? "",
        call["to"]?.text ?? "", call["talked_seconds"]?.integer.map { duration($0) } ?? "-", codecsText(call),
        call["path"]?.text ?? "-", encryptionText(call), bothLegs(call, "loss_percent", "%"),
        bothLegs(call, "jitter_ms", "ms"),
        bothLegs(call, "mos", ""),
      ])
    }
    // Under each call its cause, where it is more than a good end.
    let lines = table(rows).split(separator: "\n", omittingEmptySubsequences: false)
    text += "\n" + lines[0] + "\n"
    for (call, line) in zip(ended, lines.dropFirst()) {
      text += line + "\n"
      if call["cause"]?.text != "ended", let sentence = call["sentence"]?.text { text += "      \(sentence)\n" }
    }
  }
  for login in answer["refused_logins"]?.elements ?? [] {
    let times = login["times"]?.integer ?? 1
    text +=
      "\n\(clockTime(login["last"]?.text)) \(login["sentence"]?.text ?? "")" + (times > 1 ? " (\(times) times)" : "")
  }
  return plain(text.utf8.last == 10 ? text : text + "\n")
}

/// The answer to `call`: the sentence, what it rests on, and the messages.
func callText(_ call: JSON) -> String {
  var text = "call \(call["number"]?.integer ?? 0) from \(call["from"]?.text ?? "") to \(call["to"]?.text ?? ""), "
  text += "began \(call["began"]?.text ?? "")\n"
  text += (call["sentence"]?.text ?? "It is not over.") + "\n"
  let facts = call["facts"]?.elements.compactMap { $0.text } ?? []
  if !facts.isEmpty { text += "\n" + facts.map { "  \($0)\n" }.joined() }
  text += "\n"
  for message in call["messages"]?.elements ?? [] {
    let repeats = message["repeats"]?.integer ?? 0
    let arrow = message["direction"]?.text == "in" ? "<-" : "->"
    text += "\(clockTime(message["time"]?.text, milliseconds: true)) \(arrow) "
    text += "\(message["transport"]?.text ?? "") \(message["remote"]?.text ?? "")  \(message["message"]?.text ?? "")"
    text += repeats > 0 ? "  (and \(repeats) more)\n" : "\n"
  }
  let omitted = call["omitted_messages"]?.integer ?? 0
  if omitted > 0 { text += "\(omitted) messages in between are not kept\n" }
  return plain(text)
}

/// `PCMU`, or `PCMU / opus` where they differ.
private func codecsText(_ call: JSON) -> String {
  let codecs = ["caller_leg", "callee_leg"].compactMap { call[$0]?["codec"]?.text }
  guard let first = codecs.first else { return "-" }
  return codecs.allSatisfy { $0 == first } ? first : codecs.joined(separator: " / ")
}

/// A figure of how caller and callee are heard: `0.1 0.0 %`.
private func bothLegs(_ call: JSON, _ figure: String, _ unit: String) -> String {
  let figures = ["caller_leg", "callee_leg"].compactMap { leg -> String? in
    guard case .real(let value)? = call[leg]?["heard_from"]?[figure] else { return nil }
    return tenths(value)
  }
  return figures.isEmpty ? "-" : figures.joined(separator: " ") + (unit.isEmpty ? "" : " " + unit)
}

/// The hours of an RFC 3339 time, in UTC: `14:03:59`.
private func clockTime(_ time: String?, milliseconds: Bool = false) -> String {
  guard let time, time.utf8.count >= 23 else { return "-" }
  return String(time.dropFirst(11).prefix(milliseconds ? 12 : 8))
}

/// What others sent may stand in it: nothing of it may move a terminal's cursor.
private func plain(_ text: String) -> String {
  var made = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl = scalar != "\n" && (scalar.value < 32 || (127..<160).contains(scalar.value))
    made.append(isControl ? "?" : scalar)
  }
  return String(made)
}
