import Crypto
import SDP
import SIP
import SimNet
import Wire

@testable import PBX

/// A telephone company on a simulated network: it registers customers, takes their calls as it is told to, and calls them.
final class Provider: SimNode {
  enum Manner: Equatable {
    case answers, rings
    case refuses(Int)
    /// Takes everything and says nothing.
    case dead
  }

  let address: SocketAddress
  var manner = Manner.answers
  var asksForPassword = true
  var password = "line-secret"
  var algorithms: [Hash] = [.md5]
  /// Seconds that it grants; nil for what is asked.
  var grants: UInt32?
  var leastExpires: UInt32 = 60
  var serviceRoute: String?
  /// What happened, in order: `REGISTER`, `OPTIONS`, `INVITE`, `BYE`, `CANCEL`; of its own calls the statuses.
  private(set) var story: [String] = []
  private(set) var registers: [Request] = []
  private(set) var invites: [Request] = []
  private(set) var acks = 0
  private(set) var contact: URI?
  /// How it sees its customer.
  var seesAt: SocketAddress?
  private var layer: TransactionLayer
  private var digest: DigestServer
  private var random: RandomSource
  private var out: [(payload: [UInt8], to: SocketAddress)] = []
  private var now = Instant.zero
  private let box: SocketAddress
  private var open: (request: Request, id: TransactionID)?
  private var dialog: Dialog?

  init(_ host: String, box: SocketAddress, port: UInt16 = 5060) {
    address = SocketAddress(IPAddress(host)!, port: port)
    self.box = box
    layer = TransactionLayer(random: RandomSource(seed: Array(host.utf8)))
    digest = DigestServer(realm: "provider", secret: Array("secret of the provider".utf8))
    random = RandomSource(seed: Array((host + "!").utf8))
  }

  func forget() {
    story = []
    registers = []
    invites = []
  }

  // MARK: What it does by itself

  /// Calls its customer: `number` stands in the Request-URI, or the registered Contact where it is nil.
  func call(
    _ number: String?, to: String, from: String = "+4989777", now: Instant, _ change: (inout Request) -> Void = { _ in }
  ) {
    self.now = now
    var uri = URI(user: number, host: .address(box.ip), port: box.port)
    if number == nil, let contact { uri = contact }
    dialog = nil
    var request = Request(.invite, uri)
    request.headers.append(.maxForwards, "70")
    request.headers.append(.from, "<sip:\(from)@provider.example>;tag=\(random.token(4))")
    request.headers.append(.to, "<sip:\(to)@provider.example>")
    request.headers.append(.callID, random.token(8))
    request.headers.append(.cSeq, "1 INVITE")
    request.headers.append(.contact, "<sip:gateway@\(address.description)>")
    describe(&request.headers, &request.body)
    change(&request)
    _ = layer.send(request, to: flow, now: now)
    drain()
  }

  func hangUp(now: Instant) { send(.bye, now: now) }

  func send(_ method: Method, now: Instant) {
    self.now = now
    guard var dialog else { return }
    _ = layer.send(dialog.request(method, contact: nil), to: flow, now: now)
    self.dialog = dialog
    drain()
  }

  // MARK: SimNode

