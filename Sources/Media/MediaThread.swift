import KernelRelay
import Platform
import Wire

/// What one of several media threads is told at its start.
struct MediaThreadSettings: Sendable {
  var patience: Interval
  var allowsUring: Bool
  var family: AddressFamily
  /// Which of the threads it is, from 0, and how many there are.
  var index: Int
  var count: Int
  /// Of its own, for its RTP sources.
  var seed: UInt64
}

/// A media thread's body: chooses the engine, then relays until it is told to end.
func runMediaThread(_ channel: MediaChannel, _ settings: MediaThreadSettings) {
  var refusal: Int32 = 0
  if settings.allowsUring {
    do throws(PlatformError) {
      let engine = try UringEngine(family: settings.family, wake: channel.orderWake)
      var loop = MediaLoop(engine, channel, settings, says: .uring)
      loop.run()
      return
    } catch {
      refusal = error.errno ?? 0
    }
  }
  do throws(PlatformError) {
    let engine = try EpollEngine(family: settings.family, wake: channel.orderWake)
    var loop = MediaLoop(engine, channel, settings, says: .epoll(refusal: refusal))
    loop.run()
  } catch {
    _ = channel.notices.push(.event(.stopped(.threadRefused(error.errno ?? 0))))
    channel.noticeWake.signal()
  }
}

/// Turns batches of packets, commands and what must be looked at from time to time into one loop.
struct MediaLoop<Engine: PacketEngine & ~Copyable>: ~Copyable {
  /// How often streams are looked at for the kernel, and the kernel's counters are asked for.
  private static var handOverEvery: Interval { .milliseconds(250) }
  private static var countEvery: Interval { .seconds(1) }

  private var engine: Engine
  private let channel: MediaChannel
  private var board: Switchboard
  private var gathering = Gathering()
  private var outbox: [Notice] = []
  private var nextSilenceCheck = Instant.zero
  private let silenceCheckEvery: Interval
  private var nextHandOver = Instant.zero
  private var nextCount = Instant.zero

  init(
    _ engine: consuming Engine, _ channel: MediaChannel, _ settings: MediaThreadSettings, says mode: MediaEngine
  ) {
    self.engine = engine
    self.channel = channel
    board = Switchboard(
      patience: settings.patience, seed: settings.seed,
      desk: KernelDesk(first: UInt32(settings.index) + 1, step: UInt32(settings.count)))
    silenceCheckEvery = min(.seconds(1), Interval(microseconds: settings.patience.microseconds / 4))
    // All threads start alike; one says how.
    if settings.index == 0 { board.say(.started(mode)) }
  }

  mutating func run() {
    while true {
      if board.hasNews || !outbox.isEmpty { tell() }
      let packets = engine.run(least: gathering.least, timeout: gathering.timeout(timeout()), &board)
      let now = Clock.monotonic()
      gathering.count(packets, now: now)
      while let order = channel.orders.pop() {
        switch order {
        case .command(let command, let sockets): board.perform(command, sockets, &engine, now: now)
        case .kernel(let news): board.hear(news, now: now)
        case .music(let music): board.setMusic(music)
        case .end:
          engine.close()
          return
        }
      }
      board.wake(now: now)
      if now >= nextSilenceCheck {
        board.checkSilence(now: now)
        nextSilenceCheck = now + silenceCheckEvery
      }
      if now >= nextHandOver {
        board.handOver()
        nextHandOver = now + Self.handOverEvery
      }
      if now >= nextCount {
        if !board.desk.isEmpty { board.desk.askForCounts() }
        nextCount = now + Self.countEvery
      }
    }
  }

  private func timeout() -> Interval? {
    // Events that found no room are tried again soon; nothing else needs a clock while there is no stream.
    if !outbox.isEmpty { return .milliseconds(10) }
    if board.isEmpty { return nil }
    let usual = board.desk.isOpen ? min(Self.handOverEvery, silenceCheckEvery) : silenceCheckEvery
    guard let wake = board.nextWake else { return usual }
    return max(.zero, min(usual, wake - Clock.monotonic()))
  }

  private mutating func tell() {
    for event in board.takeEvents() { outbox.append(.event(event)) }
    for request in board.desk.takeRequests() { outbox.append(.kernel(request)) }
    var sent = 0
    while sent < outbox.count, channel.notices.push(outbox[sent]) { sent += 1 }
    outbox.removeFirst(sent)
    if sent > 0 { channel.noticeWake.signal() }
  }
}
