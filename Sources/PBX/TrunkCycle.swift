import Configuration
import Crypto
import SIP
import Wire

/// The rounds of a trunk: finding its server, registering or asking whether it is there, and again. Each round looks DNS
/// and our own address up anew, so that a change of either is seen within one `keep_alive`.
extension Exchange {
  /// RFC 5626 §4.5: the pause after a failed round, doubled each time; drawn from its upper half.
  static let leastPause = Interval.seconds(30)
  static let longestPause = Interval.seconds(1800)
  /// A round of a trunk that is not asked whether it is there, for DNS alone.
  static let quietRound = Interval.seconds(300)

  func beginCycle(_ name: String) {
    guard let trunk = outside.trunks[name] else { return }
    outside.trunks[name]?.dueAt = nil
    for source in trunk.settings.acceptFrom {
      guard case .name(let host) = source else { continue }
      let target = ServerTarget(host: .name(host), port: 5060, transport: .udp)
      if case .now(let outcome) = locate(target, .source(trunk: name, host: host)) {
        sourceLocated(name, host, outcome)
      }
    }
    if case .now(let outcome) = locate(trunk.target, .trunk(name)) { trunkLocated(name, outcome) }
  }

  func sourceLocated(_ name: String, _ host: String, _ outcome: Locator.Outcome) {
    // What DNS does not know now stays as it was.
    guard case .success(let hops) = outcome else { return }
    outside.trunks[name]?.named[host] = hops.map { $0.address.ip }
  }

  func trunkLocated(_ name: String, _ outcome: Locator.Outcome) {
    guard let trunk = outside.trunks[name] else { return }
    switch outcome {
    case .failure(let failure):
      // A name server that is down is no reason to leave a server that works.
      if case .lookup = failure, let way = trunk.way { return goTo(way.hop, name) }
      trunkRoundFailed(name, failure.description)
    case .success(let hops):
      outside.trunks[name]?.hops = hops
      if let way = trunk.way, hops.contains(way.hop), !trunk.failedHops.contains(way.hop) {
        goTo(way.hop, name)
      } else {
        goToNextHop(name, "no server is left to try")
      }
    }
  }

  /// The next server of this round, or the round has failed because of `why`.
  private func goToNextHop(_ name: String, _ why: String) {
    guard let trunk = outside.trunks[name] else { return }
    guard let hop = trunk.hops.first(where: { !trunk.failedHops.contains($0) }) else {
      return trunkRoundFailed(name, why)
    }
    goTo(hop, name)
  }

  private func goTo(_ hop: ServerHop, _ name: String) {
    outside.trunks[name]?.nextHop = hop
    // Not from memory: that our own address has changed is what is to be found.
    _ = ownAddress(toward: hop, .trunk(name), anew: true)
  }

  func trunkHasPath(_ name: String, _ local: SocketAddress?) {
    guard let trunk = outside.trunks[name], let hop = trunk.nextHop else { return }
    outside.trunks[name]?.nextHop = nil
    guard let local else {
      outside.trunks[name]?.failedHops.insert(hop)
      return goToNextHop(name, "no network leads to \(hop.address.description)")
    }
    let flow = hop.flow(from: local)
    let hasChanged = trunk.way?.flow != flow
    if hasChanged, let way = trunk.way, case .held = trunk.registration {
      let what = way.hop == hop ? "own address" : "server"
      log(.notice, "trunk", what + " has changed, registering again", [.init("trunk", name)])
    }
    outside.trunks[name]?.way = Trunk.Way(hop: hop, flow: flow)
    switch trunk.registration {
    case .none: sendPing(name)
    case .held(_, let renewAt) where !hasChanged && renewAt > now: sendPing(name)
    case .absent, .asking, .held: sendRegister(name)
    }
  }

  // MARK: Whether it is there

  private func sendPing(_ name: String) {
    guard let trunk = outside.trunks[name], let way = trunk.way else { return }
    guard trunk.settings.keepAlive > 0 else { return scheduleNext(name) }
    var request = newTrunkRequest(.options, trunk.uri(nil), trunk)
    request.headers.append(.accept, "application/sdp")
    // Before the assignment: its left side would hold `outside`.
    let transaction = send(request, to: way.flow, for: .trunk(.ping(name)))
    outside.trunks[name]?.ping = transaction
  }

  func pingAnswered(_ name: String, _ response: Response) {
    guard response.isFinal else { return }
    outside.trunks[name]?.ping = nil
    trunkIsThere(name)
    if hasMoved(name, response) { return sendRegister(name) }
    scheduleNext(name)
  }

  /// Whatever it answered, it lives.
  private func trunkIsThere(_ name: String) {
    guard let trunk = outside.trunks[name] else { return }
    if trunk.isReachable == false {
      log(.notice, "trunk", "answers again", [.init("trunk", name)])
    }
    outside.trunks[name]?.isReachable = true
    outside.trunks[name]?.failures = 0
    outside.trunks[name]?.failedHops = []
    if case .none = trunk.registration { outside.trunks[name]?.lastError = nil }
  }

