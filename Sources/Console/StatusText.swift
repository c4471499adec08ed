import Wire

/// The answer to `status` as text for a person.
@export(interface)
public func statusText(_ status: JSON) -> String {
  let trunks = status["trunks"]?.elements.isEmpty == false ? trunksText(status) + "\n" : ""
  return summaryText(status) + "\n" + phonesText(status) + "\n" + trunks + callsText(status)
}
/// One line on the process, one on its addresses, one on its media.
func summaryText(_ status: JSON) -> String {
  let listeners = status["listeners"]?.elements.compactMap { $0.text } ?? []
  let media = status["media"]
  return """
    sotto \(status["version"]?.text ?? "?"), up \(duration(status["uptime_seconds"]?.integer ?? 0)), \
    domain \(status["domain"]?.text ?? "?"), log level \(status["log_level"]?.text ?? "?")
    listening on \(listeners.joined(separator: " "))
    media by \(media?["engine"]?.text ?? "?"), ports \(media?["ports"]?.text ?? "?")

    """ + overloadText(status) + certificatesText(status)
}

private func overloadText(_ status: JSON) -> String {
  status["overload"]?["now"]?.bool == true
    ? "more comes in than can be done: new calls and logins of others than the phones at hand are refused\n" : ""
}

/// What can be compared with what a phone shows: two lines for each certificate.
private func certificatesText(_ status: JSON) -> String {
  var text = ""
  for certificate in status["certificates"]?.elements ?? [] {
    let until = certificate["until"]?.text.map { String($0.prefix(10)) }
    text += "certificate (\(certificate["key"]?.text ?? "?"), until \(until ?? "?")), "
    text += "SHA-256 \(certificate["sha256"]?.text ?? "?")\n"
    guard let authority = certificate["authority_sha256"]?.text else { continue }
    text += "signed by the own authority in \(certificate["authority_file"]?.text ?? "?"), SHA-256 \(authority)\n"
  }
  return text
}

/// A table of the registered phones.
func phonesText(_ status: JSON) -> String {
  var rows = [["NUMBER", "FROM", "EXPIRES", "CONTACT"]]
  for phone in status["registrations"]?.elements ?? [] {
    rows.append([
      phone["number"]?.text ?? "", phone["source"]?.text ?? "", duration(phone["expires_seconds"]?.integer ?? 0),
      phone["contact"]?.text ?? "",
    ])
  }
  return rows.count == 1 ? "no phone is registered\n" : table(rows)
}

/// How caller and callee are heard by the box, 1 … 4.5 each.
private func scoreText(_ call: JSON) -> String {
  let scores = ["caller_leg", "callee_leg"].compactMap { leg -> String? in
    guard case .real(let score)? = call[leg]?["heard_from"]?["mos"] else { return nil }
    return tenths(score)
  }
  return scores.joined(separator: " ")
}

/// A table of the calls.
func callsText(_ status: JSON) -> String {
  var rows = [["FROM", "TO", "STATE", "FOR", "MEDIA BY", "ENCRYPTED", "MOS"]]
  for call in status["calls"]?.elements ?? [] {
    rows.append([
      call["from"]?.text ?? "", call["to"]?.text ?? "", call["state"]?.text ?? "",
      duration(call["seconds"]?.integer ?? 0), relayText(call), encryptionText(call),
      scoreText(call),
    ])
  }
  return rows.count == 1 ? "no call\n" : table(rows)
}

/// Who relays what the caller sends, and what the callee does where that is another.
private func relayText(_ call: JSON) -> String {
  let caller = call["caller_leg"]?["relay"]?.text ?? ""
  let callee = call["callee_leg"]?["relay"]?.text ?? caller
  return caller == callee ? caller : "\(caller) / \(callee)"
}

/// Whose media is encrypted on its way to the exchange and back.
func encryptionText(_ call: JSON) -> String {
  let isSecure = { (leg: String) in call[leg]?["encryption"]?.text != nil }
  let hasCallee = call["callee_leg"]?["signalling"]?.text != nil
  switch (isSecure("caller_leg"), isSecure("callee_leg")) {
  case (true, true): return "yes"
  case (true, false): return hasCallee ? "caller" : "yes"
  case (false, true): return "callee"
  case (false, false): return "no"
  }
}

/// Columns as wide as their widest cell, two blanks between them.
func table(_ rows: [[String]]) -> String {
  var widths: [Int] = []
  for row in rows {
    for (i, cell) in row.enumerated() {
      if i == widths.count { widths.append(0) }
      widths[i] = max(widths[i], cell.unicodeScalars.count)
    }
  }
  var text = ""
  for row in rows {
    var line = ""
    for (i, cell) in row.enumerated() { line += i == row.count - 1 ? cell : padded(cell, to: widths[i] + 2) }
    text += line + "\n"
  }
  return text
}

/// `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`.
func duration(_ seconds: Int64) -> String {
  switch seconds {
  case ..<120: "\(seconds) s"
  case ..<7200: "\(seconds / 60) min"
  case ..<172_800: "\(seconds / 3600) h \(seconds / 60 % 60) min"
  default: "\(seconds / 86400) d \(seconds / 3600 % 24) h"
  }
}
