import Configuration
import Console
import Crypto
import Media
import PBX
import Platform
import SIP
import Wire

/// The signalling thread: waits for the kernel, hands what came to the exchange, and does what the exchange asks.
final class Server {
  let file: String
  var configuration: Configuration
  let log: Log
  let started = Clock.monotonic()
  let poller: Poller
  let signals: SignalReader
  let ports: SignallingPorts
  let connections: Connections
  /// Nil while `sip.listen` names none.
  var webSockets: WebSockets?
  let certificates: Certificates
  let media: MediaLink
  let handshakes: Handshakes
  let recording: Recording
  let world: OutsideLink
  var control: ControlServer?
  var exchange: Exchange
  let store: DescriptorStore
  /// Nil where nobody would take up what is kept.
  var checkpoint: Checkpoint?
  var changes = Journal.Batch()
  let registrations: RegistrationFile
  private let receiver = DatagramReceiver()
  var door = FrontDoor()
  var sieve = Sieve()
  /// In the To of each hurried refusal.
  let refusalTag: String
  /// When a polite end gives up waiting; nil while running.
  private var endsBy: Instant?
  /// Connections turned away since that was last said.
  var refusals = (count: 0, saidAt: Instant?.none)

  /// `state` is the folder in which the exchange keeps what must outlive it, `relayHelper` the relay helper's socket.
  init(
    file: String, configuration: Configuration, state: String, relayHelper: String, log: Log
  ) throws(StartError) {
    self.file = file
    self.configuration = configuration
    self.log = log
    do throws(PlatformError) {
      poller = try Poller()
      signals = try SignalReader([SignalReader.hangup, SignalReader.interrupt, SignalReader.terminate])
      try poller.add(signals.descriptor, .readable, token: Token.signals.packed)
      recording = try Recording(poller: poller)
    } catch {
      throw .platform(error)
    }
    store = DescriptorStore(supervised: Supervision.current != nil)
    ports = SignallingPorts(poller: poller, store: store)
    connections = Connections(poller: poller)
    certificates = try Certificates(state: state)
    registrations = RegistrationFile(state: state)
    handshakes = try Handshakes(state: state)
    exchange = try newExchange(configuration, handshakes, now: started)
    do throws(CryptoError) {
      var random = RandomSource(seed: try randomBytes(32))
      refusalTag = random.token(8)
    } catch {
      throw .noRandomness
    }
    do throws(RecordingError) {
      try Recording.check(configuration.media.holdMusic)
    } catch {
      throw .recording(error)
    }
    media = try MediaLink(configuration.media, helper: relayHelper, poller: poller, store: store)
    do throws(PlatformError) {
      world = try OutsideLink(poller: poller, servers: configuration.nameServers, now: started)
    } catch {
      throw .platform(error)
    }
    do throws(TLSReadError) {
      try offer(certificates.prepare(configuration), now: started)
      try openWebSockets(configuration)
      webSockets?.configure(origins: configuration.webSocketOrigins)
    } catch {
      throw .tls(error)
    }
    do throws(PlatformError) {
      try openPorts(configuration.listeners)
    } catch {
      throw .platform(error)
    }
    guard !ports.listeners.isEmpty else { throw .noAddress }
    heard(recording.want(configuration.media.holdMusic))
  }

  /// Runs until a signal ends it; returns the exit status.
  func run() -> Int32 {
    log.write(
      .notice, "daemon", "started",
      [
        LogField("version", sottoVersion), LogField("domain", configuration.domain),
        LogField("extensions", String(configuration.extensions.count)),
      ])
    world.wake(exchange, now: Clock.monotonic())
    drain(now: Clock.monotonic())
    while true {
      poller.wait(until: nextDeadline) { token, what in
        guard let token = Token(packed: token) else { return }
        let now = Clock.monotonic()
        ready(token, what, now: now)
        drain(now: now)
      }
      let now = Clock.monotonic()
      wake(now: now)
      drain(now: now)
      work()
      if let failure = media.failure {
        // Without media there are no calls: whoever supervises starts us again.
        log.write(.error, "media", failure.description)
        return finish(status: 1)
      }
      if hasEnded(now: now) { return finish(status: 0) }
    }
  }

  private var nextDeadline: Instant? {
    var deadline = earliest(exchange.nextDeadline, connections.nextDeadline)
    deadline = earliest(deadline, control?.nextDeadline)
    deadline = earliest(deadline, door.hasWaiting ? started : door.nextDeadline)
    deadline = earliest(deadline, sieve.nextDeadline)
    deadline = earliest(deadline, certificates.nextDeadline)
    deadline = earliest(deadline, webSockets?.nextDeadline)
    deadline = earliest(deadline, media.nextDeadline)
    deadline = earliest(deadline, world.nextDeadline)
    deadline = earliest(deadline, registrations.nextDeadline)
    deadline = earliest(deadline, handshakes.nextDeadline)
    if let endsBy { deadline = earliest(deadline, min(endsBy, Clock.monotonic() + .milliseconds(20))) }
    return deadline
  }

