import Configuration
import Crypto
import SIP
import Wire

/// REGISTER at a provider (RFC 3261 §10.2).
extension Exchange {
  func sendRegister(_ name: String) {
    guard var trunk = outside.trunks[name], let way = trunk.way else { return }
    trunk.cSeq &+= 1
    let request = registerRequest(trunk, way.flow, expires: trunk.expires)
    outside.trunks[name] = trunk
    let transaction = send(request, to: way.flow, for: .trunk(.register(name)))
    outside.trunks[name]?.registration = .asking(transaction)
  }

  /// Takes our contact away from the registrar of a trunk that is no more; the answer is of no interest.
  func leaveRegistrar(_ trunk: Trunk) {
    guard case .held = trunk.registration, let way = trunk.way else { return }
    var leaving = trunk
    leaving.cSeq &+= 1
    _ = send(registerRequest(leaving, way.flow, expires: 0), to: way.flow, for: .trunk(.leave))
  }

  private func registerRequest(_ trunk: Trunk, _ flow: Flow, expires: UInt32) -> Request {
    let account = trunk.uri(trunk.settings.user)
    var request = Request(.register, trunk.uri(nil))
    var from = NameAddress(account)
    from.tag = trunk.tag
    // Without the service route, which is for other requests (RFC 3608 §5).
    var bare = trunk
    bare.serviceRoutes = []
    for route in bare.routes { request.headers.append(.route, route.description) }
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(account).description)
    request.headers.append(.callID, trunk.callID)
    request.headers.append(.cSeq, CSeq(trunk.cSeq, .register).description)
    request.headers.append(.contact, trunkContact(trunk, flow))
    request.headers.append(.expires, String(expires))
    request.headers.append(.supported, "path")
    return request
  }

  func registerAnswered(_ name: String, _ response: Response, wasAuthenticated: Bool) {
    guard response.isFinal, let trunk = outside.trunks[name] else { return }
    if response.isSuccess { return registered(name, response) }
    let why = explain(response, name, .register, wasAuthenticated: wasAuthenticated)
    let retryAfter = (try? response.headers.retryAfter) ?? nil
    switch response.status {
    case 423:
      // RFC 3261 §10.2.8; one that wants more than a day is not believed.
      guard let least = (try? response.headers.minExpires) ?? nil, least > trunk.expires, least <= 86400 else {
        return trunkRoundFailed(name, why, isRefusal: true)
      }
      outside.trunks[name]?.expires = least
      sendRegister(name)
    case 408, 500...: trunkHopFailed(name, why, retryAfter: retryAfter)
    default: trunkRoundFailed(name, why, isRefusal: true, retryAfter: retryAfter)
    }
  }

  private func registered(_ name: String, _ response: Response) {
    guard var trunk = outside.trunks[name] else { return }
    var isNew = true
    if trunk.isReachable == true && trunk.failures == 0 && trunk.lastError == nil { isNew = false }
    let seconds = max(granted(trunk, response), 20)
    // Between 75 and 85 %, so that not all of a provider's customers come at once after its restart.
    let part = 750 + Int64(random.next() % 100)
    trunk.registration = .held(
      until: now + .seconds(Int64(seconds)), renewAt: now + .milliseconds(Int64(seconds) * part))
    let routes = response.headers.values(.serviceRoute)
    trunk.serviceRoutes = routes.compactMap { try? NameAddress($0) }
    if trunk.serviceRoutes.count < routes.count { trunk.serviceRoutes = [] }
    trunk.failures = 0
    trunk.failedHops = []
    trunk.isReachable = true
    trunk.lastError = nil
    outside.trunks[name] = trunk
    _ = hasMoved(name, response)
    if isNew {
      log(
        .info, "trunk", "registered",
        [.init("trunk", name), .init("server", trunk.way?.flow.text ?? ""), .init("seconds", String(seconds))])
    }
    scheduleNext(name)
  }

  /// Seconds granted to our contact (RFC 3261 §10.2.4), at most a day.
  private func granted(_ trunk: Trunk, _ response: Response) -> UInt32 {
    let contacts = (try? response.headers.contacts) ?? []
    let own = contacts.first { $0.uri.parameters["line"] == trunk.line } ?? (contacts.count == 1 ? contacts[0] : nil)
    return min(own?.expires ?? ((try? response.headers.expires) ?? nil) ?? trunk.expires, 86400)
  }
}
