import SDP
import SIP
import Wire

/// A dialog with a phone that rings (RFC 3261 §12.1.2), and what is agreed in it already. A branch has several where its
/// phone is a proxy that forks.
struct EarlyDialog: Sendable {
  var dialog: Dialog
  /// The number of its last reliable response.
  var lastRSeq: UInt32?
  /// What the phone said for good: by a reliable answer, or by an offer that we have answered.
  var heard: AudioStream?
  /// Our answer, where the phone made the offer.
  var said: AudioStream?
}

extension Call {
  /// What the caller knows for good before its call is answered: our answer, which it has acknowledged by PRACK, and
  /// its own last offer.
  struct EarlyAgreement: Sendable {
    var said: AudioStream
    var heard: AudioStream
  }

  /// A 2xx of a phone that must wait until the caller has acknowledged what it was told before (RFC 3262 §3).
  struct HeldAnswer: Sendable {
    let index: Int
    let response: Response
    let flow: Flow
  }
}

extension Call.Branch {
  /// More forks of one branch than that are nothing that a phone does.
  private static let mostForks = 8

  /// The dialog that a response belongs to; a new one for a tag not seen yet. Nil for a response without a tag.
  mutating func earlyDialog(of response: Response) -> Int? {
    guard let tag = (try? response.headers.to)?.tag else { return nil }
    if let known = early.firstIndex(where: { $0.dialog.remoteTag == tag }) {
      if response.headers.contains(.contact) { early[known].dialog.refresh(response.headers) }
      return known
    }
    guard early.count < Call.Branch.mostForks,
      let dialog = try? Dialog(answeredBy: response, called: contact, from: flow)
    else { return nil }
    early.append(EarlyDialog(dialog: dialog))
    return early.count - 1
  }

  /// The dialog that a phone's 2xx confirms: numbers go on from the early one of its tag.
  func confirmed(_ response: Response, from flow: Flow) -> Dialog? {
    guard var dialog = try? Dialog(answeredBy: response, called: contact, from: flow) else { return nil }
    if let early = agreed(with: response) { dialog.follow(early.dialog) }
    return dialog
  }

  func agreed(with response: Response) -> EarlyDialog? {
    guard let tag = (try? response.headers.to)?.tag else { return nil }
    return early.first { $0.dialog.remoteTag == tag }
  }

  /// What the phone answers by its 2xx, or has answered before it.
  func answer(in response: Response) throws(Refused) -> AudioStream {
    if let heard = agreed(with: response)?.heard { return heard }
    return try readAnswer(response.headers, response.body, to: session)
  }
}

extension Exchange {
  /// Notes a phone's provisional response and acknowledges a reliable one (RFC 3262 §4). False for one that came before,
  /// or out of turn.
  func noteProvisional(_ call: inout Call, _ index: Int, _ response: Response) -> Bool {
    guard case .ringing(var ringing) = call.state else { return false }
    defer { call.state = .ringing(ringing) }
    guard let fork = ringing.branches[index].earlyDialog(of: response) else { return true }
    var branch = ringing.branches[index]
    guard response.headers.requires("100rel"), let number = response.headers.rSeq,
      let cSeq = try? response.headers.cSeq
    else { return true }
    if let last = branch.early[fork].lastRSeq, number != last &+ 1 { return false }
    branch.early[fork].lastRSeq = number
    var prack = branch.early[fork].dialog.request(.prack, contact: nil)
    prack.headers.append(.rAck, RAck(number, cSeq).description)
    if branch.said == nil {
      answerEarlyOffer(&branch, fork, call, response, &prack)
    } else if let heard = try? readAnswer(response.headers, response.body, to: branch.session) {
      branch.early[fork].heard = heard
    }
    ringing.branches[index] = branch
    _ = send(prack, to: branch.early[fork].dialog.nextHop, for: nil)
    return true
  }

  /// The caller made no offer, so the phone's needs an answer of ours: what the caller may use at all.
  private func answerEarlyOffer(
    _ branch: inout Call.Branch, _ fork: Int, _ call: Call, _ response: Response, _ prack: inout Request
  ) {
    guard branch.early[fork].heard == nil, let port = call.calleePort,
      let offer = (try? readOffer(response.headers, response.body, branch.session.security.policy)) ?? nil
    else { return }
    let able = Negotiation.ownOffer(call.caller.codecs)
    guard
      let said = Negotiation.relayedAnswer(
        to: offer.audio, from: branch.codecs, able, codecs: call.caller.codecs,
        events: usesEvents(call.callee, trunk: branch.trunk))
    else { return }
    branch.early[fork].said = said
    branch.early[fork].heard = offer.audio
    prack.headers.append(.contentType, MediaType.sdp.description)
    prack.body =
      branch.session.answer(offer.description, said, at: mediaAddress(branch.flow, port: port)).serialised()
  }

  /// Acknowledges a reliable provisional response to a re-INVITE of ours.
  func noteProvisional(_ leg: inout Leg, _ response: Response) {
    guard response.headers.requires("100rel"), let number = response.headers.rSeq,
      let cSeq = try? response.headers.cSeq
    else { return }
    let acknowledgement = RAck(number, cSeq)
    guard leg.lastRAck != acknowledgement else { return }
    leg.lastRAck = acknowledgement
    var prack = leg.dialog.request(.prack, contact: nil)
    prack.headers.append(.rAck, acknowledgement.description)
    _ = send(prack, to: leg.dialog.nextHop, for: nil)
  }
}
