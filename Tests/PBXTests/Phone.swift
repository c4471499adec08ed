import Crypto
import SDP
import SIP
import SimNet
import Wire

@testable import PBX

/// A telephone on a simulated network: it registers, calls, answers as its manners say, and notes what happens to it.
final class Phone: SimNode {
  enum Manner {
    case answers, rings, silent
    case refuses(Int)
    /// Answers 302 with this Contact.
    case redirects(String)
    /// Rings with media of its own before it answers.
    case announces
    /// The same, by a response that wants a PRACK.
    case announcesReliably
  }

  let number: String
  let address: SocketAddress
  var flow: Flow
  /// What its Contact says, where that is not its address.
  var listens: SocketAddress?
  var layer: TransactionLayer
  var digest: DigestClient
  var manner = Manner.answers
  /// The address that its descriptions name, where that is not its own.
  var describes: IPAddress?
  /// What it says that it can; an offer-less phone calls without.
  var codecs = ["0 PCMU", "8 PCMA", "101 telephone-event"]
  /// What it says of them by `a=fmtp`.
  var parameters: [String] = []
  /// Whether it has its RTCP on the port of RTP where it may.
  var muxes = false
  /// What it says of ICE's credentials, and in its Contact; nil where it does not speak ICE.
  var ice: (fragment: String, password: String)?
  var contactParameters = ""
  /// It is a lite agent itself.
  var isLite = false
  /// The port that its candidates name: its own, unless something on the way changed its description.
  var candidatePort: UInt16 = 4000
  var direction = Direction.sendrecv
  /// The kinds of media that it speaks, as whole m= lines with what follows them; `audio` of `codecs` goes without saying.
  var further: [String] = []
  /// Whether it offers audio.
  var hasAudio = true
  var offersInInvite = true
  var refusesReinvites = false
  /// Says that it knows 100rel, and sends PRACK of what asks for it, unless it forgets that.
  var isReliable = false
  var forgetsPrack = false
  /// Answers 481 to what belongs to no dialog of its own.
  var isStrict = false
  /// Lets re-INVITEs wait until `answer`.
  var thinks = false
  /// What it sent, where it keeps that, and how often it got a 200 to INVITE.
  var keepsWire = false
  private(set) var wire: [[UInt8]] = []
  private(set) var received200s = 0
  /// It was told so by 181.
  private(set) var wasForwarded = false
  /// Why its calls were cancelled.
  private(set) var reasons: [String] = []
  /// Its Allow, if it sends one.
  var allows: String?
  /// Seconds: sessions that may end sooner are refused by 422.
  var leastSession: UInt32 = 0
  /// Sends no ACK of a 2xx.
  var forgetsAck = false
  /// What happened, in order: `180`, `200`, `INVITE`, `BYE`, `CANCEL` …
  private(set) var story: [String] = []
  private(set) var lastRequest: Request?
  private(set) var lastResponse: Response?
  private(set) var lastAck: Request?
  /// What it was told of its transfers: `180 Ringing`.
  private(set) var notices: [String] = []
  private(set) var notifies: [Request] = []
  /// What it answers requests of the exchange by that are neither INVITE nor BYE.
  var answersOthers = 200
  /// Re-INVITEs that it turns away by 491 before it takes one.
  var glares = 0
  var dialog: Dialog?
  private var invite: (request: Request, id: TransactionID)?
  private(set) var ringing: (request: Request, id: TransactionID)?
  private var challenged: Set<String> = []
  private var out: [(payload: [UInt8], to: SocketAddress)] = []
  private var random: RandomSource
  private var now = Instant.zero
  private let box: SocketAddress

  init(_ number: String, _ address: SocketAddress, box: SocketAddress, transport: Transport, password: String) {
    self.number = number
    self.address = address
    self.box = box
    flow = Flow(
      transport: transport, local: address, remote: box, connection: transport.isReliable ? UInt32(address.port) : 0)
    random = RandomSource(seed: Array((number + address.description).utf8))
    layer = TransactionLayer(random: RandomSource(seed: Array((address.description + number).utf8)))
    digest = DigestClient(username: number, password: password)
  }

  func forget() { story = [] }

  // MARK: What its user does

  func register(expires: Int = 3600, now: Instant) {
    ask(.register, now: now) { $0.headers.append(.expires, String(expires)) }
  }

  /// A request to the exchange itself.
  func ask(_ method: Method, now: Instant, _ change: (inout Request) -> Void) {
    var request = newRequest(method, "sip:office.lan", to: number)
    change(&request)
    transact(request, now: now)
  }