  func receive(_ payload: [UInt8], from: SocketAddress, now: Instant) {
    self.now = now
    guard manner != .dead else { return story.append("lost") }
    guard let message = try? Message.parse(payload) else { return story.append("garbage") }
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

  private var flow: Flow { Flow(transport: .udp, local: address, remote: box) }

  private func drain() {
    while let output = layer.poll() {
      switch output {
      case .send(let message, let flow): out.append((message.serialized(), flow.remote))
      case .request(let request, let id, from: _): received(request, id)
      case .ack: acks += 1
      case .cancelled(let id, _):
        story.append("CANCEL")
        if let open, open.id == id {
          layer.respond(Response(to: open.request, status: 487, toTag: "p"), to: id, now: now)
        }
      case .response(let response, let id, from: _): answered(response, id)
      case .failed(_, let failure): story.append(failure == .timeout ? "timeout" : "failed")
      }
    }
  }

  private func answered(_ response: Response, _ id: TransactionID) {
    guard response.status > 100 else { return }
    story.append(String(response.status))
    guard response.isSuccess, (try? response.headers.cSeq.method) == .invite else { return }
    dialog = try? Dialog(answeredBy: response, called: URI(host: .address(box.ip)), from: flow)
    if let dialog { layer.acknowledge(dialog.ack(1), of: id, to: flow) }
  }

  private func received(_ request: Request, _ id: TransactionID) {
    story.append(request.method.name)
    if asksForPassword && request.method != .options {
      let isProxy = request.method != .register
      let credentials = isProxy ? try? request.headers.proxyAuthorizations : try? request.headers.authorizations
      let password = password
      let algorithms = algorithms
      let verdict = digest.verify(
        credentials ?? [], method: request.method, uri: request.uri, from: box.ip, now: now
      ) { $0 == "line1" ? DigestAccount(password: password, algorithms: algorithms) : nil }
      guard case .accepted = verdict else {
        var response = Response(to: request, status: isProxy ? 407 : 401, toTag: "p")
        for challenge in digest.challenges(algorithms, from: box.ip, stale: false, now: now) {
          response.headers.append(isProxy ? .proxyAuthenticate : .wwwAuthenticate, challenge.description)
        }
        return reply(response, id)
      }
    }
    switch request.method {
    case .register: register(request, id)
    case .invite: invited(request, id)
    default: reply(Response(to: request, status: 200, toTag: "p"), id)
    }
  }

  private func register(_ request: Request, _ id: TransactionID) {
    registers.append(request)
    if case .refuses(let status) = manner { return reply(Response(to: request, status: status, toTag: "p"), id) }
    let asked = ((try? request.headers.expires) ?? nil) ?? 3600
    var response = Response(to: request, status: 200, toTag: "p")
    if asked > 0 && asked < leastExpires {
      response = Response(to: request, status: 423, toTag: "p")
      response.headers.append(.minExpires, String(leastExpires))
      return reply(response, id)
    }
    if var known = try? request.headers.contacts.first {
      contact = asked == 0 ? nil : known.uri
      known.parameters["expires"] = String(grants ?? asked)
      if asked > 0 { response.headers.append(.contact, known.description) }
    }
    if let serviceRoute { response.headers.append(.serviceRoute, serviceRoute) }
    reply(response, id)
  }

  private func invited(_ request: Request, _ id: TransactionID) {
    if (try? request.headers.to.tag) != nil {
      open = (request, id)
      return pickUp()
    }
    invites.append(request)
    switch manner {
    case .dead: return
    case .refuses(let status): reply(Response(to: request, status: status, toTag: "p"), id)
    case .rings, .answers:
      open = (request, id)
      reply(Response(to: request, status: 180, toTag: "p"), id)
      if manner == .answers { pickUp() }
    }
  }

  func pickUp() {
    guard let (request, id) = open else { return }
    var response = Response(to: request, status: 200, toTag: "p")
    response.headers.append(.contact, "<sip:gateway@\(address.description)>")
    describe(&response.headers, &response.body)
    if (try? request.headers.to.tag) == nil { dialog = try? Dialog(answering: request, from: flow, localTag: "p") }
    reply(response, id)
    drain()
  }

  private func reply(_ response: Response, _ id: TransactionID) {
    var response = response
    if let seesAt, var via = try? response.headers.via {
      via.received = seesAt.ip
      via.rport = seesAt.port
      response.headers.replaceFirst(.via, via.description)
    }
    layer.respond(response, to: id, now: now)
  }

  private func describe(_ headers: inout Headers, _ body: inout [UInt8]) {
    let ip = address.ip.description
    let lines = [
      "v=0", "o=- 1 1 IN IP4 \(ip)", "s=-", "c=IN IP4 \(ip)", "t=0 0", "m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000",
    ]
    headers.append(.contentType, "application/sdp")
    body = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
  }
}
