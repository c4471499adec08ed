import Configuration
import Console
import Platform
import Wire

/// `sotto supervise`: runs the exchange as a child, and when it dies starts it again with the sockets that it had, so that
/// calls go on. Beside it run the box's own phones. It knows nothing of SIP and parses nothing from the network.
///
/// `arguments` are those of `serve`, `configurationFile` among them. The exit status is the exchange's where it ended by
/// itself.
@export(interface)
public func supervise(_ arguments: [String], configurationFile: String, logLevel: LogLevel?) -> Int32 {
  do throws(PlatformError) {
    return try Supervisor(["sotto", "serve"] + arguments, configurationFile, Log(level: logLevel ?? .info)).run()
  } catch {
    Process.writeError("sotto: \(error.description)\n")
    return 1
  }
}

/// How an exchange learns from its environment that it is supervised, and whether it is to begin afresh.
enum Supervision: String {
  case goOn = "go-on"
  case afresh

  private static let variable = "SOTTO_SUPERVISED"

  static var current: Supervision? { Process.environment(variable).flatMap { Supervision(rawValue: $0) } }

  func tellChildren() { Process.setEnvironment(Self.variable, rawValue) }
}

private final class Supervisor {
  private static let userSignal: Int32 = 10
  private static let childEnded: Int32 = 17
  private static let kill: Int32 = 9

  private struct Running {
    let child: ChildProcess
    let channel: DescriptorChannel
    let since: Instant
  }

  private let arguments: [String]
  private let configurationFile: String
  private let log: Log
  private let poller: Poller
  private let signals: SignalReader
  private var held: [String: Int32] = [:]
  private var running: Running?
  private var crashes = CrashHistory()
  private let phones: LocalPhones

  init(_ arguments: [String], _ configurationFile: String, _ log: Log) throws(PlatformError) {
    self.arguments = arguments
    self.configurationFile = configurationFile
    self.log = log
    poller = try Poller()
    phones = LocalPhones(log, poller, firstToken: 2)
    signals = try SignalReader([
      Self.childEnded, Self.userSignal, SignalReader.hangup, SignalReader.interrupt, SignalReader.terminate,
    ])
    try poller.add(signals.descriptor, .readable, token: 0)
    _ = try? Process.raiseDescriptorLimit()
  }

  func run() throws(PlatformError) -> Int32 {
    try start()
    var asked: Int32?
    while true {
      let deadline = earliest(running == nil ? crashes.resumesAt : nil, phones.nextDeadline)
      poller.wait(until: deadline) { token, _ in
        if token == 1 { takeMessages() } else if token > 1 { phones.ready(token) }
      }
      while let signal = signals.next() { asked = pass(signal) ?? asked }
      if let running, let status = running.child.status() {
        // What it said last may hold sockets.
        takeMessages()
        running.channel.close()
        self.running = nil
        // 128 and more: a signal ended it.
        guard status > 128, asked == nil else { return status }
        crashes.add(Clock.monotonic(), after: running.since)
        log.write(.error, "supervisor", "the exchange died", [LogField("signal", String(status - 128))])
      } else if running == nil, asked != nil {
        return 0
      }
      if running == nil, Clock.monotonic() >= crashes.resumesAt { try start() }
      phones.turn(Clock.monotonic())
    }
  }

  /// Has those phones run that the file names. The exchange has just read it; a fault that has come into it since then
  /// leaves them as they are.
  private func readConfiguration() {
    do throws(LoadError) {
      phones.want(LocalPhone.all(in: try loadConfiguration(configurationFile)))
    } catch {
      log.write(
        .error, "supervisor", "the box's own phones stay as they are",
        [LogField("reason", error.lines.first ?? "")])
    }
  }

  /// Gives a signal to the exchange; returns it where it asks for the end.
  private func pass(_ signal: Int32) -> Int32? {
    guard signal != Self.childEnded else { return nil }
    // Whoever watches found that the exchange doesn't answer.
    let passed = signal == Self.userSignal ? Self.kill : signal
    if let running { _ = Process.signal(passed, process: running.child.identifier) }
    guard signal == SignalReader.terminate || signal == SignalReader.interrupt else { return nil }
    phones.want([])
    return signal
  }

  private func start() throws(PlatformError) {
    if crashes.isLoop {
      // What it took up may be what kills it.
      log.write(.error, "supervisor", "it keeps dying; it begins afresh, without its calls")
      drop(Array(held.keys))
    }
    (crashes.isLoop ? Supervision.afresh : .goOn).tellChildren()
    let (here, there) = try DescriptorChannel.pair()
    let child = try ChildProcess(arguments, channel: there)
    there.close()
    try poller.add(here.descriptor, .readable, token: 1)
    running = Running(child: child, channel: here, since: Clock.monotonic())
    here.send(DescriptorStore.Verb.keep, Array(held.keys), Array(held.values))
    _ = here.send(.init(DescriptorStore.Verb.end))
  }

  private func takeMessages() {
    while let running {
      switch running.channel.receive(waiting: false) {
      case .nothing: return
      case .end:
        // Its process has ended or will be seen to; until then there is nothing to read.
        return poller.remove(running.channel.descriptor)
      case .message(let message):
        if message.verb == DescriptorStore.Verb.configured { readConfiguration() }
        drop(message.names)
        if message.verb == DescriptorStore.Verb.keep {
          for (name, descriptor) in zip(message.names, message.descriptors) { held[name] = descriptor }
        }
      }
    }
  }

  private func drop(_ names: [String]) {
    for name in names {
      if let descriptor = held.removeValue(forKey: name) { Descriptors.close(descriptor) }
    }
  }
}

/// How often in a row the exchange died as soon as it was started, and what follows from it.
struct CrashHistory: Sendable {
  /// Who lived longer did not die of what it took up.
  static let briefLife = Interval.seconds(2)
  /// So many in a row may be chance.
  private static let forgiven = 3
  private static let longestPause: Int64 = 30

  private var count = 0
  /// When it may be started again: at once, or in a loop after 1, 2, 4 … seconds.
  private(set) var resumesAt = Instant.zero

  mutating func add(_ now: Instant, after start: Instant) {
    count = now - start < Self.briefLife ? count + 1 : 0
    resumesAt = now
    if isLoop { resumesAt = now + .seconds(min(1 << Int64(min(count - Self.forgiven - 1, 5)), Self.longestPause)) }
  }

  /// Whether it dies again and again.
  var isLoop: Bool { count > Self.forgiven }
}
