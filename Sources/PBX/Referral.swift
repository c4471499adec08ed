import SIP
import Wire

/// What a REFER asks for.
struct Referral {
  let number: String
  let replaces: DialogName?
  let referredBy: String?
  /// Whether its sender wants no word of it (RFC 4488 §4).
  let isSilent: Bool

  /// Throws a status where it can't be served: only calls are made for others, no other requests.
  init(_ request: Request) throws(Refused) {
    let target: URI
    do throws(SIPError) {
      guard request.headers.count(of: .referTo) == 1 else { throw .badHeader(.referTo, "one address") }
      target = try request.headers.referTo.uri
      if let text = target.header(.replaces) { replaces = try DialogName(replaces: text) } else { replaces = nil }
    } catch {
      throw Refused(400, warning: (399, error.description))
    }
    guard target.parameters["method"].map({ $0 == "INVITE" }) ?? true, let number = target.dialledNumber else {
      throw Refused(403, warning: (399, "only calls can be made for another"))
    }
    self.number = number
    referredBy = request.headers[.referredBy]
    isSilent = request.headers[named: "Refer-Sub"].map { equalsIgnoringCase($0, "false") } ?? false
  }
}
