import Platform
import Synchronization
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

  public init(ports: ClosedRange<UInt16>) { self.ports = ports }
}

/// A command on its way to the media thread, with the sockets of a port that it names for the first time.
struct Order: Sendable {
  /// Nil ends the thread.
  var command: Command?
  var sockets: PortPair?
}

/// What both threads hold.
final class MediaChannel: Sendable {
  let orders = Ring<Order>(capacity: 512)
  let events = Ring<Event>(capacity: 512)
  /// Tells the media thread of orders, and the signalling thread of events.
  let orderWake: WakeEvent
  let eventWake: WakeEvent

  init(orderWake: WakeEvent, eventWake: WakeEvent) {
    self.orderWake = orderWake
    self.eventWake = eventWake
  }
}

/// The signalling thread's hold on media. All of it is called by that one thread.
public final class MediaService {
  private let channel: MediaChannel
  private let thread: Thread
  private var pool: PortPool
  /// Pairs that were reserved and not yet named by a command.
  private var reserved: [UInt16: PortPair] = [:]
  private var stopped = false

  /// Starts the media thread; its first event is `.started`.
  @export(interface)
  public init(_ settings: RelaySettings) throws(MediaError) {
    let family: AddressFamily = Network.hasIPv6() ? .dualStack : .ipv4
    pool = PortPool(range: settings.ports, family: family)
    let channel: MediaChannel
    do throws(PlatformError) {
      _ = try? Process.raiseDescriptorLimit()
      channel = MediaChannel(orderWake: try WakeEvent(), eventWake: try WakeEvent())
      thread = try Thread.start(name: "media") { runMediaThread(channel, settings, family) }
    } catch {
      throw .threadRefused(error.errno ?? 0)
    }
    self.channel = channel
  }

  /// Becomes readable when there are events.
  public var eventDescriptor: Int32 { channel.eventWake.descriptor }

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

  /// Changes the range that later reservations come from; streams keep their ports, and so does who reserved one until
  /// it is released.
  @export(interface)
  public func setPorts(_ range: ClosedRange<UInt16>) {
    if range != pool.range { pool = PortPool(range: range, family: pool.family) }
  }

  /// Hands a command to the media thread.
  @export(interface)
  public func perform(_ command: Command) {
    var order = Order(command: command, sockets: nil)
    switch command {
    case .setLeg(_, _, let leg), .setEcho(_, let leg): order.sockets = reserved.removeValue(forKey: leg.port)
    case .release(let port):
      guard let pair = reserved.removeValue(forKey: port) else { return }
      close(pair)
      return
    case .close, .report: break
    }
    push(order)
  }

  /// The next event, or nil.
  @export(interface)
  public func nextEvent() -> Event? {
    if let event = channel.events.pop() { return event }
    channel.eventWake.drain()
    return channel.events.pop()
  }

  /// Ends the thread and closes all ports. Streams get no `.closed`; close them before where their counters matter.
  @export(interface)
  public func stop() {
    guard !stopped else { return }
    stopped = true
    push(Order(command: nil, sockets: nil))
    thread.join()
    for pair in reserved.values { close(pair) }
    reserved = [:]
    channel.orderWake.close()
    channel.eventWake.close()
  }

  private func push(_ order: Order) {
    // The media thread empties the ring between any two batches, so a full one has room within the millisecond.
    while !channel.orders.push(order) {
      channel.orderWake.signal()
      Clock.sleep(.microseconds(100))
    }
    channel.orderWake.signal()
  }

  private func close(_ pair: PortPair) {
    UDPSocket(descriptor: pair.rtp, family: pool.family).close()
    UDPSocket(descriptor: pair.control, family: pool.family).close()
  }
}
