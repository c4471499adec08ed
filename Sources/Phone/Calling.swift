import Crypto
import SDP
import SIP
import Wire

/// Calls of ours (RFC 3261 §13.2).
extension UserAgent {
  public static let methods: [Method] = [.invite, .ack, .bye, .cancel, .options, .info]

  /// Calls a number, or a SIP URI. What comes of it is told by events; nothing happens during another call.
  @export(interface)
  public mutating func call(_ number: String, now: Instant) {
    guard call == nil else { return }
    guard let flow else { return tell(.ended(CallEnd(.failed, "there is no way to the exchange"))) }
    guard let policy = account.policy(flow.transport) else {
      let why = "encryption is required, but its keys would be read on the way: add ;transport=tls to the account's uri"
      return tell(.ended(CallEnd(.failed, why)))
    }
    guard let uri = target(number) else {
      return tell(.ended(CallEnd(.failed, "“" + number + "” can't be called: expected a number or sip:USER@HOST")))
    }
    var from = NameAddress(displayName: account.displayName, account.record)
    from.tag = random.token(8)
    var request = Request(.invite, uri)
    var session = newSession(policy)
    let callID = random.token(16)
    let audio = AudioStream.offer(codecs, packetTime: packetTime)
    let description = session.offer(audio, at: SocketAddress(flow.local.ip, port: mediaPort))
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(uri).description)
    request.headers.append(.callID, callID)
    request.headers.append(.cSeq, CSeq(1, .invite).description)
    request.headers.append(.contact, contact(flow))
    request.describe(description)
    guard let id = send(request, for: .invite, now: now) else { return }
    var made = PhoneCall(.calling(id), number: number, callID: callID, localTag: from.tag ?? "", session)
    made.offered = (description, audio)
    call = made
    tell(.calling(number: number))
    drain(now)
  }

  private func target(_ number: String) -> URI? {
    if number.hasPrefix("sip:") || number.hasPrefix("sips:") {
      guard var uri = try? URI(number), uri.isSIP, uri.user != nil else { return nil }
      uri.headers = []
      return uri
    }
    let escaped = escapedUser(number)
    return escaped.isEmpty ? nil : account.neighbour(escaped)
  }

  /// What we begin to say on a dialog.
  mutating func newSession(_ policy: MediaPolicy) -> LocalSession {
    LocalSession(sessionID: random.next(), security: OwnSecurity(policy: policy, secret: random.bytes(32)))
  }

  /// A provisional response came: the other phone rings, or the exchange says something.
  mutating func progressed(_ response: Response, _ now: Instant) {
    guard var call, case .calling = call.stage, response.status > 100 else { return }
    if let description = response.description, let terms = call.terms(answered: description) {
      call.terms = terms
      self.call = call
      tell(.media(terms))
    }
    if response.status == 180 { tell(.ringing) }
  }

  mutating func inviteAnswered(_ response: Response, _ id: TransactionID, _ question: Asked, _ now: Instant) {
    guard var call else {
      if response.isSuccess { declineFork(response, id, now) }
      return
    }
    let isCancelled = if case .cancelling = call.stage { true } else { false }
    guard response.isSuccess else {
      let said = "\(response.status) \(response.reason)"
      return end(isCancelled ? CallEnd(.hungUpHere, "hung up") : CallEnd(.failed, status: response.status, said))
    }
    guard let flow, var dialog = try? Dialog(answeredBy: response, called: question.request.uri, from: flow) else {
      return end(CallEnd(.failed, "the answer names no dialog"))
    }
    transactions.acknowledge(dialog.ack(dialog.localCSeq), of: id, to: flow)
    dialog.move(to: flow)
    call.dialog = dialog
    call.stage = .established
    let terms = response.description.flatMap { call.settle(answered: $0) }
    self.call = call
    // The cancellation came too late (§9.1).
    if isCancelled { return leaveCall(CallEnd(.hungUpHere, "hung up"), now) }
    guard let terms else {
      return leaveCall(CallEnd(.noCommonMedia, "the other end answered with nothing that was offered"), now)
    }
    tell(.answered(number: call.number))
    agreed(terms)
  }

  /// A 2xx that comes from a second phone: it is hung up on (§13.2.2.4).
  mutating func declineFork(_ response: Response, _ id: TransactionID, _ now: Instant) {
    guard let flow, (try? response.headers.cSeq.method) == .invite, let to = try? response.headers.contacts.first?.uri,
      var dialog = try? Dialog(answeredBy: response, called: to, from: flow)
    else { return }
    transactions.acknowledge(dialog.ack(dialog.localCSeq), of: id, to: flow)
    // The same phone says its 2xx again: that was only to be acknowledged.
    if let own = call?.dialog, own.callID == dialog.callID, own.remoteTag == dialog.remoteTag { return }
    send(dialog.request(.bye, contact: nil), for: .bye, now: now)
  }
}

extension Request {
  /// Adds a session description and what this phone can do.
  mutating func describe(_ description: SessionDescription) {
    headers.append(.allow, UserAgent.methods.map { $0.name }.joined(separator: ", "))
    headers.append(.contentType, MediaType.sdp.description)
    body = description.serialised()
  }
}

extension Response {
  /// The session description in it, if there is one that can be read.
  var description: SessionDescription? { sessionDescription(headers, body) }
}

/// The session description in a body; nil where there is none that can be read.
func sessionDescription(_ headers: Headers, _ body: [UInt8]) -> SessionDescription? {
  guard let content = (try? headers.contentType)?.sessionDescription(in: body) else { return nil }
  return try? SessionDescription.parse(content)
}

/// A number as the user of a URI (RFC 3261 §25.1).
private func escapedUser(_ number: String) -> String {
  var text = ""
  for byte in number.utf8 {
    let lower = lowercasedASCII(byte)
    let isPlain = isDigit(byte) || (97...122).contains(lower) || "-_.!~*'()&=+$,;?/".utf8.contains(byte)
    if isPlain {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      text += "%" + hex([byte])
    }
  }
  return text
}
