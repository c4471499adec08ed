import CallDoctor
import Configuration
import Crypto
import Numbering
import SDP
import SIP
import Wire

/// A call to the outside on its way: which trunk is tried, and what is left to try.
struct Outward: Sendable {
  let number: DialledNumber
  let isEmergency: Bool
  /// The extension at whose expense it is.
  let payer: String
  /// Trunks to try after this one.
  var trunks: [String]
  /// The trunk at work; of an answered call the one that it goes by.
  var trunk: String?
  /// Further servers of it, and the one that waits for our own address.
  var hops: [ServerHop] = []
  var nextHop: ServerHop?
}

/// What a leg to the outside is accounted by.
struct TrunkLeg: Sendable {
  let name: String
  /// The extension at whose expense it is; nil where it costs nothing: from outside, or for help.
  var payer: String?
}

extension Call {
  /// Of the leg that a branch becomes.
  func trunkLeg(_ branch: Branch) -> TrunkLeg? {
    branch.trunk.map { TrunkLeg(name: $0, payer: outward?.isEmergency == false ? outward?.payer : nil) }
  }

  /// Of two phones in a transfer, the one that is handed over.
  var stays: Leg? {
    guard case .talking(let talking) = state, let transfer = talking.transfer else { return nil }
    return talking[transfer.by.other]
  }
}

/// Calls by trunks (RFC 3261 §8.1.3.1, RFC 3263 §4.3): one server after the other, one trunk after the other, until one
/// speaks for the callee.
extension Exchange {
  /// A trunk that has another behind it has to say something by then; 64·T1 would be too long for someone who waits.
  static let trunkPatience = Interval.seconds(5)

  func callOutward(_ call: inout Call, _ plan: OutwardPlan, payer: String) {
    call.outward = Outward(
      number: plan.number, isEmergency: plan.isEmergency, payer: payer, trunks: plan.trunks)
    if !plan.isEmergency { outside.toll.count([.extension(payer)]) }
    tryNextTrunk(&call)
  }

  private func tryNextTrunk(_ call: inout Call) {
    guard case .ringing(let ringing) = call.state, var outward = call.outward else { return }
    outward.trunk = nil
    call.outward = outward
    account(for: call)
    while !outward.trunks.isEmpty {
      let name = outward.trunks.removeFirst()
      guard let trunk = outside.trunks[name] else { continue }
      // Help is called beyond the limit too: if the provider has no room, it is the provider that says so.
      guard outward.isEmergency || outside.calls(of: name) < trunk.settings.channels else {
        log(.notice, "trunk", "all channels are taken", call.logFields + [.init("trunk", name)])
        continue
      }
      outward.trunk = name
      call.outward = outward
      account(for: call)
      if !outward.isEmergency { outside.toll.count([.trunk(name)]) }
      if case .now(let outcome) = locate(trunk.target, .call(call.number)) { callLocated(&call, outcome) }
      return
    }
    call.outward = outward
    let best = Failure.best(ringing.branches.compactMap { $0.failure })
    end(&call, refusing: best?.statusFromOutside ?? 503, trunkEnd(call, best), copying: best?.response)
  }

  func callLocated(_ call: inout Call, _ outcome: Locator.Outcome) {
    guard case .ringing = call.state, let name = call.outward?.trunk, let trunk = outside.trunks[name] else { return }
    switch outcome {
    case .success(let hops):
      // A registrar expects calls from whom it knows.
      let first = trunk.way.map { way in hops.filter { $0 == way.hop } } ?? []
      call.outward?.hops = trunk.settings.registers ? first + hops.filter { !first.contains($0) } : hops
    case .failure(let failure):
      guard case .lookup = failure, let way = trunk.way else {
        log(.warning, "trunk", failure.description, call.logFields + [.init("trunk", name)])
        outside.trunks[name]?.lastError = failure.description
        return tryNextTrunk(&call)
      }
      call.outward?.hops = [way.hop]
    }
    tryNextHop(&call)
  }

  private func tryNextHop(_ call: inout Call) {
    guard let hop = call.outward?.hops.first else { return tryNextTrunk(&call) }
    call.outward?.hops.removeFirst()
    call.outward?.nextHop = hop
    if case .now(let local) = ownAddress(toward: hop, .call(call.number)) { callHasPath(&call, local) }
  }

  func callHasPath(_ call: inout Call, _ local: SocketAddress?) {
    guard case .ringing = call.state, let hop = call.outward?.nextHop else { return }
    call.outward?.nextHop = nil
    guard let local else { return tryNextHop(&call) }
    ringTrunk(&call, hop.flow(from: local))
  }

