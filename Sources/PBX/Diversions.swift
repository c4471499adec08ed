import SIP
import Wire

/// How a call came to the number that it rings: told by Diversion (RFC 5806) and History-Info (RFC 7044).
struct Diversion: Sendable {
  /// Who sent the call on.
  let number: String
  /// As Diversion names it.
  let reason: String
  /// The response that sent it on (RFC 4458 §2 names the same).
  let status: Int

  static let reasons = [
    "user-busy", "no-answer", "unavailable", "unconditional", "time-of-day", "do-not-disturb", "deflection",
    "follow-me", "out-of-service", "away",
  ]

  /// Of a phone's 3xx: the reason that its own Diversion gives, if that is one of the known.
  init(_ number: String, _ failure: Failure?) {
    self.number = number
    status = failure?.status ?? 302
    let told = failure?.response?.headers[.diversion].flatMap { try? NameAddress($0) }?.parameters.unquoted("reason")
    reason = told.flatMap { Diversion.reasons.contains($0) ? $0 : nil } ?? "unknown"
  }
}

extension Exchange {
  /// Diversion has the last first (RFC 5806 §4); History-Info goes from the first on, each a step deeper (RFC 7044 §10.3).
  func addDiversions(_ headers: inout Headers, _ diversions: [Diversion], to number: String) {
    guard !diversions.isEmpty else { return }
    for diversion in diversions.reversed() {
      var address = NameAddress(houseURI(diversion.number))
      address.parameters["reason"] = diversion.reason
      headers.append(.diversion, address.description)
    }
    var index = "1"
    var history: [String] = []
    for (i, diversion) in diversions.enumerated() {
      var uri = houseURI(diversion.number)
      if i > 0 { uri.parameters["cause"] = String(diversions[i - 1].status) }
      uri.headers = [Parameter("Reason", "SIP%3Bcause%3D\(diversion.status)")]
      history.append("<" + uri.description + ">;index=" + index + (i > 0 ? ";mp=" + index.dropLast(2) : ""))
      index += ".1"
    }
    var last = houseURI(number)
    if let diversion = diversions.last { last.parameters["cause"] = String(diversion.status) }
    history.append("<" + last.description + ">;index=" + index + ";mp=" + index.dropLast(2))
    headers.append(.historyInfo, history.joined(separator: ", "))
  }

  /// 181 to the caller (RFC 3261 §21.1.3).
  func tellForwarded(_ call: Call, _ ringing: Call.Ringing) {
    guard let invite = call.caller.invite, !invite.request.headers.requires("100rel") else { return }
    var response = Response(to: invite.request, status: 181, toTag: ringing.branches.first?.callerTag)
    addDialogHeaders(&response, invite.request, invite.flow, user: call.callee)
    reply(invite.transaction, response)
  }
}
