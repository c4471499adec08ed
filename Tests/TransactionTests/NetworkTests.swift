import SIP
import SimNet
import Testing
import Wire

/// One end of a conversation: a transaction layer with a user who calls, answers and hangs up by a seed.
private final class Element: SimNode {
  let address: SocketAddress
  let peer: SocketAddress
  var layer: TransactionLayer
  var generator: SeededGenerator
  /// By Call-ID: how often a request came up here, and how requests of ours ended.
  var seen: [String: Int] = [:]
  var outcomes: [String: [String]] = [:]
  var failures: [String] = []
  private var calls: [TransactionID: (name: String, request: Request)] = [:]
  private var owed: [(due: Instant, id: TransactionID, response: Response)] = []
  private var unacknowledged: [String: TransactionID] = [:]

  init(_ address: SocketAddress, peer: SocketAddress, seed: UInt64) {
    self.address = address
    self.peer = peer
    layer = TransactionTests.layer(seed: UInt8(truncatingIfNeeded: seed))
    generator = SeededGenerator(seed: seed)
  }

  var flow: Flow { Flow(transport: .udp, local: address, remote: peer) }

  func call(_ method: Method, _ name: String, now: Instant, cancelled: Bool = false) {
    let id = layer.send(request(method, callID: name), to: flow, now: now)
    calls[id] = (name, request(method, callID: name))
    if cancelled { layer.cancel(id, now: now) }
  }

  func receive(_ payload: Message, from: SocketAddress, now: Instant) {
    layer.receive(payload, from: Flow(transport: .udp, local: address, remote: from), now: now)
  }

  func poll(now: Instant) -> (payload: Message, to: SocketAddress)? {
    while let output = layer.poll() {
      switch output {
      case .send(let message, let flow): return (message, flow.remote)
      case .request(let request, let id, _): answer(request, id, now)
      case .cancelled(let id, _):
        for i in owed.indices where owed[i].id == id {
          owed[i].response.status = 487
          owed[i].due = now
        }
      case .ack(let ack, _):
        if let id = unacknowledged.removeValue(forKey: ack.headers[.callID] ?? "") { layer.acknowledged(id, now: now) }
      case .response(let response, let id, let flow):
        guard let call = calls[id], response.isFinal else { continue }
        outcomes[call.name, default: []].append(String(response.status))
        if call.request.method == .invite, response.isSuccess {
          var ack = request(.ack, callID: call.name)
          ack.headers[.to] = response.headers[.to]
          layer.acknowledge(ack, of: id, to: flow)
        }
      case .failed(let id, let failure):
        if let call = calls[id] {
          outcomes[call.name, default: []].append("\(failure)")
        } else {
          failures.append("\(failure)")
        }
      }
    }
    return nil
  }

  private func answer(_ request: Request, _ id: TransactionID, _ now: Instant) {
    let name = request.headers[.callID] ?? ""
    seen[name, default: 0] += 1
    guard request.method == .invite else {
      owed.append(
        (
          now + .milliseconds(Int64.random(in: 0...900, using: &generator)), id,
          Response(to: request, status: 200, toTag: "t")
        ))
      return
    }
    if generator.chance(0.7) { layer.respond(Response(to: request, status: 180, toTag: "t"), to: id, now: now) }
    let status = generator.chance(0.5) ? 200 : 486
    let due = now + .milliseconds(Int64.random(in: 0...9000, using: &generator))
    owed.append((due, id, Response(to: request, status: status, toTag: "t")))
  }

  var nextDeadline: Instant? { earliest(layer.nextDeadline, owed.map(\.due).min()) }

  func wake(now: Instant) {
    layer.wake(now: now)
    for debt in owed where debt.due <= now {
      if debt.response.status == 200, let name = debt.response.headers[.callID] { unacknowledged[name] = debt.id }
      layer.respond(debt.response, to: debt.id, now: now)
    }
    owed.removeAll { $0.due <= now }
  }
}

@Suite struct NetworkTests {
  private static let conditions: [LinkConditions] = [
    .good, .bad, LinkConditions(loss: 0.25), LinkConditions(duplication: 0.9), LinkConditions(reordering: 0.5),
    LinkConditions(delay: .milliseconds(900), jitter: .milliseconds(400)),
  ]

  /// Every request comes up once, every client learns one outcome, and nothing is left behind.
  @Test(arguments: 0..<6) func requestsSurviveTheNetwork(network: Int) {
    for seed in 0..<25 as Range<UInt64> {
      let simulation = Simulation<Message>(seed: seed, NetworkTests.conditions[network])
      let a = Element(here, peer: there, seed: seed)
      let b = Element(there, peer: here, seed: seed &+ 1000)
      simulation.add(a)
      simulation.add(b)
      for i in 0..<4 {
        a.call(.invite, "invite-\(i)", now: .zero, cancelled: i == 3)
        a.call(.options, "options-\(i)", now: .zero)
        b.call(.info, "info-\(i)", now: .zero)
      }
      simulation.run(until: at(600_000))
      #expect(a.layer.count == 0 && b.layer.count == 0, "seed \(seed)")
      #expect(b.seen.count == 8 && a.seen.count == 4, "seed \(seed)")
      #expect(b.seen.values.allSatisfy { $0 == 1 } && a.seen.values.allSatisfy { $0 == 1 }, "seed \(seed)")
      for (name, outcome) in a.outcomes {
        let allowed = name.hasPrefix("invite") ? ["200", "486", "487"] : ["200"]
        #expect(outcome.count == 1 && allowed.contains(outcome[0]), "seed \(seed) \(name) \(outcome)")
      }
      #expect(a.outcomes.count == 8 && b.outcomes.count == 4 && b.failures.isEmpty, "seed \(seed) \(b.failures)")
    }
  }

  @Test func aCutLinkEndsEverythingOnBothSides() {
    for seed in 0..<25 as Range<UInt64> {
      let simulation = Simulation<Message>(seed: seed)
      let a = Element(here, peer: there, seed: seed)
      let b = Element(there, peer: here, seed: seed &+ 1000)
      simulation.add(a)
      simulation.add(b)
      for i in 0..<4 { a.call(.invite, "invite-\(i)", now: .zero, cancelled: i == 3) }
      simulation.run(until: at(Int64(seed) * 400))
      simulation.net.cut(here, there)
      simulation.run(until: at(1_000_000))
      #expect(a.layer.count == 0 && b.layer.count == 0, "seed \(seed)")
      #expect(a.outcomes.count == 4 && a.outcomes.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
    }
  }
}
