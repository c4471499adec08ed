import Platform
import Wire

/// The control socket and its few clients: a line of JSON in, a line of JSON out.
final class ControlServer {
  private static let mostClients = 8
  private static let patience = Interval.seconds(10)

  private final class Client {
    let socket: StreamSocket
    var received: [UInt8] = []
    var unsent = WriteQueue(limit: 4 << 20)
    var isAnswered = false
    let since: Instant

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
    clients.values.map { $0.since + Self.patience }.min()
  }

  func wake(now: Instant) {
    for (number, client) in clients where client.since + Self.patience <= now { drop(number) }
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
  func ready(_ number: UInt32, _ answer: ([UInt8]) -> [UInt8]) {
    guard let client = clients[number] else { return }
    if client.isAnswered {
      if !flush(client) { drop(number) }
      return
    }
    switch client.socket.read(into: &client.received, limit: ControlRequest.longest + 1) {
    case .moved, .wouldBlock: break
    case .closed, .failed: return drop(number)
    }
    let reply: [UInt8]
    if let end = client.received.firstIndex(of: UInt8(ascii: "\n")) {
      reply = answer(Array(client.received[..<end]))
    } else if client.received.count > ControlRequest.longest {
      reply = controlRefusal("the request is longer than \(ControlRequest.longest) bytes")
    } else {
      return
    }
    client.isAnswered = true
    _ = client.unsent.append(reply)
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
    clients.removeValue(forKey: number)?.socket.close()
  }
}
