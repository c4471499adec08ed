import SIP
import Wire

/// Client-initiated connections (RFC 5626): a phone says which one it is and by which of its ways it registers, and calls
/// to it come back by that way. The flow is kept with the contact, so that no token of it has to travel.
extension Registrar {
  /// Where a call to the number goes, the preferred first: of a phone that is registered by several ways, the one that
  /// it used last (RFC 5626 §5.3).
  public func targets(of number: String, now: Instant) -> [Binding] {
    let all = bindings(of: number, now: now)
    return all.filter { binding in
      guard let instance = binding.outbound?.instance else { return true }
      return !all.contains { $0.outbound?.instance == instance && $0.isPreferred(to: binding) }
    }
  }

  /// The next way to the same phone when those tried have failed.
  func alternative(of number: String, instance: String, tried: [Flow], now: Instant) -> Binding? {
    let left = bindings(of: number, now: now).filter { $0.outbound?.instance == instance && !tried.contains($0.flow) }
    return left.first { binding in !left.contains { $0.isPreferred(to: binding) } }
  }

  /// Whether the answer confirms outbound: of what the request registered something is there by it.
  func usesOutbound(_ request: Request, _ list: [Binding]) -> Bool {
    guard let contacts = try? request.headers.contacts, (try? request.headers.supportsOutbound) == true else {
      return false
    }
    return contacts.contains { contact in
      guard let outbound = contact.outbound else { return false }
      return list.contains { $0.outbound == outbound }
    }
  }
}

extension NameAddress {
  /// What RFC 5626 §4.2.1 puts into Contact; nil where either half is missing or malformed.
  var outbound: Binding.Outbound? {
    guard let instance = parameters["+sip.instance"], instance.utf8.count <= 256,
      let number = parameters["reg-id"].flatMap({ UInt32($0) }), (1...0x7fff_ffff).contains(number)
    else { return nil }
    return Binding.Outbound(instance: instance, flow: number)
  }
}

extension Headers {
  var supportsOutbound: Bool {
    get throws(SIPError) {
      let tags = try supported
      return tags.contains { lowercasedASCII($0) == "outbound" }
    }
  }
}

extension Binding {
  /// Of two ways to one phone: the one that it wants rather, then the one that was registered last.
  func isPreferred(to other: Binding) -> Bool {
    if q != other.q { return q > other.q }
    if expires != other.expires { return expires > other.expires }
    return outbound.map { $0.flow } ?? 0 < other.outbound.map { $0.flow } ?? 0
  }
}
