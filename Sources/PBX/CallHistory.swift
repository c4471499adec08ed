import CallDoctor
import Configuration
import Crypto
import Media
import SDP
import SIP
import Wire

/// What the exchange tells the call doctor.
extension Exchange {
  /// Failures to log in longer ago than this explain nothing.
  static let loginMemory = Interval.seconds(600)

  /// A message came, or goes: part of a call's ladder, or of the beginning of one.
  func note(_ message: Message, by flow: Flow, isIncoming: Bool) {
    guard let name = message.headers[.callID] else { return }
    let cSeq = try? message.headers.cSeq
    records.note(name, at: now, mayBegin: cSeq?.method == .invite || cSeq?.method == .ack) {
      LadderMessage(
        message.ladderText, number: cSeq?.number ?? 0, isIncoming: isIncoming,
        path: LadderPath(flow.transport.parameterName, local: flow.local, remote: flow.remote))
    }
  }

  /// A call exists.
  func begin(_ call: Call) {
    let facts = CallFacts(call.number, caller: call.caller.number, callee: call.callee, at: call.startedAt)
    records.begin(facts, name: call.caller.invite?.key.callID ?? "")
  }

  /// A call that is refused before it is one, of someone who is known.
  func keep(_ end: CallEnd, of request: Request, by caller: Party, to number: String?, from flow: Flow) {
    let callee = number ?? request.uri.unescapedUser ?? ""
    var facts = CallFacts(nextCallNumber(), caller: caller.number, callee: callee, at: now)
    records.begin(facts, name: request.headers[.callID] ?? "")
    facts.caller.take(request, flow)
    facts.caller.trunk = caller.trunk
    facts.caller.mayUse = caller.codecs.map { $0.rawValue }
    facts.callee.mayUse = (configuration.extensions[callee]?.codecs ?? []).map { $0.rawValue }
    if let offer = (try? readOffer(request.headers, request.body, .optional)) ?? nil {
      facts.caller.codecs = offer.audio.names
    }
    conclude(&facts, end)
  }

  /// A call ends; what is known of it now will be gone.
  func conclude(_ call: Call, _ end: CallEnd) {
    guard records.isOpen(call.number), var facts = records.facts(of: call.number) else { return }
    facts.answeredAt = call.answeredAt
    facts.caller.number = call.caller.number
    facts.callee.number = call.callee
    if let invite = call.caller.invite { facts.caller.take(invite.request, invite.flow) }
    facts.caller.trunk = call.caller.trunk
    facts.caller.mayUse = call.caller.codecs.map { $0.rawValue }
    switch call.state {
    case .ringing(let ringing):
      facts.caller.codecs = call.caller.offer?.audio.names ?? []
      facts.callee.mayUse = mayUse(call)
      if let branch = ringing.branches.last { take(branch, &facts.callee) }
    case .talking(let talking), .ending(let talking):
      take(talking.caller, call, &facts.caller)
      if let callee = talking.callee {
        take(callee, call, &facts.callee)
      } else {
        // The echo.
        facts.callee.sends = false
      }
      if call.hasNoAudio {
        // A fax, or pictures alone.
        facts.caller.sends = false
        facts.callee.sends = false
      }
    case .over: break
    }
    conclude(&facts, end)
  }

  private func conclude(_ facts: inout CallFacts, _ end: CallEnd) {
    facts.end = end
    facts.endedAt = now
    if end == .notRegistered {
      facts.refusedLogin = refusedLogins.source(of: facts.callee.number, since: now - Exchange.loginMemory)
    }
    records.conclude(facts)
  }

  private func mayUse(_ call: Call) -> [String] {
    let codecs = call.outward?.trunk.flatMap { configuration.trunk($0)?.codecs }
    return (codecs ?? configuration.extensions[call.callee]?.codecs ?? []).map { $0.rawValue }
  }

  private func take(_ branch: Call.Branch, _ facts: inout PartyFacts) {
    facts.transport = branch.flow.transport.parameterName
    facts.signalling = branch.flow.remote
    facts.trunk = branch.trunk
    facts.mayUse = branch.codecs.map { $0.rawValue }
    facts.codecs = branch.said?.names ?? []
    facts.mustEncrypt = branch.session.security.policy.mustEncrypt
  }

  private func take(_ leg: Leg, _ call: Call, _ facts: inout PartyFacts) {
    let flow = leg.dialog.flow
    facts.number = leg.number
    facts.transport = flow.transport.parameterName
    facts.signalling = flow.remote
    facts.trunk = leg.trunk?.name
    facts.mayUse = leg.codecs.map { $0.rawValue }
    facts.told = mediaAddress(flow, port: leg.port)
    facts.heardAt = leg.latched
    guard let said = leg.said, let heard = leg.heard else { return }
    facts.named = heard.address
    facts.codec = Negotiation.codecName(said: said, heard: heard)
    facts.encryption = call.suite(of: leg)
    facts.codecs = heard.names
    facts.sends = said.direction.receives && heard.direction.sends
    facts.takes = said.direction.sends && heard.direction.receives
  }

