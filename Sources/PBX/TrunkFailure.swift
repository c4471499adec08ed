import Configuration
import SIP
import Wire

/// Why a trunk does not do what is asked of it, in words for a person.
extension Exchange {
  /// `403 from provider: password refused`.
  func explain(_ response: Response, _ name: String, _ method: Method, wasAuthenticated: Bool) -> String {
    var text = "\(response.status) from \(name): " + meaning(response, name, method, wasAuthenticated)
    if response.reason != Response(status: response.status).reason { text += " (\(response.reason))" }
    if let warning = response.headers[.warning] { text += " [\(warning)]" }
    return text
  }

  private func meaning(_ response: Response, _ name: String, _ method: Method, _ wasAuthenticated: Bool) -> String {
    let settings = outside.trunks[name]?.settings
    let isRegister = method == .register
    switch response.status {
    case 300..<400: return "it sends the call elsewhere, which is not followed"
    case 401, 407:
      if wasAuthenticated { return "password refused" }
      return settings?.password == nil
        ? "it asks for a password, and the trunk has none" : "it asks for a kind of login that is not known here"
    case 402: return "it wants to be paid"
    case 403:
      if wasAuthenticated && isRegister { return "password refused" }
      return isRegister
        ? "refused; is this user, or this address, allowed to register there?"
        : "call refused; is the caller's number one of yours, and the destination allowed?"
    case 404, 410, 604: return isRegister ? "the user is not known there" : "the number is not known there"
    case 406, 415, 488, 606:
      let codecs = settings?.codecs.map { $0.rawValue }.joined(separator: ", ") ?? ""
      return "codec refused; it was offered \(codecs)"
    case 408: return "it got no answer itself"
    case 423: return "it wants another time between registrations"
    case 480: return "the callee cannot be reached"
    case 484: return "the number is not complete"
    case 486, 600: return "the callee is busy"
    case 487: return "the call was given up"
    case 503: return "out of service or overloaded"
    case 500..<600: return "it has a fault"
    case 603: return "the callee declined"
    default: return Response(status: response.status).reason
    }
  }

  /// A request that nothing answered.
  func explain(_ failure: TransactionFailure, _ flow: Flow?) -> String {
    let place = flow?.text ?? "the server"
    switch failure {
    case .timeout: return "no answer from \(place); is it up, and does a firewall let SIP through?"
    case .transport:
      let name = flow?.serverName.map { ", whose certificate has to name \($0)" } ?? ""
      return "no connection to \(place)\(name)" + (outside.trouble.map { ": " + $0 } ?? "")
    case .unacknowledged: return "\(place) never acknowledged an answer"
    case .overload: return failure.description
    }
  }
}
