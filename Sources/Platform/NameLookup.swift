import DNS
import Wire

/// Looks up host names for programs that may wait.
public enum NameLookup {
  /// The addresses of a name, IPv4 first; empty where there are none. Blocks for at most `patience`.
  public static func addresses(of name: String, patience: Interval) throws(PlatformError) -> [IPAddress] {
    let poller = try Poller()
    defer { poller.close() }
    let resolver = try NameResolver(poller: poller) { UInt64(bitPattern: Int64($0)) }
    resolver.ask(NameQuestion(name, .ipv4))
    resolver.ask(NameQuestion(name, .ipv6))
    let deadline = Clock.monotonic() + patience
    while resolver.waiting > 0 && Clock.monotonic() < deadline {
      var progressed = false
      poller.wait(until: min(deadline, resolver.nextDeadline ?? deadline)) { token, what in
        progressed = true
        resolver.ready(Int32(truncatingIfNeeded: Int64(bitPattern: token)), what)
      }
      if !progressed { resolver.wake() }
    }
    var found: [IPAddress] = []
    while let (question, answer) = resolver.next() {
      guard case .found(.addresses(let addresses), _) = answer else { continue }
      found = question.kind == .ipv4 ? addresses + found : found + addresses
    }
    return found
  }
}
