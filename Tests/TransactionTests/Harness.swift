import Crypto
import SIP
import Wire

let here = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
let there = SocketAddress(IPAddress(ipv4: 0xc000_0202), port: 5060)
let udp = Flow(transport: .udp, local: here, remote: there)
let tcp = Flow(transport: .tcp, local: here, remote: there, connection: 7)

func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

func layer(seed: UInt8 = 1, limit: Int = 8192) -> TransactionLayer {
  TransactionLayer(random: RandomSource(seed: [seed]), limit: limit)
}

/// A request as a user gives it, without Via; with `branch` as it arrives from `there`.
func request(
  _ method: Method, branch: String? = nil, callID: String = "call@a", cSeq: UInt32 = 1, fromTag: String = "f",
  toTag: String? = nil, via: String? = nil
) -> Request {
  var headers = Headers()
  if let branch { headers.append(.via, "SIP/2.0/UDP 192.0.2.2:5060;branch=\(branch);rport") }
  if let via { headers.append(.via, via) }
  headers.append(.maxForwards, "70")
  headers.append(.from, "<sip:a@office.lan>;tag=\(fromTag)")
  headers.append(.to, "<sip:b@office.lan>" + (toTag.map { ";tag=" + $0 } ?? ""))
  headers.append(.callID, callID)
  headers.append(.cSeq, "\(cSeq) \(method.name)")
  return Request(method, URI(user: "b", host: .name("office.lan")), headers: headers)
}

/// What a layer did: `INVITE`, `200`, `up INVITE`, `up 200`, `failed timeout` …
func text(_ output: TransactionOutput) -> String {
  switch output {
  case .send(.request(let request), _): request.method.name
  case .send(.response(let response), _): String(response.status)
  case .request(let request, _, _): "up " + request.method.name
  case .ack: "up ACK"
  case .cancelled: "cancelled"
  case .response(let response, _, _): "up " + String(response.status)
  case .failed(_, let failure): "failed \(failure)"
  }
}

/// A request that should have come up did not.
struct Nothing: Error {}

extension TransactionLayer {
  mutating func drain() -> [TransactionOutput] {
    var outputs: [TransactionOutput] = []
    while let output = poll() { outputs.append(output) }
    return outputs
  }

  mutating func did() -> [String] { drain().map(text) }

  /// Runs on its own timers alone and tells what happened when, in milliseconds.
  mutating func run(until end: Instant) -> [String] {
    var story: [String] = []
    while let deadline = nextDeadline, deadline <= end {
      wake(now: deadline)
      for output in drain() { story.append("\((deadline - .zero).milliseconds) \(text(output))") }
    }
    return story
  }

  /// Sends a request and gives it back as it went out.
  mutating func started(_ request: Request, by flow: Flow = udp) -> (id: TransactionID, sent: Request) {
    let id = send(request, to: flow, now: at(0))
    for output in drain() { if case .send(.request(let sent), _) = output { return (id, sent) } }
    return (id, request)
  }

  /// Takes a request in and gives what came up.
  mutating func arrived(_ request: Request, by flow: Flow = udp) -> (id: TransactionID, request: Request)? {
    receive(.request(request), from: flow, now: at(0))
    for output in drain() { if case .request(let request, let id, _) = output { return (id, request) } }
    return nil
  }

  mutating func taken(_ request: Request, by flow: Flow = udp) throws(Nothing) -> (id: TransactionID, request: Request)
  {
    guard let came = arrived(request, by: flow) else { throw Nothing() }
    return came
  }

  mutating func answer(_ sent: Request, _ status: Int, tag: String = "t", now: Instant, by flow: Flow = udp) {
    receive(.response(Response(to: sent, status: status, toTag: tag)), from: flow, now: now)
  }
}
