import SIP
import Wire

/// Which phones can be reached under which number, without I/O (RFC 3261 §10). Whoever calls `handle` has authenticated
/// the request.
public struct Registrar: Sendable {
  public var limits: RegistrarLimits
  private var bindings: [String: [Binding]] = [:]
  /// Where phones are registered from, and by how many contacts.
  private var sources: [SocketAddress: Int] = [:]
  /// Numbers whose contacts changed since they were last kept; nil where nobody keeps them.
  var changes: Set<String>?
  private(set) var counts = RegistrationChanges()
  /// No binding expires before; may be earlier than needed.
  public private(set) var nextDeadline: Instant?

  public init(limits: RegistrarLimits = RegistrarLimits()) { self.limits = limits }

  /// Numbers that have a contact.
  public var numbers: [String] { Array(bindings.keys) }

  /// Whether a phone is registered from there.
  func knows(_ source: SocketAddress) -> Bool { sources[source] != nil }

  var sourceAddresses: [IPAddress] { sources.keys.map { $0.ip } }

  /// The contacts of a number, the preferred first.
  public func bindings(of number: String, now: Instant) -> [Binding] {
    let live = (bindings[number] ?? []).filter { $0.expires > now }
    return live.sorted { $0.q > $1.q }
  }

  /// Whether a phone is registered there.
  public func hasContact(at flow: Flow, now: Instant) -> Bool {
    bindings.values.contains { list in
      list.contains { $0.expires > now && $0.flow.transport == flow.transport && $0.flow.remote == flow.remote }
    }
  }

  /// Answers a REGISTER of the user who proved to be `user`, which is a number of the house. Nobody registers for another.
  /// `toTag` is for the response.
  @export(interface)
  public mutating func handle(
    _ request: Request, user: String, from flow: Flow, now: Instant, toTag: String
  ) -> Response {
    do throws(SIPError) {
      guard try request.headers.to.uri.unescapedUser == user else {
        return Response(to: request, status: 403, reason: "Only your own number can be registered", toTag: toTag)
      }
      var list = (bindings[user] ?? []).filter { $0.expires > now }
      if let refusal = try update(&list, request, flow, now) {
        var response = Response(to: request, status: refusal.status, reason: refusal.reason, toTag: toTag)
        if refusal == .tooBrief { response.headers.append(.minExpires, String(limits.least)) }
        return response
      }
      store(list, user)
      return accepted(request, list, now, toTag)
    } catch {
      return Response(to: request, refusing: error, toTag: toTag) ?? Response(to: request, status: 400, toTag: toTag)
    }
  }

  /// Forgets all contacts of a number.
  public mutating func removeAll(of number: String) { store([], number) }

  /// Takes up contacts that another process kept. Those that were registered over a connection went with it.
  mutating func restore(_ list: [Binding], of number: String) {
    store(list.filter { !$0.flow.transport.isReliable }, number)
  }

  /// Forgets the contacts that were registered over a connection that is gone: they can't be reached any more.
  @export(interface)
  public mutating func connectionClosed(_ flow: Flow) {
    guard flow.transport.isReliable else { return }
    for (number, list) in bindings {
      let rest = list.filter { $0.flow.transport != flow.transport || $0.flow.connection != flow.connection }
      if rest.count < list.count { store(rest, number) }
    }
  }

  /// Forgets what has expired.
  @export(interface)
  public mutating func wake(now: Instant) {
    guard let due = nextDeadline, due <= now else { return }
    nextDeadline = nil
    for (number, list) in bindings { store(list.filter { $0.expires > now }, number) }
  }

  private mutating func store(_ list: [Binding], _ number: String) {
    let before = bindings[number] ?? []
    if list.count == before.count && zip(list, before).allSatisfy({ $0.isAsReachable(as: $1) }) {
      counts.refreshes &+= 1
    } else {
      counts.moves &+= 1
    }
    changes?.insert(number)
    for source in before.flatMap({ [$0.flow.remote, $0.source] }) {
      let left = (sources[source] ?? 1) - 1
      sources[source] = left > 0 ? left : nil
    }
    bindings[number] = list.isEmpty ? nil : list
    for binding in list {
      for source in [binding.flow.remote, binding.source] { sources[source, default: 0] += 1 }
      nextDeadline = earliest(nextDeadline, binding.expires)
    }
  }