  private func ringTrunk(_ call: inout Call, _ flow: Flow) {
    guard case .ringing(var ringing) = call.state, let port = call.calleePort, let outward = call.outward,
      let name = outward.trunk, let trunk = outside.trunks[name]
    else { return }
    var said: AudioStream?
    if let offer = call.caller.offer {
      let codecs = trunk.settings.codecs
      let further = call.further.offered(offer.audio, to: .callee)
      guard
        let relayed = Negotiation.relayedOffer(
          offer.audio, from: call.caller.codecs, to: codecs, events: usesEvents("", trunk: name), further: further)
      else {
        return end(&call, refusing: 488, .noCommonCodec)
      }
      said = relayed
    }
    var session = newSession(for: "", trunk: name, by: flow)
    if outward.isEmergency { session.relax() }
    let body = said.map { session.offer($0, at: mediaAddress(flow, port: port)).serialised() } ?? []
    let tag = newTag()
    let uri = trunk.uri(escapedUser(outward.number.text(outward.isEmergency ? .dialled : trunk.settings.format)))
    let invite = outwardInvite(call, trunk, uri, flow, tag: tag, body: body)
    let index = ringing.branches.count
    let transaction = send(invite, to: flow, for: .branch(call: call.number, index: index))
    let branch = Call.Branch(
      contact: uri, instance: nil, path: [], flow: flow, transaction: transaction, localTag: tag, callerTag: newTag(),
      codecs: trunk.settings.codecs, inviteCSeq: 1, session: session, said: said, trunk: name)
    self.name(&call, .callee, branch.localTag)
    self.name(&call, .caller, branch.callerTag)
    ringing.branches.append(branch)
    ringing.early = nil
    call.state = .ringing(ringing)
    outside.patience[call.number] =
      outward.hops.isEmpty && outward.trunks.isEmpty ? nil : now + Exchange.trunkPatience
    log(.info, "trunk", "calling", call.logFields + [.init("trunk", name), .init("server", flow.text)])
  }

  private func outwardInvite(
    _ call: Call, _ trunk: Trunk, _ uri: URI, _ flow: Flow, tag: String, body: [UInt8]
  ) -> Request {
    let settings = trunk.settings
    let number = settings.callerNumber(of: call.outward?.payer ?? call.caller.number)
    let name = settings.callerName ?? call.caller.name
    let speaker = settings.identity == .asserted ? settings.user ?? number : number
    var from = NameAddress(displayName: name, trunk.uri(escapedUser(speaker)))
    from.tag = tag
    var request = Request(.invite, uri, body: body)
    for route in trunk.routes { request.headers.append(.route, route.description) }
    request.headers.append(.maxForwards, String(max(call.caller.hops - 1, 0)))
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(uri).description)
    request.headers.append(.callID, random.token(16))
    request.headers.append(.cSeq, CSeq(1, .invite).description)
    request.headers.append(.contact, trunkContact(trunk, flow))
    if settings.identity != .from {
      let identity = NameAddress(displayName: name, trunk.uri(escapedUser(number)))
      request.headers.append(.pAssertedIdentity, identity.description)
    }
    addCapabilities(&request.headers)
    addTimer(&request.headers, nil)
    if !body.isEmpty { request.headers.append(.contentType, MediaType.sdp.description) }
    return request
  }

  // MARK: Failures

  /// A branch to a trunk failed; true where something else is tried.
  func triesElsewhere(_ call: inout Call, _ branch: Call.Branch, _ failure: Failure) -> Bool {
    guard let name = branch.trunk, let outward = call.outward else { return false }
    outside.patience[call.number] = nil
    if let response = failure.response {
      let why = explain(response, name, .invite, wasAuthenticated: true)
      log(.notice, "trunk", why, call.logFields)
      if failure.isOfTrunk { outside.trunks[name]?.lastError = why }
    }
    let isWorthIt =
      failure.isOfTrunk || (outward.isEmergency && ![486, 487, 600, 603].contains(failure.status))
    guard isWorthIt, !outward.hops.isEmpty || !outward.trunks.isEmpty else { return false }
    // RFC 3263 §4.3: no answer and 503 are of one server, all else is of the trunk.
    if (failure.status == 408 || failure.status == 503) && !outward.hops.isEmpty {
      tryNextHop(&call)
    } else {
      tryNextTrunk(&call)
    }
    return true
  }

  /// The trunk at work has said nothing, and there is another way.
  func trunkIsSilent(_ call: inout Call) {
    guard case .ringing(var ringing) = call.state, let index = ringing.branches.indices.last,
      ringing.branches[index].failure == nil, let name = ringing.branches[index].trunk
    else { return }
    let branch = ringing.branches[index]
    let failure = Failure(status: 408, response: nil)
    ringing.branches[index].failure = failure
    call.state = .ringing(ringing)
    log(.notice, "trunk", "no answer, trying another way", call.logFields + [.init("trunk", name)])
    purposes[branch.transaction] = nil
    cancel(branch.transaction, reason: nil)
    _ = triesElsewhere(&call, branch, failure)
  }
}

extension Failure {
  /// Whether it says something of the trunk and nothing of the callee.
  fileprivate var isOfTrunk: Bool { (500..<600).contains(status) || [401, 407, 408].contains(status) }

  /// What the caller of a number outside is told.
  var statusFromOutside: Int {
    switch status {
    case 404, 410, 604: status
    case 401, 407: 502
    case 408: 504
    case 300..<400: 480
    default: status
    }
  }
}

extension TrunkSettings {
  /// What the other end sees of a caller at that extension.
  func callerNumber(of caller: String) -> String {
    callers.first { $0.pattern.matches(caller) }?.value ?? callerNumber ?? user ?? caller
  }
}

/// A number as the user of a SIP URI: `#` has to be escaped there (RFC 3261 §25.1).
func escapedUser(_ number: String) -> String {
  guard number.utf8.contains(UInt8(ascii: "#")) else { return number }
  var text = ""
  for byte in number.utf8 { text += byte == UInt8(ascii: "#") ? "%23" : String(UnicodeScalar(byte)) }
  return text
}