  func call(
    _ callee: String, expires: Int? = nil, maxForwards: Int = 70, now: Instant,
    _ change: (inout Request) -> Void = { _ in }
  ) {
    var request = newRequest(.invite, "sip:\(callee)@office.lan", to: callee)
    request.headers[.maxForwards] = String(maxForwards)
    if let expires { request.headers.append(.expires, String(expires)) }
    if offersInInvite { describe(&request.headers, &request.body) }
    change(&request)
    transact(request, now: now)
  }

  func cancel(reason: String? = nil, now: Instant) {
    self.now = now
    if let invite { layer.cancel(invite.id, reason: reason, now: now) }
    drain()
  }

  func hangUp(now: Instant) { inDialog(.bye, now: now) }

  func reinvite(_ direction: Direction, now: Instant) {
    self.direction = direction
    inDialog(.invite, now: now) { request in
      if self.offersInInvite { self.describe(&request.headers, &request.body) }
    }
  }

  /// Hands its partner over to `target`, a URI or a number.
  func refer(_ target: String, now: Instant, _ change: (inout Request) -> Void = { _ in }) {
    inDialog(.refer, now: now) { request in
      request.headers.append(.referTo, target.hasPrefix("<") ? target : "<sip:\(target)@office.lan>")
      request.headers.append(.contact, self.contact)
      change(&request)
    }
  }

  /// Its dialog as Replaces names it to the exchange.
  var replaces: String {
    guard let dialog else { return "" }
    return "\(dialog.callID);to-tag=\(dialog.remoteTag ?? "0");from-tag=\(dialog.localTag)"
  }

  func update(_ direction: Direction, now: Instant) {
    self.direction = direction
    inDialog(.update, now: now) { request in self.describe(&request.headers, &request.body) }
  }

  func inDialog(_ method: Method, now: Instant, _ change: (inout Request) -> Void = { _ in }) {
    guard var dialog else { return }
    var request = dialog.request(method, contact: method == .invite ? contact : nil)
    change(&request)
    self.dialog = dialog
    transact(request, now: now)
  }

  /// Picks up while it rings.
  func answer(now: Instant) {
    self.now = now
    guard let (request, id) = ringing else { return }
    pickUp(request, id)
    drain()
  }

  /// Turns the call down while it rings.
  func reject(_ status: Int, now: Instant) {
    self.now = now
    guard let (request, id) = ringing else { return }
    ringing = nil
    layer.respond(Response(to: request, status: status, toTag: "t\(number)"), to: id, now: now)
    drain()
  }

  /// What a second phone behind it would answer, to the same INVITE.
  func answer(tag: String) -> [UInt8] {
    guard let request = ringing?.request else { return [] }
    var response = Response(to: request, status: 200, toTag: tag)
    response.headers.append(.contact, contact)
    describe(&response.headers, &response.body, answering: request.body)
    return response.serialized()
  }

  func transact(_ request: Request, now: Instant) {
    self.now = now
    let id = layer.send(request, to: flow, now: now)
    if request.method == .invite { invite = (request, id) }
    sent[id] = request
    drain()
  }

  // MARK: SimNode

  func receive(_ payload: [UInt8], from: SocketAddress, now: Instant) {
    self.now = now
    guard let message = try? Message.parse(payload) else { return story.append("garbage") }
    if case .response(let response) = message, response.status == 200,
      (try? response.headers.cSeq)?.method == .invite
    {
      received200s += 1
    }
    layer.receive(message, from: flow, now: now)
    drain()
  }

  func poll(now: Instant) -> (payload: [UInt8], to: SocketAddress)? { out.isEmpty ? nil : out.removeFirst() }

  var nextDeadline: Instant? { layer.nextDeadline }

  func wake(now: Instant) {
    self.now = now
    layer.wake(now: now)
    drain()
  }

  // MARK: What its software does

  private var sent: [TransactionID: Request] = [:]

  private func drain() {
    while let output = layer.poll() {
      switch output {
      case .send(let message, let flow):
        if keepsWire { wire.append(message.serialized()) }
        out.append((message.serialized(), flow.remote))
      case .request(let request, let id, from: _): received(request, id)
      case .ack(let ack, from: _):
        lastAck = ack
        story.append("ACK")
        if let ringing { layer.acknowledged(ringing.id, now: now) }
      case .cancelled(let id, let reason):
        if let reason { reasons.append(reason) }
        story.append("CANCEL")
        if let (request, ringingID) = ringing, ringingID == id {
          ringing = nil
          layer.respond(Response(to: request, status: 487, toTag: "t\(number)"), to: id, now: now)
        }
      case .response(let response, let id, from: _): received(response, id)
      case .failed(_, let failure): story.append(failure == .timeout ? "timeout" : "failed")
      }
    }
  }