  private func ready(_ token: Token, _ what: Readiness, now: Instant) {
    switch token {
    case .signals:
      while let signal = signals.next() { received(signal: signal, now: now) }
    case .media:
      media.takeEvents { event in
        if case .shaken(let stream, let side, let datagram) = event {
          handshakes.receive(datagram, stream, side, now: now)
        } else {
          exchange.mediaEvent(event, now: now)
        }
      }
    case .udp(let number):
      if let port = ports[number], case .udp(let socket) = port.socket { receive(socket, port.listener) }
    case .streamListener(let number):
      if let port = ports[number], case .stream(let listener) = port.socket {
        let transport = port.listener.sip
        if port.listener.transport.isWebSocket {
          webSockets?.accept(listener, transport, makeRoom: { makeRoom(now: now) }, now: now) {
            happened($0, now: now)
          }
        } else {
          connections.accept(
            listener, transport, asks: { exchange.callsOverTLS($0) }, makeRoom: { makeRoom(now: now) }, now: now
          ) { happened($0, now: now) }
        }
      }
    case .connection(let number):
      if let webSockets, webSockets.has(number) {
        webSockets.ready(number, what, now: now) { happened($0, now: now) }
      } else {
        connections.ready(number, what, now: now) { happened($0, now: now) }
      }
    case .controlListener: control?.accept(now: now)
    case .names(let socket): world.ready(socket, what)
    case .recording: heard(recording.finished())
    case .controlClient(let number): control?.ready(number) { reply(to: $0, now: now) }
    }
  }

  /// Takes what waits in the kernel, for a while: those who belong to calls stand somewhere among the others.
  private func receive(_ socket: UDPSocket, _ listener: Listener) {
    let start = Clock.monotonic()
    var now = start
    while receiveBatch(socket, listener, now: now) == DatagramReceiver.batch {
      now = Clock.monotonic()
      guard now - start < Self.turn else { return sift(toTheEnd: false, now: now) }
    }
    sift(toTheEnd: true, now: now)
  }

  private func receiveBatch(_ socket: UDPSocket, _ listener: Listener, now: Instant) -> Int {
    receiver.receive(from: socket) { datagram in
      var local = datagram.local
      // The kernel tells the address, not the port; and a socket bound to one address needs to be told neither.
      if local.ip.isUnspecified { local = listener.address }
      local.port = listener.address.port
      let flow = Flow(transport: .udp, local: local, remote: datagram.from)
      admit(datagram.bytes, from: flow, now: now)
    }
  }

  private func wake(now: Instant) {
    exchange.wake(now: now)
    world.wake(exchange, now: now)
    connections.wake(now: now) { happened($0, now: now) }
    webSockets?.wake(now: now) { happened($0, now: now) }
    control?.wake(now: now)
    renewCertificate(now: now)
    media.wake(now: now)
    handshakes.wake(now: now)
    keepRegistrations(now: now)
    if let due = sieve.nextDeadline, due <= now { sift(toTheEnd: true, now: now) }
    if ports.hasRetired && exchange.callCount == 0 { ports.closeRetired() }
  }

  /// Does what the exchange asks, until it asks for nothing more.
  func drain(now: Instant) {
    repeat {
      repeat { drainOutputs(now: now) } while world.deliver(to: exchange, now: now)
    } while handshakes.deliver(to: exchange, media, now: now)
  }

  private func drainOutputs(now: Instant) {
    while let output = next() {
      switch output {
      case .transmit(let bytes, let flow):
        trace(bytes, flow, isIncoming: false)
        transmit(bytes, flow, now: now)
      case .expectKeepAlives(let flow, let time): connections.expectKeepAlives(on: flow, within: time)
      case .reuse(let flow, let port): connections.reuse(flow, port: port)
      case .media(let command):
        media.perform(command)
        handshakes.follow(command, now: now)
      case .needPorts(let count): reserve(count)
      case .resolve(let question): world.ask(question)
      case .findLocalAddress(let transport, let remote):
        let local = sourceAddress(transport, toward: remote, ports.listeners)
        exchange.localAddress(transport, toward: remote, is: local, now: now)
      case .log(let event): write(event)
      }
    }
  }

  /// What is to be done next; all that changed before it is kept by then.
  private func next() -> Output? {
    keepChanges()
    return exchange.poll()
  }

  private func reserve(_ count: Int) {
    let reserved = media.reserve(count)
    if reserved.isEmpty {
      log.write(
        .error, "media", "no media port is free; raise media.ports, or see what else uses them",
        [LogField("ports", "\(configuration.media.ports.lowerBound)-\(configuration.media.ports.upperBound)")])
    }
    exchange.offer(ports: reserved)
  }

  private func write(_ event: LogEvent) {
    guard log.takes(event.level) else { return }
    let fields = event.fields.map { LogField("\($0.key)", $0.value) }
    log.write(event.level, "\(event.subsystem)", event.message, fields)
  }

  /// Opens what `sip.listen` names and says what changed.
  func openPorts(_ listeners: [Listener]) throws(PlatformError) {
    let change = try ports.become(listeners)
    for listener in change.opened {
      log.write(.info, "daemon", "listening", [LogField("address", listener.description)])
    }
    for listener in change.retired {
      log.write(
        .notice, "daemon", "address is closed once no call may use it", [LogField("address", listener.description)])
    }
    for listener in change.skipped {
      log.write(
        .warning, "daemon", "left out, this machine has no IPv6", [LogField("address", listener.description)])
    }
  }

  private func received(signal: Int32, now: Instant) {
    if signal == SignalReader.hangup {
      _ = reload(now: now)
    } else if endsBy == nil {
      log.write(.notice, "daemon", "ending", [LogField("calls", String(exchange.callCount))])
      exchange.shutdown(now: now)
      // Phones answer a BYE within milliseconds; what has not by then will not.
      endsBy = now + .milliseconds(1500)
    } else {
      endsBy = now
    }
  }

  private func hasEnded(now: Instant) -> Bool {
    guard let endsBy else { return false }
    return now >= endsBy || (exchange.isDone && !connections.hasUnsent)
  }

  private func finish(status: Int32) -> Int32 {
    control?.close()
    registrations.close(exchange, now: Clock.monotonic())
    connections.closeAll()
    webSockets = nil
    ports.closeAll()
    media.stop()
    log.write(.notice, "daemon", "ended")
    return status
  }
}
