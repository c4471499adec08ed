import Crypto
import Foundation
import SIP
import SimNet
import Testing
import Wire

/// Thousands of stories that make no sense, told to one layer: it must neither trap nor keep anything for ever.
@Suite struct RandomWalkTests {
  /// How many in each part; `SOTTO_WALKS=100000` is their sum.
  private static func count(_ parts: Int, _ least: Int) -> UInt64 {
    let wanted = ProcessInfo.processInfo.environment["SOTTO_WALKS"].flatMap { Int($0) } ?? 0
    return UInt64(max(wanted / parts, least))
  }
  private static let methods: [Method] = [.invite, .invite, .ack, .bye, .options, .cancel, .register]
  private static let statuses = [100, 180, 183, 200, 202, 302, 401, 486, 487, 503, 603]

  private struct Walk {
    var layer: TransactionLayer
    var generator: SeededGenerator
    var now = Instant.zero
    var sent: [Request] = []
    var clients: [TransactionID] = []
    var servers: [(id: TransactionID, request: Request)] = []
    /// Of each client transaction: final responses but repeated 2xx, and failures.
    var outcomes: [TransactionID: [String]] = [:]
    var answered: Set<TransactionID> = []

    /// What another process would find.
    var journal = Journal.beginning(version: "walk")
    var batch = Journal.Batch()

    init(seed: UInt64) {
      layer = TransactionTests.layer(seed: UInt8(truncatingIfNeeded: seed), limit: 12)
      layer.keepChanges()
      generator = SeededGenerator(seed: seed)
    }

    /// The process is killed, and another takes up what it had written.
    mutating func die() throws {
      layer.takeChanges(&batch, kind: 1) { id, writer in writer.put(id) }
      journal += batch.sealed()
      batch.clear()
      let before = layer
      layer = TransactionLayer(random: RandomSource(seed: journal), limit: 12)
      layer.keepChanges()
      let (values, sound) = try Journal.read(journal, version: "walk")
      #expect(sound == journal.count)
      for (key, value) in values {
        var reader = StorageReader(value)
        let id = try layer.restore(key.name, from: &reader)
        #expect(try reader.value(TransactionID.self) == id && reader.left == 0)
        #expect(before.flow(of: id)?.transport == layer.flow(of: id)?.transport)
      }
      layer.restored()
      #expect(layer.count <= before.count)
    }

    mutating func pick<Element>(_ list: [Element]) -> Element? { list.randomElement(using: &generator) }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    mutating func flow() -> Flow { generator.chance(0.5) ? udp : tcp }

    mutating func step() {
      let status = pick(RandomWalkTests.statuses) ?? 200
      switch number(0...11) {
      case 0:
        let method = pick([Method.invite, .bye, .register]) ?? .bye
        let id = layer.send(request(method, callID: "\(number(0...3))"), to: flow(), now: now)
        clients.append(id)
      case 1, 2:
        let method = pick(RandomWalkTests.methods) ?? .bye
        let isOld = generator.chance(0.2)
        let tag = generator.chance(0.5) ? "t" : nil
        let came = request(
          method, branch: isOld ? "1" : "z9hG4bK\(number(0...5))", callID: "\(number(0...1))", toTag: tag)
        layer.receive(.request(came), from: flow(), now: now)
      case 3, 4, 5:
        guard let request = pick(sent) else { return }
        let response = Response(to: request, status: status, toTag: "\(number(0...20))")
        layer.receive(.response(response), from: flow(), now: now)
      case 6, 7:
        guard let server = pick(servers) else { return }
        respond(server, status)
      case 8:
        if let id = pick(clients) { layer.cancel(id, now: now) }
        if let id = pick(clients) { layer.acknowledge(request(.ack, toTag: "\(number(0...20))"), of: id, to: flow()) }
      case 9:
        if let server = pick(servers) { layer.acknowledged(server.id, now: now) }
        if let server = pick(servers), generator.chance(0.3) {
          answered.insert(server.id)
          layer.respondStatelessly(Response(to: server.request, status: 401, toTag: "t"), to: server.id)
        }
      case 10:
        if generator.chance(0.1) { layer.transportFailed(flow(), now: now) }
      default:
        now += .milliseconds(Int64(number(0...20_000)))
        layer.wake(now: now)
      }
      drain()
    }

    mutating func respond(_ server: (id: TransactionID, request: Request), _ status: Int) {
      if status >= 200 { answered.insert(server.id) }
      layer.respond(Response(to: server.request, status: status, toTag: "t"), to: server.id, now: now)
    }

    mutating func drain() {
      for output in layer.drain() {
        switch output {
        case .send(.request(let request), _): sent.append(request)
        case .request(let request, let id, _): servers.append((id, request))
        case .response(let response, let id, _):
          guard response.isFinal else { continue }
          let isRepeated = response.isSuccess && outcomes[id] == ["success"]
          if !isRepeated { outcomes[id, default: []].append(response.isSuccess ? "success" : "\(response.status)") }
        case .failed(let id, let failure): outcomes[id, default: []].append("\(failure)")
        case .send, .ack, .cancelled: break
        }
      }
    }

    /// The user pays its debts, and time passes.
    mutating func finish() {
      for server in servers where !answered.contains(server.id) { respond(server, 487) }
      drain()
      var steps = 0
      while let deadline = layer.nextDeadline, steps < 10_000 {
        now = max(now, deadline)
        layer.wake(now: now)
        drain()
        steps += 1
      }
    }
  }

  @Test(arguments: 0..<8) func everyStoryEnds(part: UInt64) {
    let count = RandomWalkTests.count(8, 250)
    for seed in part * count..<(part + 1) * count {
      var walk = Walk(seed: seed)
      for _ in 0..<walk.number(10...120) { walk.step() }
      walk.finish()
      #expect(walk.layer.count == 0 && walk.layer.nextDeadline == nil, "seed \(seed)")
      for id in walk.clients { #expect(walk.outcomes[id]?.count == 1, "seed \(seed) \(walk.outcomes[id] ?? [])") }
    }
  }

  @Test(arguments: 0..<2) func everyStoryEndsThoughItsProcessesAreKilled(part: UInt64) throws {
    let count = RandomWalkTests.count(2, 150)
    for seed in part * count..<(part + 1) * count {
      var walk = Walk(seed: seed)
      for _ in 0..<walk.number(10...120) {
        walk.step()
        if walk.generator.chance(0.1) { try walk.die() }
      }
      walk.finish()
      #expect(walk.layer.count == 0 && walk.layer.nextDeadline == nil, "seed \(seed)")
      for id in walk.clients { #expect(walk.outcomes[id]?.count == 1, "seed \(seed) \(walk.outcomes[id] ?? [])") }
    }
  }
}