  /// Why no trunk took a call: `best` is the failure that says most, nil where none was even asked.
  func trunkEnd(_ call: Call, _ best: Failure?) -> CallEnd {
    guard case .ringing(let ringing) = call.state else { return .unreachable }
    let branch = ringing.branches.last { $0.failure?.status == best?.status }
    guard let best, let branch, let name = branch.trunk else {
      let name = call.outward?.trunk ?? configuration.trunks.first?.name ?? ""
      let why = outside.trunks.values.compactMap { $0.lastError }.first ?? "all lines are taken"
      return .trunk(outside.trunks.count == 1 ? outside.trunks.keys.first ?? name : name, 503, why)
    }
    if let response = best.response {
      return .trunk(name, best.status, explain(response, name, .invite, wasAuthenticated: true))
    }
    return .trunk(name, best.status, explain(outside.trouble == nil ? .timeout : .transport, branch.flow))
  }

  // MARK: Logins

  /// Someone showed credentials that prove nothing.
  func keepRefusedLogin(_ user: String, _ request: Request, from flow: Flow) {
    let cause: Cause = configuration.extensions[user] == nil ? .unknownUser : .wrongPassword
    refusedLogins.note(user, from: flow.remote, cause, via: (try? request.headers.via)?.address, at: now)
  }

  /// Someone without credentials was challenged. Who asks the same again and again does not get the challenge.
  func keepChallenge(_ user: String?, _ request: Request, from flow: Flow) {
    guard flow.transport == .udp, let user, let name = request.headers[.callID],
      let number = try? request.headers.cSeq.number, refusedLogins.challenged(name, number)
    else { return }
    var facts = PartyFacts(user)
    facts.take(request, flow)
    let cause: Cause = facts.asksForPort || facts.via?.port == flow.remote.port ? .answersLost : .natWithoutPort
    refusedLogins.note(user, from: flow.remote, cause, via: facts.via, at: now)
  }
}

extension PartyFacts {
  /// Where a request came from, and where it says that it did.
  mutating func take(_ request: Request, _ flow: Flow) {
    transport = flow.transport.parameterName
    signalling = flow.remote
    guard let via = try? request.headers.via else { return }
    self.via = via.address
    asksForPort = via.hasRport
  }
}

extension Via {
  /// What it says where its sender is, if that is an address.
  fileprivate var address: SocketAddress? {
    guard case .address(let ip) = host else { return nil }
    return SocketAddress(ip, port: port ?? Transport(transport)?.defaultPort ?? 5060)
  }
}

extension Message {
  /// The first line, without a password that a URI may hold.
  fileprivate var ladderText: String {
    switch self {
    case .request(let request):
      var uri = request.uri
      uri.password = nil
      uri.headers = []
      return request.method.name + " " + uri.description
    case .response(let response):
      let method = (try? response.headers.cSeq)?.method.name ?? "?"
      return "\(response.status) \(response.reason) (\(method))"
    }
  }
}

extension AudioStream {
  /// The encodings that it names, without the aids to speech.
  fileprivate var names: [String] { formats.filter { !$0.isSpeechAid }.map { $0.encoding } }
}

extension Failure {
  /// Of a call to phones of the house. 488 without a response is ours: to an answer that can't be used.
  var end: CallEnd {
    response == nil && status != 488 ? .unreachable : .refused(status, warning: response?.headers[.warning])
  }
}

extension CallSide {
  var party: CallParty { self == .caller ? .caller : .callee }
}

extension Refused {
  /// What it says of a caller's offer.
  var end: CallEnd {
    switch fault {
    case .onlySecureAudio: .onlyEncrypted
    case .insecureAudio: .notEncrypted
    case .noUsableKeys: .noUsableKeys
    case .keysInTheOpen: .keysInTheOpen
    case .noUsableAudio: .noCommonCodec
    default: .unusable(warning?.text ?? "its session description cannot be read")
    }
  }
}

extension OutwardRefusal {
  var end: CallEnd {
    switch self {
    case .unknown: .noSuchNumber
    case .closed, .joined, .spent: .closed(description)
    case .noTrunk: .trunk("", 503, description)
    }
  }
}

extension LegStatistics {
  var facts: MediaFacts {
    var facts = MediaFacts()
    facts.packetsIn = packetsIn
    facts.packetsOut = packetsOut
    facts.foreign = dropped.foreign
    facts.otherCodec = dropped.payloadType
    facts.unsent = dropped.unsent
    facts.unauthentic = dropped.unauthentic
    facts.checks = checks
    facts.inKernel = inKernel
    facts.incoming = incoming
    facts.outgoing = outgoing
    facts.roundTrip = roundTrip
    return facts
  }
}
