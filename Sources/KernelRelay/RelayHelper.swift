import Platform
import Wire

/// The process that may change the kernel's packet rules, and does so for one `serve` at a time: takes legs, leaves legs,
/// counts. When `serve` goes, however it goes, the next one is told of its legs and may take them over as they are; those
/// that nobody takes over go, after a moment at the latest. When the helper goes, all rules do.
public final class RelayHelper {
  public static let defaultPath = "/run/sotto-relay"
  /// A user who owns nothing, what Linux calls nobody.
  private static let nobody: UInt32 = 65534
  /// More than `serve` has legs: 64 KB of kernel memory each at the most.
  private static let mostLegs = 8192
  /// How long the kernel relays for a `serve` that is gone: until the next one that its supervisor starts has taken its
  /// calls up, nobody notices.
  private static let grace = Interval.seconds(3)

  private let netlink: Netlink
  private let listener: StreamListener
  private let poller: Poller
  private let signals: SignalReader
  private let path: String
  /// Who may connect, beside root.
  private let user: UInt32
  private var client: RecordStream?
  private var legs = HeldLegs()
  /// When the legs go that nobody has any more.
  private var graceEnds: Instant?

  private enum Token: UInt64 { case listener, client, signals }

  /// `sotto relay-helper`: runs until SIGTERM. The exit status: 1 where it could not start.
  @export(interface)
  public static func run(path: String, user: UInt32) -> Int32 {
    do throws(StartError) {
      let helper = try RelayHelper(path: path, user: user)
      helper.loop()
      return 0
    } catch {
      Process.writeError("sotto relay-helper: \(error.description)\n")
      return 1
    }
  }

  private enum StartError: Error {
    case kernel(KernelRelayError)
    case platform(PlatformError)

    var description: String {
      switch self {
      case .kernel(let error): error.description
      case .platform(let error): error.description
      }
    }
  }

  private init(path: String, user: UInt32) throws(StartError) {
    self.path = path
    self.user = user
    do throws(KernelRelayError) {
      netlink = try Netlink()
      try RuleSet.install(netlink)
    } catch {
      throw .kernel(error)
    }
    do throws(PlatformError) {
      poller = try Poller()
      signals = try SignalReader([SignalReader.interrupt, SignalReader.terminate])
      // Whoever connects is asked who it is.
      listener = try StreamListener(path: path, mode: 0o666)
      try poller.add(listener.descriptor, .readable, token: Token.listener.rawValue)
      try poller.add(signals.descriptor, .readable, token: Token.signals.rawValue)
      try Process.keepOnlyNetworkRight(user: Self.nobody)
    } catch {
      throw .platform(error)
    }
  }

  private func loop() {
    var ended = false
    while !ended {
      poller.wait(until: graceEnds) { token, what in
        switch Token(rawValue: token) {
        case .listener: accept()
        case .client: serve(what)
        case .signals: ended = signals.next() != nil
        case nil: break
        }
      }
      if let graceEnds, graceEnds <= Clock.monotonic() { removeOrphans() }
    }
    drop()
    Files.remove(path)
  }

  private func accept() {
    while let (socket, _) = listener.accept() {
      guard let peer = socket.peerUser, peer == 0 || peer == user else {
        socket.close()
        continue
      }
      // A `serve` that connects anew is the one that lives.
      part()
      guard (try? poller.add(socket.descriptor, .readable, token: Token.client.rawValue)) != nil else {
        socket.close()
        continue
      }
      client = RecordStream(socket)
      tellOrphans()
      flush()
    }
  }

  /// The client is gone; whoever comes next takes its calls up.
  private func part() {
    client?.socket.close()
    client = nil
    legs.abandon()
    graceEnds = legs.orphans.isEmpty ? nil : Clock.monotonic() + Self.grace
  }

  private func tellOrphans() {
    let sums = legs.orphans.isEmpty ? [:] : counts()
    for orphan in legs.orphans.values { reply(.found(orphan.leg, sums[orphan.label] ?? KernelCount())) }
    reply(.foundAll)
  }

  private func removeOrphans() {
    graceEnds = nil
    orExit { () throws(KernelRelayError) in try legs.removeOrphans(netlink) }
  }

  /// Ends it with the client, which has made no sense.
  private func drop() {
    part()
    removeOrphans()
  }

  /// Legs that nobody watches must not stay: without this process's netlink socket the kernel removes the tables.
  private func orExit<Result>(_ body: () throws(KernelRelayError) -> Result) -> Result {
    do throws(KernelRelayError) {
      return try body()
    } catch {
      Process.writeError("sotto relay-helper: \(error.description)\n")
      Process.exit(1)
    }
  }

  private func serve(_ what: Readiness) {
    var requests: [RelayRequest?] = []
    if what != .writable { client?.read(size: RelayRequest.size) { requests.append(RelayRequest($0)) } }
    for request in requests {
      guard let request else { return drop() }
      answer(request)
    }
    flush()
  }

  private func flush() {
    client?.flush()
    guard let client, !client.isBroken else { return part() }
    let wanted: Readiness = client.hasUnsent ? [.readable, .writable] : .readable
    _ = try? poller.change(client.socket.descriptor, wanted, token: Token.client.rawValue)
  }

  private func reply(_ reply: RelayReply) { client?.add { reply.write(to: &$0) } }

  private func answer(_ request: RelayRequest) {
    switch request {
    case .take(let number, let leg): take(number, leg)
    case .leave(let number): leave(number)
    case .count: for (label, sum) in counts() { if let number = legs.numbers[label] { tell(number, sum) } }
    case .settled: removeOrphans()
    }
  }

  private func tell(_ number: UInt32, _ sum: KernelCount) { reply(.count(number, sum, isLast: false)) }

  private func take(_ number: UInt32, _ leg: KernelLeg) {
    guard legs.count < Self.mostLegs else { return reply(.refused(number, errno: 0)) }
    do throws(KernelRelayError) {
      if try !legs.take(number, leg, netlink) { reply(.refused(number, errno: 0)) }
    } catch {
      var errno: Int32 = 0
      if case .netlink(let number) = error { errno = number }
      reply(.refused(number, errno: errno))
    }
  }

  private func leave(_ number: UInt32) {
    let count = orExit { () throws(KernelRelayError) in try legs.leave(number, netlink) }
    reply(.count(number, count, isLast: true))
  }

  /// What each leg has come to, by its label.
  private func counts() -> [UInt32: KernelCount] {
    var sums: [UInt32: KernelCount] = [:]
    for family in RuleSet.Family.allCases where legs.has(family) {
      // A list that failed is asked for again in a second.
      try? Elements.count(family, netlink, into: &sums)
    }
    return sums
  }
}