  /// Whether a registrar sees us at another address than before: an address translator has forgotten us, or the line has
  /// got a new address.
  func hasMoved(_ name: String, _ response: Response) -> Bool {
    guard let trunk = outside.trunks[name], let way = trunk.way, way.flow.transport == .udp,
      let via = try? response.headers.via, let ip = via.received
    else { return false }
    let seen = SocketAddress(ip, port: via.rport ?? way.flow.local.port)
    outside.trunks[name]?.seenAs = seen
    guard let before = trunk.seenAs, before != seen, case .held = trunk.registration else { return false }
    log(
      .notice, "trunk", "seen at another address, registering again",
      [.init("trunk", name), .init("address", seen.description)])
    return true
  }

  /// When this trunk is looked at again, all being well.
  func scheduleNext(_ name: String) {
    guard let trunk = outside.trunks[name] else { return }
    let pause = trunk.settings.keepAlive > 0 ? Interval.seconds(Int64(trunk.settings.keepAlive)) : Exchange.quietRound
    var due = now + pause
    if case .held(_, let renewAt) = trunk.registration { due = min(due, renewAt) }
    outside.trunks[name]?.dueAt = max(due, now + .seconds(1))
  }

  // MARK: Failures

  /// The server in use does not answer, or says that it cannot serve.
  func trunkHopFailed(_ name: String, _ why: String, retryAfter: UInt32? = nil) {
    guard let trunk = outside.trunks[name] else { return }
    if let hop = trunk.way?.hop { outside.trunks[name]?.failedHops.insert(hop) }
    if case .none = trunk.registration {} else { outside.trunks[name]?.registration = .absent }
    let isLast = trunk.hops.allSatisfy { $0 == trunk.way?.hop || trunk.failedHops.contains($0) }
    if isLast { return trunkRoundFailed(name, why, retryAfter: retryAfter) }
    outside.trunks[name]?.lastError = why
    log(.notice, "trunk", "trying another server: " + why, [.init("trunk", name)])
    goToNextHop(name, why)
  }

  /// No server serves. `isRefusal`: it is no use to ask again soon, and may get us locked out.
  func trunkRoundFailed(_ name: String, _ why: String, isRefusal: Bool = false, retryAfter: UInt32? = nil) {
    guard var trunk = outside.trunks[name] else { return }
    if trunk.lastError != why || trunk.isReachable != false {
      log(.warning, "trunk", "does not work: " + why, [.init("trunk", name)])
    }
    trunk.lastError = why
    trunk.isReachable = false
    trunk.failedHops = []
    trunk.failures += 1
    if isRefusal { trunk.failures = max(trunk.failures, 6) }
    var pause = min(Exchange.leastPause * (1 << Int64(min(trunk.failures, 7) - 1)), Exchange.longestPause)
    if case .none = trunk.registration {
      pause = min(pause, .seconds(60))
    } else {
      trunk.registration = .absent
    }
    pause = pause - .microseconds(Int64(random.next() % UInt64(pause.microseconds / 2 + 1)))
    if let retryAfter { pause = max(pause, .seconds(Int64(min(retryAfter, 3600)))) }
    trunk.dueAt = now + pause
    outside.trunks[name] = trunk
  }

  /// The connection to a trunk is gone: a registration that came by it is of no use.
  func trunkConnectionClosed(_ flow: Flow) {
    guard flow.transport.isReliable else { return }
    for (name, trunk) in outside.trunks {
      guard let way = trunk.way, way.flow.transport == flow.transport, way.flow.remote == flow.remote else { continue }
      guard case .held = trunk.registration else { continue }
      outside.trunks[name]?.registration = .absent
      // Not all of a server's clients at once.
      outside.trunks[name]?.dueAt = now + .milliseconds(500 + Int64(random.next() % 2500))
    }
  }

  /// A request of ours outside of a dialog, in the name of the account.
  func newTrunkRequest(_ method: Method, _ uri: URI, _ trunk: Trunk) -> Request {
    var request = Request(method, uri)
    var from = NameAddress(trunk.uri(trunk.settings.user ?? "sotto"))
    from.tag = newTag()
    for route in trunk.routes { request.headers.append(.route, route.description) }
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(uri).description)
    request.headers.append(.callID, random.token(16))
    request.headers.append(.cSeq, CSeq(1, method).description)
    if let flow = trunk.way?.flow { request.headers.append(.contact, trunkContact(trunk, flow)) }
    return request
  }

  /// Where a trunk finds us; the line makes its calls known.
  func trunkContact(_ trunk: Trunk, _ flow: Flow) -> String {
    var uri = URI(user: trunk.settings.user ?? "sotto", host: .address(ownAddress(flow)), port: flow.local.port)
    if flow.transport != .udp { uri.parameters["transport"] = flow.transport.parameterName }
    uri.parameters["line"] = trunk.line
    return NameAddress(uri).description
  }
}

extension ServerHop {
  /// From that address of ours.
  func flow(from local: SocketAddress) -> Flow {
    Flow(
      transport: transport, local: local, remote: address,
      serverName: transport.isSecure ? serverName : nil)
  }
}
