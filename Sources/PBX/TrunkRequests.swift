import Configuration
import Crypto
import SIP
import Wire

/// Why a request was sent to a trunk.
enum TrunkPurpose: Sendable {
  case register(String)
  /// Leaving a registrar for good.
  case leave
  case ping(String)
  case trial(UInt32)
}

/// A request to a trunk, as long as it may be challenged.
struct TrunkRequest: Sendable {
  let request: Request
  let flow: Flow
  let trunk: String
  let user: String
  let password: String
  /// Answers to challenges so far.
  var answers: Int
}

/// Digest authentication toward trunks (RFC 3261 §22), for requests in and out of dialogs.
extension Exchange {
  /// A nonce may grow stale under way; more challenges than that mean that the password is refused.
  private static let mostAnswers = 2

  /// Keeps what is sent to a trunk that may ask who we are.
  func keepForChallenge(_ request: Request, _ transaction: TransactionID, _ flow: Flow) {
    guard !outside.trunks.isEmpty, request.method != .ack else { return }
    for (name, trunk) in outside.trunks {
      guard let user = trunk.settings.authenticationUser ?? trunk.settings.user, let password = trunk.settings.password,
        trunk.way?.flow.remote == flow.remote || trunk.hops.contains(where: { $0.address == flow.remote })
          || trunk.accepts(flow.remote.ip)
      else { continue }
      // Accounts may share a server: the one that the request speaks for.
      let speaker = (try? request.headers.from.uri.user) ?? nil
      let contact = request.headers[.contact] ?? ""
      if outside.sent[transaction] == nil || speaker == trunk.settings.user || contact.hasLine(trunk.line) {
        outside.sent[transaction] = TrunkRequest(
          request: request, flow: flow, trunk: name, user: user, password: password, answers: 0)
      }
    }
  }

  /// Answers a challenge to a request of ours; false where the response is the last word. Whatever waits for the request
  /// waits for its successor from then on.
  func answeredChallenge(_ response: Response, _ transaction: TransactionID) -> Bool {
    guard response.isFinal, var kept = outside.sent.removeValue(forKey: transaction) else { return false }
    guard response.isChallenge, let purpose = purposes[transaction], kept.answers < Exchange.mostAnswers else {
      return false
    }
    var client = DigestClient(username: kept.user, password: kept.password)
    guard
      let (request, number) = client.answer(
        response, to: kept.request, isAgain: kept.answers > 0, cnonce: random.token(8))
    else { return false }
    purposes[transaction] = nil
    let next = layer.send(request, to: kept.flow, now: now)
    purposes[next] = purpose
    kept = TrunkRequest(
      request: request, flow: kept.flow, trunk: kept.trunk, user: kept.user, password: kept.password,
      answers: kept.answers + 1)
    outside.sent[next] = kept
    succeeded(transaction, by: next, number, purpose, request)
    return true
  }

  /// Whether a request that a response belongs to has had credentials.
  func wasAuthenticated(_ transaction: TransactionID) -> Bool { (outside.sent[transaction]?.answers ?? 0) > 0 }

  /// Tells whoever holds the request's transaction and number of its successor.
  private func succeeded(
    _ old: TransactionID, by new: TransactionID, _ number: UInt32, _ purpose: Purpose, _ request: Request
  ) {
    switch purpose {
    case .branch(let call, let index):
      withCall(call) { (_, call) in
        guard case .ringing(var ringing) = call.state, index < ringing.branches.count else { return }
        ringing.branches[index].transaction = new
        ringing.branches[index].inviteCSeq = number
        call.state = .ringing(ringing)
      }
    case .trunk(.register(let name)):
      outside.trunks[name]?.cSeq = number
      outside.trunks[name]?.registration = .asking(new)
    case .trunk(.trial(let trial)): trialSucceeded(trial, by: new, number)
    case .trunk: break
    default: dialogMoved(old, by: new, number, request)
    }
  }

  /// A request within a dialog went again with the next number.
  private func dialogMoved(_ old: TransactionID, by new: TransactionID, _ number: UInt32, _ request: Request) {
    guard let tag = try? request.headers.from.tag, let reference = legs[tag] else { return }
    withCall(reference.call) { (_, call) in
      switch call.state {
      case .talking(var talking):
        talking[reference.side]?.dialog.used(number)
        if talking.reinvite?.client == old {
          talking.reinvite?.client = new
          talking.reinvite?.inviteCSeq = number
        }
        if case .running(old, _, let said) = talking[reference.side]?.reoffer?.state {
          talking[reference.side]?.reoffer?.state = .running(new, inviteCSeq: number, said: said)
        }
        call.state = .talking(talking)
      case .ending(var talking):
        talking[reference.side]?.dialog.used(number)
        call.state = .ending(talking)
      case .ringing, .over: break
      }
    }
  }

  func trunkResponded(
    _ purpose: TrunkPurpose, _ response: Response, _ transaction: TransactionID, wasAuthenticated: Bool
  ) {
    switch purpose {
    case .register(let name): registerAnswered(name, response, wasAuthenticated: wasAuthenticated)
    case .ping(let name): pingAnswered(name, response)
    case .leave: break
    case .trial(let number): trialResponded(number, response, transaction, wasAuthenticated: wasAuthenticated)
    }
  }

  func trunkRequestFailed(_ purpose: TrunkPurpose, _ failure: TransactionFailure) {
    switch purpose {
    case .register(let name), .ping(let name):
      guard let trunk = outside.trunks[name] else { return }
      trunkHopFailed(name, explain(failure, trunk.way?.flow))
    case .leave: break
    case .trial(let number): trialFailed(number, failure)
    }
  }
}

extension String {
  /// Whether it is a Contact with that line.
  fileprivate func hasLine(_ line: String) -> Bool {
    (try? NameAddress(self))?.uri.parameters["line"] == line
  }
}