  private func received(_ response: Response, _ id: TransactionID) {
    guard response.status > 100, let request = sent[id] else { return }
    if response.status == 401, let callID = try? request.headers.callID, challenged.insert(callID).inserted {
      return answerChallenge(response, request)
    }
    if response.status == 181 {
      wasForwarded = true
      return
    }
    lastResponse = response
    story.append(String(response.status))
    if response.isProvisional, isReliable, let number = response.headers.rSeq, let cSeq = try? response.headers.cSeq {
      if dialog == nil { dialog = try? Dialog(answeredBy: response, called: request.uri, from: flow) }
      if !forgetsPrack {
        inDialog(.prack, now: now) { $0.headers.append(.rAck, RAck(number, cSeq).description) }
      }
    }
    if request.method == .subscribe, response.isSuccess, dialog == nil {
      dialog = try? Dialog(answeredBy: response, called: request.uri, from: flow)
    }
    guard request.method == .invite, response.isSuccess else { return }
    if dialog == nil {
      dialog = try? Dialog(answeredBy: response, called: request.uri, from: flow)
    } else {
      dialog?.refresh(response.headers)
    }
    guard !forgetsAck, let dialog, let number = try? request.headers.cSeq.number else { return }
    var ack = dialog.ack(number)
    if request.body.isEmpty { describe(&ack.headers, &ack.body, answering: response.body) }
    layer.acknowledge(ack, of: id, to: flow)
  }

  private func answerChallenge(_ response: Response, _ request: Request) {
    guard let challenges = try? response.headers.wwwAuthenticate,
      let credentials = digest.respond(
        to: challenges, method: request.method, uri: request.uri.description, cnonce: random.token(8))
    else { return story.append("401") }
    var again = request
    again.headers[.authorization] = credentials.description
    again.headers[.cSeq] = CSeq(2, request.method).description
    transact(again, now: now)
  }

  private func received(_ request: Request, _ id: TransactionID) {
    lastRequest = request
    if case .silent = manner { return }
    story.append(request.method.name)
    if request.method == .notify { note(request) }
    let isWithin = (try? request.headers.to)?.tag != nil
    switch request.method {
    case _ where isStrict && isWithin && dialog?.callID != (try? request.headers.callID):
      layer.respond(Response(to: request, status: 481), to: id, now: now)
    case .invite where isWithin && glares > 0:
      glares -= 1
      layer.respond(Response(to: request, status: 491), to: id, now: now)
    case .invite where isWithin && thinks: ringing = (request, id)
    case .invite where isWithin && refusesReinvites:
      layer.respond(Response(to: request, status: 488), to: id, now: now)
    case .invite where isWithin: pickUp(request, id)
    case .invite: rung(request, id)
    case .update where !request.body.isEmpty: pickUp(request, id)
    default:
      if request.method == .bye { dialog = nil }
      layer.respond(Response(to: request, status: request.method == .bye ? 200 : answersOthers), to: id, now: now)
    }
  }

  private func note(_ notice: Request) {
    notifies.append(notice)
    let line = String(decoding: notice.body.prefix { $0 != 13 }, as: UTF8.self)
    notices.append(String(line.dropFirst("SIP/2.0 ".count)))
  }

  private func rung(_ request: Request, _ id: TransactionID) {
    dialog = nil
    if let asked = try? request.headers.sessionExpires, asked.seconds < leastSession {
      var response = Response(to: request, status: 422, toTag: "t\(number)")
      response.headers.append(.minSE, String(leastSession))
      return layer.respond(response, to: id, now: now)
    }
    switch manner {
    case .silent: return
    case .refuses(let status):
      layer.respond(Response(to: request, status: status, toTag: "t\(number)"), to: id, now: now)
    case .redirects(let target):
      var response = Response(to: request, status: 302, toTag: "t\(number)")
      response.headers.append(.contact, target)
      layer.respond(response, to: id, now: now)
    case .rings, .answers, .announces, .announcesReliably:
      ringing = (request, id)
      var response = Response(to: request, status: 180, toTag: "t\(number)")
      if case .announcesReliably = manner {
        response = Response(to: request, status: 183, toTag: "t\(number)")
        response.headers.append(.require, "100rel")
        response.headers.append(.rSeq, "7")
        describe(&response.headers, &response.body, answering: request.body)
        dialog = try? Dialog(answering: request, from: flow, localTag: "t\(number)")
      }
      if case .announces = manner {
        response = Response(to: request, status: 183, toTag: "t\(number)")
        describe(&response.headers, &response.body, answering: request.body)
      }
      response.headers.append(.contact, contact)
      layer.respond(response, to: id, now: now)
      if case .answers = manner { pickUp(request, id) }
    }
  }

