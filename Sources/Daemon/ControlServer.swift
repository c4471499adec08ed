import Platform
import Wire

/// The control socket and its few clients: a line of JSON in, a line of JSON out, and signalling to those who read along.
final class ControlServer {
  private static let mostClients = 8
  private static let patience = Interval.seconds(10)

  private final class Client {
    let socket: StreamSocket
    var received: [UInt8] = []
    var unsent = WriteQueue(limit: 4 << 20)
    var isAnswered = false
    /// Of one who reads signalling along.
    var tap: TraceTap?
    let since: Instant
    var watched = Readiness.readable

    init(_ socket: StreamSocket, since: Instant) {
      self.socket = socket
      self.since = since
    }
  }

  private let listener: StreamListener
  private let path: String
  private let poller: Poller
  private var clients: [UInt32: Client] = [:]
  private var lastNumber: UInt32 = 0
  private var taps = 0

  /// Owner and group may connect.
  init(path: String, poller: Poller) throws(PlatformError) {
    listener = try StreamListener(path: path, mode: 0o660)
    self.path = path
    self.poller = poller
    try poller.add(listener.descriptor, .readable, token: Token.controlListener.packed)
  }

  func close() {
    for client in clients.values { client.socket.close() }
    clients = [:]
    listener.close()
    Files.remove(path)
  }

  /// When a client that dawdles is to be dropped.
  var nextDeadline: Instant? {
    clients.values.filter { $0.tap == nil }.map { $0.since + Self.patience }.min()
  }

  func wake(now: Instant) {
    for (number, client) in clients where client.tap == nil && client.since + Self.patience <= now { drop(number) }
  }

  func accept(now: Instant) {
    while let (socket, _) = listener.accept() {
      lastNumber &+= 1
      let token = Token.controlClient(lastNumber).packed
      guard clients.count < Self.mostClients, (try? poller.add(socket.descriptor, .readable, token: token)) != nil
      else {
        socket.close()
        continue
      }
      clients[lastNumber] = Client(socket, since: now)
    }
  }

  /// Reads what came; hands a whole request to `answer` and sends what it returns.
  func ready(_ number: UInt32, _ answer: ([UInt8]) -> ControlReply) {
    guard let client = clients[number] else { return }
    if client.tap != nil { return readyToTap(number, client) }
    if client.isAnswered {
      if !flush(client) { drop(number) }
      return
    }
    switch client.socket.read(into: &client.received, limit: ControlRequest.longest + 1) {
    case .moved, .wouldBlock: break
    case .closed, .failed: return drop(number)
    }
    let reply: ControlReply
    if let end = client.received.firstIndex(of: UInt8(ascii: "\n")) {
      reply = answer(Array(client.received[..<end]))
    } else if client.received.count > ControlRequest.longest {
      reply = ControlReply(bytes: controlRefusal("the request is longer than \(ControlRequest.longest) bytes"))
    } else {
      return
    }
    client.isAnswered = true
    _ = client.unsent.append(reply.bytes, now: client.since)
    if let tap = reply.tap {
      client.tap = tap
      taps += 1
      return flushTap(number, client)
    }
    if !flush(client) { return drop(number) }
    if (try? poller.change(client.socket.descriptor, .writable, token: Token.controlClient(number).packed)) == nil {
      drop(number)
    }
  }

  /// False once all is sent, or nothing more can be.
  private func flush(_ client: Client) -> Bool {
    while let front = client.unsent.front {
      switch client.socket.write(front) {
      case .moved(let count): client.unsent.advance(count)
      case .wouldBlock: return true
      case .closed, .failed: return false
      }
    }
    return false
  }

  private func drop(_ number: UInt32) {
    guard let client = clients.removeValue(forKey: number) else { return }
    if client.tap != nil { taps -= 1 }
    client.socket.close()
  }

  // MARK: Reading along

  /// Whether anyone does.
  var isTapped: Bool { taps > 0 }

  /// Sends each tap what it makes of a message. Whoever does not read fast enough misses some: calls wait for nobody.
  func trace(_ records: (inout TraceTap) -> [UInt8]?) {
    for (number, client) in clients {
      guard client.tap != nil, let bytes = records(&client.tap!) else { continue }
      let wasEmpty = client.unsent.isEmpty
      if client.unsent.append(bytes, now: client.since), wasEmpty { flushTap(number, client) }
    }
  }

  /// A tap says nothing more; it reads, or has gone.
  private func readyToTap(_ number: UInt32, _ client: Client) {
    switch client.socket.read(into: &client.received, limit: ControlRequest.longest) {
    case .moved: client.received = []
    case .wouldBlock: break
    case .closed, .failed: return drop(number)
    }
    flushTap(number, client)
  }

  private func flushTap(_ number: UInt32, _ client: Client) {
    while let front = client.unsent.front {
      switch client.socket.write(front) {
      case .moved(let count): client.unsent.advance(count)
      case .wouldBlock: return watch(number, client, [.readable, .writable])
      case .closed, .failed: return drop(number)
      }
    }
    watch(number, client, .readable)
  }

  private func watch(_ number: UInt32, _ client: Client, _ what: Readiness) {
    guard client.watched != what else { return }
    client.watched = what
    let token = Token.controlClient(number).packed
    if (try? poller.change(client.socket.descriptor, what, token: token)) == nil { drop(number) }
  }
}
