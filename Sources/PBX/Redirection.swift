import Configuration
import SIP
import Wire

/// Phones that send their callers elsewhere, by a 3xx (RFC 3261 §8.1.3.4, §21.3). Only to a number of the house does the
/// exchange follow: elsewhere it would call at the expense of others.
extension Exchange {
  /// Numbers that may ring for one call, each after the one before.
  static let mostNumbers = 4

  /// Calls the number that the phones redirect to; false, and said why, where that is not to be.
  func redirected(_ call: inout Call, _ ringing: Call.Ringing) -> Bool {
    var ringing = ringing
    var whyNot = "it names no number of the house"
    for branch in ringing.branches {
      for contact in branch.redirections {
        guard let number = houseNumber(contact.uri, branch.flow) else { continue }
        let phones = registrations(of: number)
        if number == call.caller.number || ringing.numbers.contains(number) {
          whyNot = number + " takes part in the call already"
        } else if ringing.numbers.count >= min(call.caller.hops, Exchange.mostNumbers) {
          whyNot = "too many of them in turn"
        } else if phones.isEmpty {
          whyNot = "no phone is registered for " + number
        } else {
          log(.info, "call", "redirected", call.logFields + [.init("number", number)])
          ringing.diversions.append(Diversion(ringing.numbers.last ?? call.callee, branch.failure))
          ringing.numbers.append(number)
          tellForwarded(call, ringing)
          ringing.early = nil
          call.state = .ringing(ringing)
          ring(&call, phones)
          return true
        }
      }
    }
    log(.notice, "call", "a redirection is not followed: " + whyNot, call.logFields)
    return false
  }

  private func houseNumber(_ uri: URI, _ flow: Flow) -> String? {
    let hosts = [houseHost, .address(ownAddress(flow)), .address(flow.local.ip)]
    guard uri.scheme == .sip, hosts.contains(uri.host), let number = uri.unescapedUser else { return nil }
    return configuration.extensions[number] == nil ? nil : number
  }
}

extension Call.Branch {
  /// Where its phone redirects to, the preferred first. 305 and 380 mean something else.
  fileprivate var redirections: [NameAddress] {
    guard let failure, (300...302).contains(failure.status) else { return [] }
    return ((try? failure.response?.headers.contacts) ?? []).sorted { $0.q > $1.q }
  }
}
