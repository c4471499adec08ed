import Configuration
import Numbering
import SDP
import SIP
import Wire

/// What became of `sotto trunk test`.
public struct TrialStatus: Sendable {
  /// What happened, in words, in order.
  public var steps: [String]
  /// Nil while it goes on.
  public var hasSucceeded: Bool?
}

/// A try of one trunk by hand: REGISTER or OPTIONS, or a call that is ended once it is answered.
struct TrunkTrial: Sendable {
  let trunk: String
  let number: DialledNumber?
  var steps: [String] = []
  var hasSucceeded: Bool?
  var hops: [ServerHop] = []
  var nextHop: ServerHop?
  var flow: Flow?
  var transaction: TransactionID?
  var invite: Request?
  var inviteCSeq: UInt32 = 1
  var port: UInt16?
  var session: LocalSession?
  /// When it gives up; after its end, when it is forgotten.
  var dueAt: Instant?

  mutating func say(_ step: String) { if steps.count < 32 { steps.append(step) } }
}

extension Exchange {
  private static let trialPatience = Interval.seconds(45)
  private static let mostTrials = 4

  /// Tries a trunk; `trial` tells how it goes. Nil where there is no such trunk, or too many are tried at once.
  @export(interface)
  public func tryTrunk(_ name: String, calling number: String?, now: Instant) -> UInt32? {
    self.now = now
    guard let trunk = outside.trunks[name], outside.trials.count < Exchange.mostTrials else { return nil }
    let read = number.flatMap { number in
      configuration.country.map { DialledNumber(number, in: $0, area: configuration.area) }
    }
    outside.lastTrial &+= 1
    let id = outside.lastTrial
    var trial = TrunkTrial(trunk: name, number: read)
    trial.dueAt = now + Exchange.trialPatience
    outside.trials[id] = trial
    if let read, read.numberClass == .emergency {
      endTrial(id, false, "\(read.dialled) is an emergency number: it is not called for a test")
    } else if case .now(let outcome) = locate(trunk.target, .trial(id)) {
      trialLocated(id, outcome)
    }
    drainLayer()
    return id
  }

  public func trial(_ id: UInt32) -> TrialStatus? {
    outside.trials[id].map { TrialStatus(steps: $0.steps, hasSucceeded: $0.hasSucceeded) }
  }

  func trialLocated(_ id: UInt32, _ outcome: Locator.Outcome) {
    switch outcome {
    case .failure(let failure): endTrial(id, false, failure.description)
    case .success(let hops):
      outside.trials[id]?.hops = hops
      let places = hops.map { "\($0.transport.parameterName) \($0.address.description)" }.joined(separator: ", ")
      outside.trials[id]?.say("servers: " + places)
      trialNextHop(id)
    }
  }

  private func trialNextHop(_ id: UInt32) {
    guard var trial = outside.trials[id], let hop = trial.hops.first else { return }
    trial.hops.removeFirst()
    trial.nextHop = hop
    outside.trials[id] = trial
    _ = ownAddress(toward: hop, .trial(id), anew: true)
  }

  func trialHasPath(_ id: UInt32, _ local: SocketAddress?) {
    guard var trial = outside.trials[id], let hop = trial.nextHop, var trunk = outside.trunks[trial.trunk] else {
      return
    }
    trial.nextHop = nil
    guard let local else {
      return trialHopFailed(id, "no network leads to \(hop.address.description)")
    }
    let flow = hop.flow(from: local)
    trial.flow = flow
    trunk.way = Trunk.Way(hop: hop, flow: flow)
    let request: Request
    if let number = trial.number {
      guard let invite = trialInvite(&trial, number, trunk, flow) else {
        outside.trials[id] = trial
        return endTrial(id, false, "no media port is free")
      }
      request = invite
    } else if trunk.settings.registers {
      // As the trunk itself would; its own registration goes on beside it.
      request = newTrunkRequest(.register, trunk.uri(nil), trunk).asking(NameAddress(trunk.uri(trunk.settings.user)))
    } else {
      request = newTrunkRequest(.options, trunk.uri(nil), trunk)
    }
    trial.say("\(request.method.name) to \(flow.text) from \(local.description)")
    outside.trials[id] = trial
    let transaction = send(request, to: flow, for: .trunk(.trial(id)))
    outside.trials[id]?.transaction = transaction
  }

