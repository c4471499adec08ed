import Wire

/// Something that lives on a `SimNet`: a protocol machine with its address, driven by packets and by time.
public protocol SimNode<Payload>: AnyObject {
  associatedtype Payload
  var address: SocketAddress { get }
  func receive(_ payload: Payload, from: SocketAddress, now: Instant)
  /// The next packet to send, until nil.
  func poll(now: Instant) -> (payload: Payload, to: SocketAddress)?
  var nextDeadline: Instant? { get }
  func wake(now: Instant)
}

/// Nodes on one network, stepped from event to event.
public final class Simulation<Payload> {
  public var net: SimNet<Payload>
  public private(set) var now: Instant
  private var nodes: [any SimNode<Payload>] = []

  public init(seed: UInt64, _ conditions: LinkConditions = .good, start: Instant = .zero) {
    net = SimNet(seed: seed, conditions)
    now = start
  }

  public func add(_ node: any SimNode<Payload>) { nodes.append(node) }

  /// Sends what the nodes have to send; needed after a test called a node itself.
  public func flush() {
    for node in nodes {
      while let out = node.poll(now: now) { net.send(out.payload, from: node.address, to: out.to, now: now) }
    }
  }

  /// Moves to the next event and handles it; false when there is none until `limit`.
  public func step(until limit: Instant) -> Bool {
    flush()
    var next = net.nextArrival
    for node in nodes { next = earliest(next, node.nextDeadline) }
    guard let next, next <= limit else { return false }
    now = max(now, next)
    if let arrival = net.arrival(by: now) {
      for node in nodes where node.address == arrival.to {
        node.receive(arrival.payload, from: arrival.from, now: now)
      }
    } else {
      for node in nodes {
        if let deadline = node.nextDeadline, deadline <= now { node.wake(now: now) }
      }
    }
    flush()
    return true
  }

  /// Runs until `limit`, or until `done` holds, and says whether it did.
  @discardableResult
  public func run(until limit: Instant, done: () -> Bool = { false }) -> Bool {
    while !done() {
      guard step(until: limit) else {
        now = max(now, limit)
        return done()
      }
    }
    return true
  }
}