  private func pickUp(_ request: Request, _ id: TransactionID) {
    ringing = (request, id)
    var response = Response(to: request, status: 200, toTag: "t\(number)")
    response.headers.append(.contact, contact)
    if let allows { response.headers.append(.allow, allows) }
    describe(&response.headers, &response.body, answering: request.body)
    if dialog == nil { dialog = try? Dialog(answering: request, from: flow, localTag: "t\(number)") }
    layer.respond(response, to: id, now: now)
  }

  private var contact: String {
    "<sip:\(number)@\((listens ?? address).description)" + (flow.transport == .tcp ? ";transport=tcp>" : ">")
      + contactParameters
  }

  private func newRequest(_ method: Method, _ uri: String, to: String) -> Request {
    dialog = nil
    var request = Request(method, try! URI(uri))
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, "<sip:\(number)@office.lan>;tag=\(random.token(4))")
    request.headers.append(.to, "<sip:\(to)@office.lan>")
    request.headers.append(.callID, random.token(8))
    request.headers.append(.cSeq, "1 \(method.name)")
    request.headers.append(.contact, contact)
    if let allows { request.headers.append(.allow, allows) }
    // Phones say as much; one that said less would be challenged only when it asks again.
    request.headers.append(.userAgent, "Telephone of the tests, which says no less of itself than others do (1.0)")
    if isReliable { request.headers.append(.supported, "100rel") }
    return request
  }

  /// An offer, or the answer to one: every codec of its own, as a phone that is asked for its abilities.
  private func describe(_ headers: inout Headers, _ body: inout [UInt8], answering offer: [UInt8] = []) {
    let ip = describes ?? address.ip
    var lines = ["v=0", "o=- 1 1 IN IP4 \(ip.description)", "s=-"]
    lines.append("c=IN \(ip.isIPv4 ? "IP4" : "IP6") \(ip.description)")
    lines.append("t=0 0")
    if isLite { lines.append("a=ice-lite") }
    let audio = audioLines(offer)
    if offer.isEmpty || further.isEmpty {
      lines += (hasAudio ? audio : []) + further
    } else {
      // Line by line, as it should be.
      for line in (try? SessionDescription.parse(offer).media) ?? [] {
        if line.port != 0, line.kind == "audio", hasAudio {
          lines += audio
        } else if line.port != 0, let own = further.first(where: { $0.hasPrefix("m=\(line.kind) ") }) {
          lines.append(own)
        } else {
          lines.append("m=\(line.kind) 0 \(line.transport) \(line.formats.joined(separator: " "))")
        }
      }
    }
    headers.append(.contentType, "application/sdp")
    body = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
  }

  private func audioLines(_ offer: [UInt8]) -> [String] {
    let lines = ["m=audio 4000 RTP/AVP " + codecs.map { $0.prefix { $0 != " " } }.joined(separator: " ")]
    let maps = codecs.map { "a=rtpmap:" + ($0.contains("/") ? $0 : "\($0)/8000") }
    let mayMux = offer.isEmpty || String(decoding: offer, as: UTF8.self).contains("a=rtcp-mux")
    let mayCheck = offer.isEmpty || String(decoding: offer, as: UTF8.self).contains("a=ice-ufrag")
    return lines + maps + (mayCheck ? iceLines : []) + parameters.map { "a=fmtp:\($0)" }
      + (muxes && mayMux ? ["a=rtcp-mux"] : [])
      + ["a=" + (answered(offer) ?? direction).name]
  }

  private var iceLines: [String] {
    guard let ice else { return [] }
    let ip = (describes ?? address.ip).description
    let candidates = (1...(muxes ? 1 : 2)).map { component in
      "a=candidate:1 \(component) UDP 2130706431 \(ip) \(Int(candidatePort) + component - 1) typ host"
    }
    return ["a=ice-ufrag:\(ice.fragment)", "a=ice-pwd:\(ice.password)"] + candidates
  }

  private func answered(_ offer: [UInt8]) -> Direction? {
    guard !offer.isEmpty, let audio = try? SessionDescription.parse(offer).offeredAudio() else { return nil }
    return direction.limited(to: audio.direction.mirrored)
  }
}