  private func trialInvite(
    _ trial: inout TrunkTrial, _ number: DialledNumber, _ trunk: Trunk, _ flow: Flow
  ) -> Request? {
    if trial.port == nil { trial.port = takePorts(1)?.first }
    guard let port = trial.port else { return nil }
    let uri = trunk.uri(escapedUser(number.text(trunk.settings.format)))
    var request = newTrunkRequest(.invite, uri, trunk)
    let caller = trunk.settings.callerNumber(of: trunk.settings.user ?? "sotto")
    var from = NameAddress(displayName: trunk.settings.callerName, trunk.uri(escapedUser(caller)))
    from.tag = newTag()
    request.headers[.from] = from.description
    var session = newSession(for: "", trunk: trunk.settings.name, by: flow)
    request.body = session.offer(Negotiation.ownOffer(trunk.settings.codecs), at: mediaAddress(flow, port: port))
      .serialised()
    request.headers.append(.contentType, MediaType.sdp.description)
    addCapabilities(&request.headers)
    trial.session = session
    trial.invite = request
    trial.inviteCSeq = 1
    return request
  }

  /// Its request went again, with credentials.
  func trialSucceeded(_ id: UInt32, by transaction: TransactionID, _ number: UInt32) {
    outside.trials[id]?.say("asked for the password, and given it")
    outside.trials[id]?.transaction = transaction
    outside.trials[id]?.inviteCSeq = number
  }

  func trialResponded(_ id: UInt32, _ response: Response, _ transaction: TransactionID, wasAuthenticated: Bool) {
    guard let trial = outside.trials[id], let flow = trial.flow else { return }
    guard response.isFinal else {
      if response.status > 100 { outside.trials[id]?.say("\(response.status) \(response.reason)") }
      return
    }
    let method: Method = trial.invite != nil ? .invite : .register
    if let invite = trial.invite {
      if response.isSuccess { return trialAnswered(id, response, invite, flow, transaction) }
    } else if response.isSuccess || !registers(trial.trunk) {
      // Whatever OPTIONS is answered, somebody is there.
      return endTrial(id, true, "\(response.status) \(response.reason): it is there")
    }
    let why = explain(response, trial.trunk, method, wasAuthenticated: wasAuthenticated)
    if response.status >= 500 && response.status < 600 { return trialHopFailed(id, why) }
    endTrial(id, false, why)
  }

  private func registers(_ name: String) -> Bool { outside.trunks[name]?.settings.registers == true }

  private func trialAnswered(
    _ id: UInt32, _ response: Response, _ invite: Request, _ flow: Flow, _ transaction: TransactionID
  ) {
    guard let session = outside.trials[id]?.session,
      let answer = try? readAnswer(response.headers, response.body, to: session)
    else {
      discard(response, called: invite.uri, from: flow, transaction)
      return endTrial(id, false, "answered, but with no codec of ours")
    }
    discard(response, called: invite.uri, from: flow, transaction)
    let codec = answer.formats.first { !$0.names("telephone-event") && !$0.names("CN") }?.encoding ?? "?"
    endTrial(id, true, "200: answered with \(codec), media at \(answer.address?.description ?? "no address"); hung up")
  }

  func trialFailed(_ id: UInt32, _ failure: TransactionFailure) {
    trialHopFailed(id, explain(failure, outside.trials[id]?.flow))
  }

  private func trialHopFailed(_ id: UInt32, _ why: String) {
    guard let trial = outside.trials[id] else { return }
    guard !trial.hops.isEmpty else { return endTrial(id, false, why) }
    outside.trials[id]?.say(why)
    trialNextHop(id)
  }

  /// It has taken too long, or has been over for long enough.
  func trialTimeCame(_ id: UInt32) {
    guard let trial = outside.trials[id] else { return }
    guard trial.hasSucceeded == nil else {
      outside.trials[id] = nil
      return
    }
    if let transaction = trial.transaction {
      purposes[transaction] = nil
      if trial.invite != nil { cancel(transaction, reason: nil) }
    }
    let silence = explain(.timeout, trial.flow)
    endTrial(id, false, trial.invite == nil ? silence : "nobody answered the call; it was given up")
  }

  private func endTrial(_ id: UInt32, _ hasSucceeded: Bool, _ word: String) {
    guard var trial = outside.trials[id] else { return }
    trial.say(word)
    trial.hasSucceeded = hasSucceeded
    if let port = trial.port { takeBack(port) }
    trial.port = nil
    trial.dueAt = now + Exchange.trialPatience
    outside.trials[id] = trial
  }
}

extension Request {
  /// A REGISTER that only asks what is registered (RFC 3261 §10.2.3).
  fileprivate func asking(_ account: NameAddress) -> Request {
    var request = self
    request.headers[.to] = account.description
    request.headers[.contact] = nil
    return request
  }
}
