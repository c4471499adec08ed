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
    // Without the service route, which is for other requests (RFC 3608 §5).
    var bare = trunk
    bare.serviceRoutes = []
    var request = Request(
      registering: trunk.uri(trunk.settings.user), at: trunk.uri(nil), by: bare.routes, callID: trunk.callID,
      tag: trunk.tag, cSeq: trunk.cSeq, contact: trunkContact(trunk, flow), expires: expires)
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
      guard let least = response.leastExpires(above: trunk.expires) else {
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
    let seconds = response.granted(to: trunk.line, asked: trunk.expires)
    trunk.registration = .held(
      until: now + .seconds(Int64(seconds)), renewAt: now + renewal(after: seconds, random: random.next()))
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
}
