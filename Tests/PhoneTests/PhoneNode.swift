import Crypto
import SIP
import SimNet
import Wire

@testable import Phone

/// A phone on a simulated network, whose exchange is `remote`.
final class PhoneNode: SimNode {
  let address: SocketAddress
  let remote: SocketAddress
  var agent: UserAgent
  private(set) var events: [PhoneEvent] = []
  /// What it received, in order.
  private(set) var requests: [Request] = []
  var answers = true
  private var out: [(payload: [UInt8], to: SocketAddress)] = []
  private let flow: Flow

  init(
    _ number: String, _ address: SocketAddress, _ remote: SocketAddress, transport: Transport = .udp,
    encryption: Account.Encryption = .preferred, password: String = "secret"
  ) {
    self.address = address
    self.remote = remote
    var account = try! Account(uri: "sip:\(number)@office.lan")
    account.password = password
    account.encryption = encryption
    agent = UserAgent(account, mediaPort: 4000, random: RandomSource(seed: Array(number.utf8)))
    flow = Flow(transport: transport, local: address, remote: remote, connection: transport == .udp ? 0 : 7)
  }

  /// Switches it on.
  func start(_ now: Instant) {
    agent.reached(flow, now: now)
    drain(now)
  }

  func does(_ now: Instant, _ what: (inout UserAgent) -> Void) {
    what(&agent)
    drain(now)
  }

  func receive(_ payload: [UInt8], from: SocketAddress, now: Instant) {
    guard let message = try? Message.parse(payload) else { return }
    if case .request(let request) = message { requests.append(request) }
    agent.receive(message, from: flow, now: now)
    drain(now)
  }

  private func drain(_ now: Instant) {
    while let output = agent.poll() {
      switch output {
      case .send(let message, to: let flow): out.append((message.serialized(), flow.remote))
      case .event(let event):
        events.append(event)
        if case .incoming = event, answers { agent.answer(now: now) }
      }
    }
  }

  func poll(now: Instant) -> (payload: [UInt8], to: SocketAddress)? { out.isEmpty ? nil : out.removeFirst() }
  var nextDeadline: Instant? { agent.nextDeadline }
  func wake(now: Instant) {
    agent.wake(now: now)
    drain(now)
  }

  var end: CallEnd? {
    for case .ended(let end) in events { return end }
    return nil
  }
  var terms: MediaTerms? {
    var last: MediaTerms?
    for case .media(let terms) in events { last = terms }
    return last
  }
  var isAnswered: Bool { events.contains { if case .answered = $0 { true } else { false } } }
  /// Who held the call last: here, there.
  var held: [Bool]? {
    var last: [Bool]?
    for case .held(let here, let there) in events { last = [here, there] }
    return last
  }
}

/// Two phones that take each other for their exchange.
struct Pair {
  let net: Simulation<[UInt8]>
  let a: PhoneNode
  let b: PhoneNode

  init(
    seed: UInt64 = 1, _ conditions: LinkConditions = .good, transport: Transport = .udp,
    calling one: Account.Encryption = .preferred, called other: Account.Encryption = .preferred
  ) {
    let places = [1, 2].map { SocketAddress(IPAddress(ipv4: 0x0a00_0000 + $0), port: 5060) }
    net = Simulation(seed: seed, conditions)
    a = PhoneNode("1001", places[0], places[1], transport: transport, encryption: one)
    b = PhoneNode("1002", places[1], places[0], transport: transport, encryption: other)
    net.add(a)
    net.add(b)
    // Nobody registers here.
    for phone in [a, b] {
      phone.does(.zero) { $0.registration.state = .leaving }
      phone.start(.zero)
    }
  }

  func run(_ seconds: Int64, until done: () -> Bool = { false }) -> Bool {
    net.run(until: net.now + .seconds(seconds), done: done)
  }

  /// A call of a's that b answers.
  func connect() -> Bool {
    a.does(net.now) { $0.call("1002", now: net.now) }
    return run(30) { a.isAnswered && b.isAnswered && a.terms != nil && b.terms != nil }
  }
}
