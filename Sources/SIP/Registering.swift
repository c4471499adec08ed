import Wire

/// What whoever registers says to a registrar, and reads in its answer (RFC 3261 §10.2).
extension Request {
  /// A REGISTER by way of `routes`, which binds `contact` to the account for so many seconds; 0 takes it away.
  @export(interface)
  public init(
    registering account: URI, at registrar: URI, by routes: [NameAddress] = [], callID: String, tag: String,
    cSeq: UInt32, contact: String, expires: UInt32
  ) {
    self.init(.register, registrar)
    var from = NameAddress(account)
    from.tag = tag
    for route in routes { headers.append(.route, route.description) }
    headers.append(.maxForwards, "70")
    headers.append(.from, from.description)
    headers.append(.to, NameAddress(account).description)
    headers.append(.callID, callID)
    headers.append(.cSeq, CSeq(cSeq, .register).description)
    headers.append(.contact, contact)
    headers.append(.expires, String(expires))
  }
}

extension Response {
  /// The longest registration that is believed, and the shortest that is kept, in seconds.
  private static let mostSeconds: UInt32 = 86400
  private static let leastSeconds: UInt32 = 20

  /// Seconds for which the contact of that `line` is registered (RFC 3261 §10.2.4); `asked` where nothing is said of it.
  @export(interface)
  public func granted(to line: String, asked: UInt32) -> UInt32 {
    let contacts = (try? headers.contacts) ?? []
    let own = contacts.first { $0.uri.parameters["line"] == line } ?? (contacts.count == 1 ? contacts[0] : nil)
    let seconds = own?.expires ?? ((try? headers.expires) ?? nil) ?? asked
    return max(Self.leastSeconds, min(seconds, Self.mostSeconds))
  }

  /// Seconds that the registrar wants at least (RFC 3261 §10.2.8); nil where it would do with `asked`, or wants more than
  /// a day.
  @export(interface)
  public func leastExpires(above asked: UInt32) -> UInt32? {
    guard let least = (try? headers.minExpires) ?? nil, least > asked, least <= Self.mostSeconds else { return nil }
    return least
  }
}

/// When a registration for so many seconds is renewed: between 75 and 85 %, so that not all come at once after a restart
/// of the registrar.
public func renewal(after seconds: UInt32, random: UInt64) -> Interval {
  .milliseconds(Int64(seconds) * (750 + Int64(random % 100)))
}
