import Platform
import Wire

/// The media thread's body: chooses the engine, then relays until it is told to end.
func runMediaThread(_ channel: MediaChannel, _ settings: RelaySettings, _ family: AddressFamily) {
  var refusal: Int32 = 0
  if settings.allowsUring {
    do throws(PlatformError) {
      let engine = try UringEngine(family: family, wake: channel.orderWake)
      var loop = MediaLoop(engine, channel, settings, says: .uring)
      loop.run()
      return
    } catch {
      refusal = error.errno ?? 0
    }
  }
  do throws(PlatformError) {
    let engine = try EpollEngine(family: family, wake: channel.orderWake)
    var loop = MediaLoop(engine, channel, settings, says: .epoll(refusal: refusal))
    loop.run()
  } catch {
    _ = channel.events.push(.stopped(.threadRefused(error.errno ?? 0)))
    channel.eventWake.signal()
  }
}

/// Turns batches of packets, commands and the silence watch into one loop.
struct MediaLoop<Engine: PacketEngine & ~Copyable>: ~Copyable {
  private var engine: Engine
  private let channel: MediaChannel
  private var board: Switchboard
  private var pace = Pace()
  private var outbox: [Event] = []
  private var nextSilenceCheck = Instant.zero
  private let silenceCheckEvery: Interval

  init(
    _ engine: consuming Engine, _ channel: MediaChannel, _ settings: RelaySettings, says mode: MediaEngine
  ) {
    self.engine = engine
    self.channel = channel
    board = Switchboard(patience: settings.patience, seed: settings.seed)
    silenceCheckEvery = min(.seconds(1), Interval(microseconds: settings.patience.microseconds / 4))
    board.say(.started(mode))
  }

  mutating func run() {
    while true {
      if !board.events.isEmpty || !outbox.isEmpty { tell() }
      let packets = engine.run(least: pace.least, timeout: timeout(), &board)
      let now = Clock.monotonic()
      pace.count(packets, now: now)
      while let order = channel.orders.pop() {
        if order.command == nil {
          engine.close()
          return
        }
        board.perform(order, &engine, now: now)
      }
      board.wake(now: now)
      if now >= nextSilenceCheck {
        board.checkSilence(now: now)
        nextSilenceCheck = now + silenceCheckEvery
      }
    }
  }

  private func timeout() -> Interval? {
    if pace.least > 1 { return Pace.patience }
    // Events that found no room are tried again soon; nothing else needs a clock while there is no stream.
    if !outbox.isEmpty { return .milliseconds(10) }
    guard !board.isEmpty else { return nil }
    guard let wake = board.nextWake else { return silenceCheckEvery }
    return max(.zero, min(silenceCheckEvery, wake - Clock.monotonic()))
  }

  private mutating func tell() {
    outbox.append(contentsOf: board.takeEvents())
    var sent = 0
    while sent < outbox.count, channel.events.push(outbox[sent]) { sent += 1 }
    outbox.removeFirst(sent)
    if sent > 0 { channel.eventWake.signal() }
  }
}

/// How many packets are worth waiting for: under load each wake-up costs more than a packet, so a few are let gather
/// for less than a millisecond.
struct Pace {
  /// The longest that a packet waits for others.
  static let patience = Interval.microseconds(700)
  private static let window = Interval.milliseconds(50)
  private static let most = 32

  private(set) var least = 1
  private var packets: Int64 = 0
  private var since = Instant.zero

  mutating func count(_ taken: Int, now: Instant) {
    packets += Int64(taken)
    let elapsed = (now - since).microseconds
    guard elapsed >= Self.window.microseconds else { return }
    // As many as come within the patience; fewer than four are not worth a timer.
    let expected = Int(packets * Self.patience.microseconds / elapsed)
    least = expected >= 4 ? min(expected, Self.most) : 1
    packets = 0
    since = now
  }
}