  /// Every current contact with what is left of it (RFC 3261 §10.3 step 8).
  private func accepted(_ request: Request, _ list: [Binding], _ now: Instant, _ toTag: String) -> Response {
    var response = Response(to: request, status: 200, toTag: toTag)
    for binding in list {
      var contact = binding.contact
      contact.parameters["expires"] = String(binding.secondsLeft(now))
      response.headers.append(.contact, contact.description)
    }
    // RFC 3327 §5.3.
    response.headers.copy(.path, from: request.headers)
    if usesOutbound(request, list) {
      response.headers.append(.require, "outbound")
      response.headers.append(.flowTimer, String(limits.flowTimer))
    }
    return response
  }
}

/// RFC 3261 §10.3 steps 6 and 7: all contacts of a request are taken, or none.
extension Registrar {
  private enum Refusal {
    case tooBrief, outOfOrder, badWildcard, tooMany, notSIP, noOutboundBefore

    var status: Int {
      switch self {
      case .tooBrief: 423
      case .outOfOrder: 500
      case .badWildcard, .notSIP: 400
      case .tooMany: 403
      case .noOutboundBefore: 439
      }
    }

    var reason: String {
      switch self {
      case .tooBrief: "Interval Too Brief"
      case .outOfOrder: "An older CSeq than the contact was registered with"
      case .badWildcard: "Contact * goes with Expires 0 alone"
      case .tooMany: "Too many contacts"
      case .notSIP: "Contact has to be a SIP URI"
      case .noOutboundBefore: "First Hop Lacks Outbound Support"
      }
    }
  }

  private func update(
    _ list: inout [Binding], _ request: Request, _ flow: Flow, _ now: Instant
  ) throws(SIPError) -> Refusal? {
    let headers = request.headers
    let callID = try headers.callID
    let cSeq = try headers.cSeq.number
    let expires = try headers.expires
    if headers.values(.contact).contains("*") {
      guard headers.isContactWildcard, expires == 0 else { return .badWildcard }
      guard !list.contains(where: { $0.callID == callID && $0.cSeq >= cSeq }) else { return .outOfOrder }
      list = []
      return nil
    }
    let contacts = try headers.contacts
    guard contacts.count <= limits.contacts else { return .tooMany }
    let before = list
    let path = try headers.path
    let isStraight = flow.isStraight(try headers.via) && path.isEmpty
    let wantsOutbound = try headers.supportsOutbound
    // RFC 5626 §6: a proxy that knows nothing of flows would send each request another way.
    let isDirect = headers.count(of: .via) == 1
    let keepsFlow = isDirect || path.last?.uri.parameters.contains("ob") == true
    for var contact in contacts {
      guard contact.uri.isSIP else { return .notSIP }
      guard let seconds = limits.granted(contact.expires ?? expires) else { return .tooBrief }
      let outbound = wantsOutbound ? contact.outbound : nil
      guard outbound == nil || keepsFlow else { return .noOutboundBefore }
      let isSame: (Binding) -> Bool = {
        outbound == nil ? $0.contact.uri.isEquivalent(to: contact.uri) : $0.outbound == outbound
      }
      guard !before.contains(where: { isSame($0) && $0.callID == callID && $0.cSeq >= cSeq }) else {
        return .outOfOrder
      }
      list.removeAll(where: isSame)
      guard seconds > 0 else { continue }
      let q = contact.q
      contact.parameters["expires"] = nil
      list.append(
        Binding(
          contact: contact, q: q, expires: now + .seconds(Int64(seconds)), callID: callID, cSeq: cSeq,
          flow: isStraight && outbound == nil ? flow.reaching(contact.uri) : flow, source: flow.remote,
          userAgent: headers[.userAgent], outbound: outbound, path: path))
    }
    while list.count > limits.contacts {
      let older = list.indices.filter { list[$0].callID != callID || list[$0].cSeq != cSeq }
      guard let first = older.min(by: { list[$0].expires < list[$1].expires }) else { break }
      list.remove(at: first)
    }
    return nil
  }
}
