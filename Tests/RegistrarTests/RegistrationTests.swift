import Crypto
import PBX
import SIP
import SimNet
import Testing
import Wire

private let box = SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 5060)
private let phone = SocketAddress(IPAddress(ipv4: 0xc000_0202), port: 5060)

/// The box: transactions, digest and registrar, as the exchange joins them.
private final class Box: SimNode {
  let address = box
  var layer = TransactionLayer(random: RandomSource(seed: [1]))
  var digest = DigestServer(realm: "office.lan", secret: [2])
  var registrar = Registrar()

  func receive(_ payload: Message, from: SocketAddress, now: Instant) {
    layer.receive(payload, from: Flow(transport: .udp, local: box, remote: from), now: now)
  }

  func poll(now: Instant) -> (payload: Message, to: SocketAddress)? {
    while let output = layer.poll() {
      if case .send(let message, let flow) = output { return (message, flow.remote) }
      guard case .request(let request, let id, let flow) = output else { continue }
      let verdict = digest.verify(
        (try? request.headers.authorizations) ?? [], method: request.method, uri: request.uri, from: flow.remote.ip,
        now: now
      ) { $0 == "1001" ? DigestAccount(password: "correct-horse", algorithms: [.md5]) : nil }
      if case .accepted(let user) = verdict {
        layer.respond(
          registrar.handle(request, user: user, from: flow, now: now, toTag: "t"), to: id, now: now)
      } else {
        var response = Response(to: request, status: 401, toTag: "t")
        var isStale = false
        if case .stale = verdict { isStale = true }
        for challenge in digest.challenges([.md5], from: flow.remote.ip, stale: isStale, now: now) {
          response.headers.append(.wwwAuthenticate, challenge.description)
        }
        layer.respondStatelessly(response, to: id)
      }
    }
    return nil
  }

  var nextDeadline: Instant? { earliest(layer.nextDeadline, registrar.nextDeadline) }

  func wake(now: Instant) {
    layer.wake(now: now)
    registrar.wake(now: now)
  }
}

/// A phone that registers, answers each challenge and starts over when one attempt fails.
private final class Phone: SimNode {
  let address = phone
  var layer = TransactionLayer(random: RandomSource(seed: [3]))
  var digest: DigestClient
  var statuses: [Int] = []
  private var cSeq: UInt32 = 0
  private var seconds: UInt32 = 0

  init(password: String) { digest = DigestClient(username: "1001", password: password) }

  func register(_ seconds: UInt32, now: Instant, answering challenges: [AuthParameters] = []) {
    self.seconds = seconds
    cSeq += 1
    var request = Request(.register, URI(host: .name("office.lan")))
    request.headers.append(.from, "<sip:1001@office.lan>;tag=f")
    request.headers.append(.to, "<sip:1001@office.lan>")
    request.headers.append(.callID, "phone")
    request.headers.append(.cSeq, "\(cSeq) REGISTER")
    request.headers.append(.contact, "<sip:1001@192.0.2.2:5060>;expires=\(seconds)")
    let answer = digest.respond(to: challenges, method: .register, uri: request.uri.description, cnonce: "c\(cSeq)")
    if let answer { request.headers.append(.authorization, answer.description) }
    _ = layer.send(request, to: Flow(transport: .udp, local: phone, remote: box), now: now)
  }

  func receive(_ payload: Message, from: SocketAddress, now: Instant) {
    layer.receive(payload, from: Flow(transport: .udp, local: phone, remote: from), now: now)
  }

  func poll(now: Instant) -> (payload: Message, to: SocketAddress)? {
    while let output = layer.poll() {
      switch output {
      case .send(let message, let flow): return (message, flow.remote)
      case .response(let response, _, _):
        guard response.isFinal else { continue }
        statuses.append(response.status)
        if response.status == 401, statuses.suffix(3) != [401, 401, 401] {
          register(seconds, now: now, answering: (try? response.headers.wwwAuthenticate) ?? [])
        }
      default: statuses.append(0)
      }
    }
    return nil
  }

  var nextDeadline: Instant? { layer.nextDeadline }
  func wake(now: Instant) { layer.wake(now: now) }
}

@Suite struct RegistrationTests {
  /// The whole way under loss, duplication and reordering: challenge, registration, refresh, expiry.
  @Test(arguments: 0..<40 as Range<UInt64>) func aPhoneRegistersOverABadNetworkAndExpiresOnTime(seed: UInt64) {
    let simulation = Simulation<Message>(seed: seed, .bad)
    let exchange = Box()
    let set = Phone(password: "correct-horse")
    simulation.add(exchange)
    simulation.add(set)
    set.register(120, now: simulation.now)
    simulation.run(until: .zero + .seconds(60))
    #expect(set.statuses.last == 200 && !set.statuses.contains(0))
    let bindings = exchange.registrar.bindings(of: "1001", now: simulation.now)
    #expect(bindings.count == 1 && bindings.first?.flow.remote == phone)
    // A refresh, whose nonce may be old by then.
    set.register(120, now: simulation.now)
    simulation.run(until: .zero + .seconds(130))
    #expect(exchange.registrar.bindings(of: "1001", now: simulation.now).count == 1)
    simulation.run(until: .zero + .seconds(400))
    #expect(exchange.registrar.numbers.isEmpty)
    #expect(exchange.layer.count == 0 && set.layer.count == 0)
  }

  @Test func aWrongPasswordRegistersNothingHoweverOftenItTries() {
    let simulation = Simulation<Message>(seed: 1)
    let exchange = Box()
    let set = Phone(password: "incorrect-horse")
    simulation.add(exchange)
    simulation.add(set)
    set.register(120, now: simulation.now)
    simulation.run(until: .zero + .seconds(60))
    #expect(set.statuses == [401, 401, 401])
    #expect(exchange.registrar.numbers.isEmpty && exchange.layer.count == 0)
  }
}
