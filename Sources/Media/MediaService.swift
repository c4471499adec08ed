import KernelRelay
import Platform
import Wire

/// What the relay is set to.
public struct RelaySettings: Sendable {
  /// RTP uses the even ports, RTCP the odd ones.
  public var ports: ClosedRange<UInt16>
  /// Silence of both sides after which `.noMedia` is said.
  public var patience = Interval.seconds(60)
  /// False has epoll used where io_uring would do.
  public var allowsUring = true
  /// A random number, from which the exchange's own RTP sources take theirs.
  public var seed: UInt64 = 0
  /// How many media threads share the streams.
  public var threads = 1
  /// The socket of the process that has the kernel relay; nil where there is none.
  public var helper: String?

  public init(ports: ClosedRange<UInt16>) { self.ports = ports }
}

/// The signalling thread's hold on media. All of it is called by that one thread.
public final class MediaService {
  /// One media thread.
  private struct Shard {
    let channel: MediaChannel
    let thread: Thread
    /// How many streams it has.
    var streams = 0
  }

  /// Waking up costs more than a packet, and few streams wake two threads as often as one. So a thread gets this many
  /// before the next gets any; beyond that the least busy is chosen.
  private static let enough = 100

  private var shards: [Shard] = []
  /// Which thread has a stream.
  private var places: [StreamID: Int] = [:]
  private let noticeWake: WakeEvent
  /// Ready when there are notices, or the helper says something.
  private let poller: Poller
  private var link: KernelLink?
  /// Media threads that have yet to look at what the kernel relays already.
  private var unsettled = 0
  private var pool: PortPool
  /// Pairs that were reserved and not yet named by a command.
  private var reserved: [UInt16: PortPair] = [:]
  /// Events that did not come from a media thread.
  private var own: [Event] = []
  private var stopped = false

  /// Starts the media threads; the first event is `.started`.
  @export(interface)
  public init(_ settings: RelaySettings) throws(MediaError) {
    let family: AddressFamily = Network.hasIPv6() ? .dualStack : .ipv4
    pool = PortPool(range: settings.ports, family: family)
    link = settings.helper.map { KernelLink(path: $0) }
    do throws(PlatformError) {
      _ = try? Process.raiseDescriptorLimit()
      noticeWake = try WakeEvent()
      poller = try Poller()
      try poller.add(noticeWake.descriptor, .readable, token: 0)
      for index in 0..<max(1, settings.threads) {
        let channel = MediaChannel(orderWake: try WakeEvent(), noticeWake: noticeWake)
        let its = MediaThreadSettings(
          patience: settings.patience, allowsUring: settings.allowsUring, family: family, index: index,
          count: max(1, settings.threads), seed: settings.seed &+ UInt64(index))
        let thread = try Thread.start(name: "media \(index)") { runMediaThread(channel, its) }
        shards.append(Shard(channel: channel, thread: thread))
      }
    } catch {
      throw .threadRefused(error.errno ?? 0)
    }
  }

  /// Becomes readable when `nextEvent` is to be called.
  public var eventDescriptor: Int32 { poller.descriptor }

  /// When `wake` is to be called.
  public var nextDeadline: Instant? { link?.nextTry }

  /// Looks for the relay helper, where there was none.
  @export(interface)
  public func wake(now: Instant) {
    guard let event = link?.wake(now: now) else { return }
    own.append(event)
    noticeWake.signal()
    guard let descriptor = link?.descriptor else { return }
    guard (try? poller.add(descriptor, .readable, token: 1)) != nil else { return loseHelper() }
    spread(.opened)
  }

  /// Binds up to this many pairs and returns their even ports; fewer where the range has no more.
  @export(interface)
  public func reservePorts(_ count: Int) -> [UInt16] {
    var ports: [UInt16] = []
    while ports.count < count, let pair = pool.bindPair() {
      reserved[pair.port] = pair
      ports.append(pair.port)
    }
    return ports
  }

  /// The sockets of a port that was reserved and that no command has named yet.
  @export(interface)
  public func sockets(ofReserved port: UInt16) -> (rtp: Int32, control: Int32)? {
    reserved[port].map { ($0.rtp, $0.control) }
  }

  /// Takes a pair that an earlier process had bound as if it had been reserved here.
  @export(interface)
  public func adopt(port: UInt16, rtp: Int32, control: Int32) {
    reserved[port] = PortPair(port: port, rtp: rtp, control: control)
  }

