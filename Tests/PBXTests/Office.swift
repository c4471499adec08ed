import Configuration
import Crypto
import DNS
import Media
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// The exchange as a node of the network, with a media thread that only keeps books.
final class Box: SimNode {
  let address: SocketAddress
  private(set) var exchange: Exchange
  let life: Life?
  /// Whether it is killed before every event.
  var diesOften = true
  var log: [String] = []
  var media: [StreamID: [Media.Side: Media.Leg]] = [:]
  /// What the media thread says that it counted of each call.
  var counted = StreamStatistics(a: LegStatistics(), b: LegStatistics())
  /// Keys that the media thread was to make: stream, side, digit, milliseconds.
  private(set) var presses: [String] = []
  var portsInMedia: Int { media.values.reduce(0) { $0 + $1.count } }
  /// Ports given to the exchange and neither released by it nor by the media thread.
  private(set) var portsOffered: Set<UInt16> = []
  /// What the domain name system holds, what was asked of it, and how it says that it has nothing.
  var names: [NameQuestion: NameAnswer] = [:]
  private(set) var asked: [NameQuestion] = []
  var noName = NameAnswer.absent(seconds: 60)
  /// Whether phones by TCP can be called back once their connection is gone.
  var opensConnections = true
  /// From where packets to the outside leave; nil where nothing leads there.
  var ownAddress: SocketAddress?
  private var nextPort: UInt16 = 0
  private var deaths = 0
  private var out: [(payload: [UInt8], to: SocketAddress)] = []

  init(_ configuration: Configuration, _ address: SocketAddress) {
    self.address = address
    ownAddress = address
    exchange = Exchange(configuration, random: RandomSource(seed: [1, 2, 3]), now: .zero)
    life = Life.isShort ? Life() : nil
    if life != nil { exchange.keepChanges() }
    drain(now: .zero)
  }

  /// Ports from 40000 on are taken for connections.
  func flow(to remote: SocketAddress) -> Flow {
    let isTCP = remote.port >= 40000
    let local = remote.ip.isIPv4 ? address : SocketAddress(IPAddress("2001:db8::1")!, port: address.port)
    return Flow(
      transport: isTCP ? .tcp : .udp, local: local, remote: remote, connection: isTCP ? UInt32(remote.port) : 0)
  }

  func receive(_ payload: [UInt8], from: SocketAddress, now: Instant) {
    if diesOften { die(now: now) }
    exchange.receive(payload, from: flow(to: from), now: now)
    drain(now: now)
  }

  func poll(now: Instant) -> (payload: [UInt8], to: SocketAddress)? { out.isEmpty ? nil : out.removeFirst() }

  var nextDeadline: Instant? { exchange.nextDeadline }

  func wake(now: Instant) {
    if diesOften { die(now: now) }
    exchange.wake(now: now)
    drain(now: now)
  }

  func tell(_ event: Media.Event, now: Instant) {
    if diesOften { die(now: now) }
    exchange.mediaEvent(event, now: now)
    drain(now: now)
  }

  func drain(now: Instant) {
    keep()
    while let output = exchange.poll() {
      switch output {
      case .transmit(let bytes, let flow):
        guard opensConnections || !flow.transport.isReliable || flow.connection != 0 else {
          exchange.connectionClosed(flow, now: now)
          keep()
          continue
        }
        out.append((bytes, flow.remote))
      case .media(.setLeg(let stream, let side, let leg)):
        if let old = media[stream]?[side], old.port != leg.port { portsOffered.remove(old.port) }
        media[stream, default: [:]][side] = leg
      case .media(.setEcho(let stream, let leg)): media[stream] = [.a: leg]
      case .media(.close(let stream)):
        // An echo has one leg, and a call whose second was never opened kept that port.
        for leg in (media[stream] ?? [:]).values { portsOffered.remove(leg.port) }
        media[stream] = nil
        exchange.mediaEvent(.closed(stream, counted), now: now)
        keep()
      case .media(.press(let stream, let side, let digit, let milliseconds)):
        presses.append("\(stream.number) \(side) \(digit) \(milliseconds)")
      case .media(.release(let port)): portsOffered.remove(port)
      case .media, .expectKeepAlives, .reuse: break
      case .needPorts(let count): exchange.offer(ports: (0..<count).compactMap { _ in nextFreePort() })
      case .resolve(let question):
        asked.append(question)
        exchange.resolved(question, names[question] ?? noName, now: now)
        keep()
      case .findLocalAddress(let transport, let remote):
        exchange.localAddress(transport, toward: remote, is: ownAddress, now: now)
        keep()
      case .log(let event):
        log.append(event.message + event.fields.map { " \($0.key)=\($0.value)" }.joined())
      }
    }
  }
}

extension Box {
  private func keep() {
    do { try life?.keep(exchange) } catch { Issue.record("what was kept can't be read: \(error)") }
  }

