import CallDoctor
import Configuration
import Crypto
import SDP
import SIP
import Wire

/// From the caller's INVITE to the INVITEs of its callee's phones.
extension Exchange {
  /// How long a phone may ring.
  static let longestRinging = Interval.seconds(60)
  /// Phones of one number that ring at once; more contacts than that are a mistake or worse.
  static let mostBranches = 8

  /// An INVITE outside of a dialog whose sender has proved to be `caller`.
  func setUp(
    _ request: Request, by caller: Party, to number: String?, from flow: Flow, _ transaction: TransactionID
  ) {
    guard let key = CallerKey(request) else { return refuse(transaction, request, 400) }
    guard let number else {
      keep(.noSuchNumber, of: request, by: caller, to: nil, from: flow)
      return refuse(transaction, request, 404)
    }
    var plan: OutwardPlan?
    if caller.trunk == nil { plan = emergencyPlan(number, from: caller.number) }
    let isEcho = number == Exchange.echoNumber
    if plan == nil && !isEcho && configuration.extensions[number] == nil {
      guard caller.trunk == nil else {
        keep(.noSuchNumber, of: request, by: caller, to: number, from: flow)
        return refuse(transaction, request, 404)
      }
      do throws(OutwardRefusal) {
        plan = try outwardPlan(number, from: caller.number)
      } catch {
        keep(error.end, of: request, by: caller, to: number, from: flow)
        return refuseOutward(transaction, request, error, caller)
      }
    }
    let hops = (try? request.headers.maxForwards) ?? 70
    guard isEcho || hops > 0 else {
      keep(.loop, of: request, by: caller, to: number, from: flow)
      return refuse(transaction, request, 483)
    }
    // Else there is nobody to send a BYE to (§8.1.1.8).
    guard (try? request.remoteTarget) != nil else {
      keep(.unusable("its Contact cannot be used"), of: request, by: caller, to: number, from: flow)
      return refuse(transaction, request, 400)
    }

    if let refusal = tooBrief(request) { return reply(transaction, refusal) }
    var session = newSession(for: caller.number, trunk: caller.trunk, by: flow)
    if plan?.isEmergency == true { session.relax() }
    var offer: Call.Offer?
    do throws(Refused) {
      offer = try readOffer(request.headers, request.body, session.security.policy)
    } catch {
      keep(error.end, of: request, by: caller, to: number, from: flow)
      return refuse(transaction, request, error)
    }
    let contacts = isEcho || plan != nil ? [] : registrations(of: number)
    guard isEcho || plan != nil || !contacts.isEmpty else {
      keep(.notRegistered, of: request, by: caller, to: number, from: flow)
      return refuse(transaction, request, 480)
    }
    guard let ports = takePorts(isEcho ? 1 : 2, isUrgent: plan?.isEmergency ?? false) else {
      log(
        .warning, "call", "no media port is free: raise media.ports, or wait for calls to end",
        [.init("caller", caller.number)])
      keep(.noPorts, of: request, by: caller, to: number, from: flow)
      return refuse(transaction, request, 503, retryAfter: 5)
    }

    if offer == nil { session.suit(hasICE: request.hasICE, by: flow) }
    var further = FurtherMedia()
    if !isEcho { offer = offer.map { numbered($0, by: .caller, session, in: &further) } }
    let ownCaller = Call.Caller(
      number: caller.number, name: caller.name, codecs: caller.codecs, hops: hops,
      origin: .invite(Call.Incoming(request: request, key: key, flow: flow, transaction: transaction)), offer: offer,
      session: session, trunk: caller.trunk, isPrivate: request.wantsPrivacy)
    let (deadline, isOfCaller) = ringingLimit(request)
    var call = Call(
      number: nextCallNumber(), callee: number, startedAt: now, answeredAt: nil, caller: ownCaller,
      callerPort: ports[0], calleePort: isEcho ? nil : ports[1],
      state: .ringing(
        Call.Ringing(numbers: [number], branches: [], deadline: deadline, isDeadlineOfCaller: isOfCaller)))
    call.further = further
    callers[key] = call.number
    own(&call, .caller, transaction)
    callsStarted &+= 1
    begin(call)
    log(.info, "call", "started", call.logFields)
    if isEcho {
      answerEcho(&call)
    } else if let plan {
      callOutward(&call, plan, payer: caller.number)
    } else {
      ring(&call, contacts)
    }
    store(call)
  }