  /// Binds just these pairs, as far as they are free, as if they had been reserved here.
  @export(interface)
  public func reserve(ports: [UInt16]) {
    for port in ports where reserved[port] == nil { reserved[port] = pool.bind(port) }
  }

  /// Changes the range that later reservations come from; streams keep their ports, and so does who reserved one until
  /// it is released.
  @export(interface)
  public func setPorts(_ range: ClosedRange<UInt16>) {
    if range != pool.range { pool = PortPool(range: range, family: pool.family) }
  }

  /// Has held phones hear this from now on, those that are held already included; nil for the tone pattern.
  @export(interface)
  public func setMusic(_ music: Music?) {
    for shard in shards { shard.channel.push(.music(music)) }
  }

  /// Hands a command to the media thread that has the stream.
  @export(interface)
  public func perform(_ command: Command) {
    switch command {
    case .setLeg(let id, _, let leg), .setEcho(let id, let leg):
      shards[place(id)].channel.push(.command(command, reserved.removeValue(forKey: leg.port)))
    case .kept(let id, _, _), .shake(let id, _, _), .agreed(let id, _, _, _):
      if let place = places[id] { shards[place].channel.push(.command(command, nil)) }
    case .resume(let id, _, _), .expectBoth(let id): shards[place(id)].channel.push(.command(command, nil))
    case .close(let id), .report(let id), .press(let id, _, _, _):
      // A thread that has no such stream says so.
      shards[places[id] ?? 0].channel.push(.command(command, nil))
    case .release(let port): if let pair = reserved.removeValue(forKey: port) { close(pair) }
    }
  }

  /// The thread that has the stream, or gets it.
  private func place(_ id: StreamID) -> Int {
    if let place = places[id] { return place }
    let place =
      shards.firstIndex { $0.streams < Self.enough } ?? shards.indices.min { shards[$0].streams < shards[$1].streams }!
    places[id] = place
    shards[place].streams += 1
    return place
  }

  private func leave(_ id: StreamID) {
    if let place = places.removeValue(forKey: id) { shards[place].streams -= 1 }
  }

  /// The next event, or nil.
  @export(interface)
  public func nextEvent() -> Event? {
    if let event = takeNotices() { return event }
    noticeWake.drain()
    hearHelper()
    let event = takeNotices()
    if event == nil, link?.flush() == false { loseHelper() }
    return event ?? (own.isEmpty ? nil : own.removeFirst())
  }

  /// Passes on what is for the helper, up to the next event.
  private func takeNotices() -> Event? {
    if !own.isEmpty { return own.removeFirst() }
    for shard in shards {
      while let notice = shard.channel.notices.pop() {
        switch notice {
        case .event(let event):
          if case .closed(let id, _) = event { leave(id) }
          return event
        case .kernel(.settled):
          unsettled -= 1
          if unsettled == 0 { link?.ask(.settled) }
        case .kernel(let request): link?.ask(request)
        }
      }
    }
    return nil
  }

  private func hearHelper() {
    guard link?.isOpen == true else { return }
    var replies: [RelayReply] = []
    let lives = link?.replies { replies.append($0) }
    for reply in replies {
      switch reply {
      case .count(let number, _, _), .refused(let number, _):
        // Each thread has its own numbers.
        shards[Int((number &- 1) % UInt32(shards.count))].channel.push(.kernel(.reply(reply)))
      case .found: spread(.reply(reply))
      case .foundAll:
        unsettled = shards.count
        spread(.reply(reply))
      }
    }
    if lives == false { loseHelper() }
  }

  private func loseHelper() {
    if let event = link?.lose(now: Clock.monotonic()) { own.append(event) }
    unsettled = 0
    spread(.closed)
  }

  private func spread(_ news: KernelNews) {
    for shard in shards { shard.channel.push(.kernel(news)) }
  }

  /// Ends the threads and closes all ports. Streams get no `.closed`; close them before where their counters matter.
  @export(interface)
  public func stop() {
    guard !stopped else { return }
    stopped = true
    for shard in shards { shard.channel.push(.end) }
    for shard in shards {
      shard.thread.join()
      shard.channel.orderWake.close()
    }
    for pair in reserved.values { close(pair) }
    reserved = [:]
    if link?.isOpen == true { _ = link?.lose(now: .zero) }
    poller.close()
    noticeWake.close()
  }

  private func close(_ pair: PortPair) {
    UDPSocket(descriptor: pair.rtp, family: pool.family).close()
    UDPSocket(descriptor: pair.control, family: pool.family).close()
  }
}