  /// Where lives are short: the process is killed, and another takes up what it kept.
  func die(now: Instant) {
    guard let life else { return }
    keep()
    deaths += 1
    let heir = Exchange(exchange.configuration, random: RandomSource(seed: Array("death \(deaths)".utf8)), now: now)
    do {
      try heir.restore(life.values, ports: Array(portsOffered), now: now)
    } catch {
      Issue.record("what was kept can't be taken up: \(error)")
    }
    exchange = heir
    media = [:]
    drain(now: now)
  }

  /// Reserves the next of the configured range that is free, as the media service does.
  private func nextFreePort() -> UInt16? {
    let range = exchange.configuration.media.ports
    let isFree: (UInt16) -> Bool = { $0 & 1 == 0 && !self.portsOffered.contains($0) }
    let ports = range.dropLast()
    guard let port = ports.first(where: { $0 >= nextPort && isFree($0) }) ?? ports.first(where: isFree) else {
      return nil
    }
    nextPort = port + 2
    portsOffered.insert(port)
    return port
  }
}

/// An exchange and its phones.
final class Office {
  let simulation: Simulation<[UInt8]>
  let box: Box
  private(set) var phones: [Phone] = []

  init(_ conditions: LinkConditions = .good, seed: UInt64 = 1, change: (inout Configuration) -> Void = { _ in }) {
    simulation = Simulation(seed: seed, conditions)
    box = Box(Office.configuration(change), SocketAddress(IPAddress("10.0.0.1")!, port: 5060))
    simulation.add(box)
  }

  static func configuration(_ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
    var configuration = Configuration()
    configuration.domain = "office.lan"
    for number in ["1001", "1002", "1003"] {
      configuration.extensions[number] = Extension(
        number: number, name: "Desk \(number)", password: "secret-\(number)")
    }
    change(&configuration)
    return configuration
  }

  var now: Instant { simulation.now }
  var exchange: Exchange { box.exchange }

  /// A phone that has registered, unless told otherwise.
  func phone(
    _ number: String, _ host: String, port: UInt16 = 5060, password: String? = nil, registers: Bool = true
  ) -> Phone {
    let address = SocketAddress(IPAddress(host)!, port: port)
    let phone = Phone(
      number, address, box: box.address, transport: port >= 40000 ? .tcp : .udp,
      password: password ?? "secret-\(number)")
    simulation.add(phone)
    phones.append(phone)
    if registers {
      phone.register(now: now)
      run(until: { phone.story.contains("200") })
      phone.forget()
    }
    return phone
  }

  /// The phones of 1001 and 1002.
  func pair() -> (Phone, Phone) { (phone("1001", "10.0.0.11"), phone("1002", "10.0.0.12")) }

  /// One calls the other, which answers; their stories begin after that.
  func connect(_ caller: Phone, _ callee: Phone) {
    caller.call(callee.number, now: now)
    #expect(run(until: { callee.story.last == "ACK" && caller.story.last == "200" }))
    caller.forget()
    callee.forget()
  }

  /// Runs until it holds, at most for a while; says whether it does.
  @discardableResult
  func run(_ seconds: Int64 = 10, until done: () -> Bool) -> Bool {
    simulation.run(until: now + .seconds(seconds), done: done)
  }

  func run(_ seconds: Int64) { simulation.run(until: now + .seconds(seconds)) }

  /// What is left of all calls, for a test that expected nothing.
  var remains: String {
    let calls = exchange.calls.values.map { call in
      "call \(call.number) \(call.caller.number)→\(call.callee) \(call.state) due \(String(describing: call.scheduled))"
    }
    return """
      now \(now); \(calls.joined(separator: "; ")); \(exchange.legs.count) legs, \(exchange.callers.count) callers, \
      \(exchange.purposes.count) purposes, \(exchange.serverCalls.count) server calls, \(box.media.count) streams, \
      \(box.portsInMedia) ports in media, \(exchange.freePorts.count) free of \(box.portsOffered.count), \
      \(exchange.layer.count) transactions, \(exchange.messages.count) messages, deadline \
      \(String(describing: exchange.deadlines.first))
      """
  }

  /// Nothing is left of any call, and no port of its is lost.
  var isQuiet: Bool {
    box.portsInMedia + exchange.freePorts.count == box.portsOffered.count && exchange.calls.count == 0
      && exchange.legs.isEmpty && exchange.callers.isEmpty && exchange.purposes.isEmpty
      && exchange.serverCalls.isEmpty && box.media.isEmpty && exchange.layer.count == 0
      && exchange.deadlines.first == nil && exchange.outside.patience.isEmpty
      && exchange.outside.toll.meters.isEmpty && exchange.outside.channels.isEmpty
      && exchange.messages.isEmpty && exchange.proved.ways.isEmpty
  }

  /// What a call leaves behind is gone when every timer has run out.
  func settles() -> Bool {
    run(300)
    return isQuiet
  }
}