  /// Calls the phones of the last of the call's numbers.
  func ring(_ call: inout Call, _ contacts: [Binding]) {
    guard case .ringing(var ringing) = call.state, let number = ringing.numbers.last, let port = call.calleePort else {
      return
    }
    let codecs = configuration.extensions[number]?.codecs ?? []
    let hops = call.caller.hops - ringing.numbers.count
    var said: AudioStream?
    if let offer = call.caller.offer {
      let further = call.further.offered(offer.audio, to: .callee)
      guard
        let relayed = Negotiation.relayedOffer(
          offer.audio, from: call.caller.codecs, to: codecs, events: usesEvents(number), further: further)
      else {
        return end(&call, refusing: 488, .noCommonCodec)
      }
      said = relayed
    }
    for contact in contacts.prefix(Exchange.mostBranches) {
      let flow = contact.flow
      var session = newSession(for: number, by: flow)
      session.suit(hasICE: contact.contact.hasICE, by: flow)
      let body = said.map { session.offer($0, at: mediaAddress(flow, port: port)).serialised() } ?? []
      let tag = newTag()
      let invite = newInvite(
        call, to: contact.contact.uri, flow, contact.path, tag: tag, CSeq(1, .invite), random.token(16), hops: hops,
        body: body)
      let transaction = send(invite, to: flow, for: .branch(call: call.number, index: ringing.branches.count))
      let branch = Call.Branch(
        contact: contact.contact.uri, instance: contact.outbound?.instance, path: contact.path, flow: flow,
        transaction: transaction, localTag: tag, callerTag: newTag(),
        codecs: codecs,
        inviteCSeq: 1, session: session, said: said)
      name(&call, .callee, branch.localTag)
      name(&call, .caller, branch.callerTag)
      ringing.branches.append(branch)
    }
    call.state = .ringing(ringing)
  }

  func newInvite(
    _ call: Call, to contact: URI, _ flow: Flow, _ path: [NameAddress], tag: String, _ cSeq: CSeq, _ callID: String,
    hops: Int, body: [UInt8]
  ) -> Request {
    var uri = contact
    uri.headers = []
    var from = callersAddress(call.caller)
    from.tag = tag
    var request = Request(.invite, uri, body: body)
    // RFC 3327 §5.3: the way on which the phone registered.
    for hop in path { request.headers.append(.route, hop.description) }
    request.headers.append(.maxForwards, String(hops))
    request.headers.append(.from, from.description)
    request.headers.append(.to, NameAddress(houseURI(call.callee)).description)
    request.headers.append(.callID, callID)
    request.headers.append(.cSeq, cSeq.description)
    request.headers.append(
      .contact, contactHeader(flow, user: call.caller.isPrivate ? "anonymous" : call.caller.number))
    assertIdentity(&request.headers, call.caller.number, isPrivate: call.caller.isPrivate)
    if case .ringing(let ringing) = call.state {
      addDiversions(&request.headers, ringing.diversions, to: ringing.numbers.last ?? call.callee)
    }
    if let referrer = call.caller.referredBy { request.headers.append(.referredBy, referrer) }
    addCapabilities(&request.headers)
    addTimer(&request.headers, nil)
    if !body.isEmpty { request.headers.append(.contentType, MediaType.sdp.description) }
    return request
  }

  /// `sip:1001@office.lan`.
  func houseURI(_ number: String) -> URI { URI(user: number, host: houseHost) }

  var houseHost: Host { IPAddress(configuration.domain).map { .address($0) } ?? .name(configuration.domain) }

  /// Expires of an INVITE says how long the caller waits (RFC 3261 §13.2.1).
  private func ringingLimit(_ request: Request) -> (Instant, isOfCaller: Bool) {
    guard let seconds = try? request.headers.expires, Int64(seconds) < Exchange.longestRinging.seconds else {
      return (now + Exchange.longestRinging, false)
    }
    return (now + .seconds(Int64(seconds)), true)
  }
}

extension URI {
  /// What was dialled: the user of a SIP URI, or the number of a tel URI without its visual separators (RFC 3966 §5.1.1).
  var dialledNumber: String? {
    if isSIP { return unescapedUser }
    guard scheme == .tel else { return nil }
    let separators: [UInt8] = [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")")]
    return String(decoding: opaque.utf8.filter { !separators.contains($0) }, as: UTF8.self)
  }
}
