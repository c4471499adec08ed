import Platform
import SIP
import Testing
import Wire

@testable import Daemon

/// Dawdling by WebSocket. Sockets are real ones, time is not.
@Suite struct WebSocketDawdlingTests {
  private final class Scene {
    let sockets: WebSockets
    let client: StreamSocket
    private let poller: Poller
    private let listener: StreamListener
    var time = Interval.zero
    var messages = 0
    var reasons: [String?] = []
    private var received: [UInt8] = []

    init() throws {
      poller = try Poller()
      sockets = try WebSockets(poller: poller, entrance: Entrance(), tls: try TLSServer())
      listener = try StreamListener(tcp: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 0))
      try poller.add(listener.descriptor, .readable, token: Token.streamListener(1).packed)
      client = try StreamSocket.connect(to: try #require(listener.localAddress))
      #expect(run { self.sockets.count == 1 })
    }

    deinit {
      client.close()
      listener.close()
      poller.close()
    }

    var now: Instant { Clock.monotonic() + time }

    func report(_ event: ConnectionEvent) {
      switch event {
      case .message: messages += 1
      case .closed(_, let reason): reasons.append(reason)
      default: break
      }
    }

    func pass(_ interval: Interval) {
      time = time + interval
      sockets.wake(now: now) { report($0) }
    }

    func run(until holds: () -> Bool) -> Bool {
      let end = Clock.monotonic() + .seconds(20)
      while !holds() && Clock.monotonic() < end {
        poller.wait(until: Clock.monotonic() + .milliseconds(10)) { token, what in
          switch Token(packed: token) {
          case .streamListener: sockets.accept(listener, .ws, now: now) { report($0) }
          case .connection(let number): sockets.ready(number, what, now: now) { report($0) }
          default: break
          }
        }
      }
      return holds()
    }

    func upgrade() {
      let text =
        "GET / HTTP/1.1\r\nHost: box:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
      _ = client.write(Array(text.utf8)[...])
      #expect(
        run {
          _ = client.read(into: &received, limit: 4096)
          return received.suffix(4) == [13, 10, 13, 10]
        })
    }

    /// A frame of 100 octets, masked with zeros.
    func frame(_ opcode: UInt8, isLast: Bool) {
      let head: [UInt8] = [isLast ? opcode | 0x80 : opcode, 0x80 | 100, 0, 0, 0, 0]
      _ = client.write((head + [UInt8](repeating: 0x78, count: 100))[...])
    }
  }

  @Test func aHandshakeThatIsNotFinishedHasTenSeconds() throws {
    let scene = try Scene()
    for byte in Array("GET / HT".utf8) {
      _ = scene.client.write([byte])
      scene.pass(.seconds(1))
      #expect(scene.sockets.count == 1)
    }
    scene.pass(.seconds(3))
    #expect(scene.sockets.count == 0 && scene.reasons == ["no WebSocket came of it"])
  }

  @Test func aWebSocketWithoutAMessageHasHalfAMinute() throws {
    let scene = try Scene()
    scene.upgrade()
    scene.pass(.seconds(29))
    #expect(scene.sockets.count == 1)
    scene.pass(.seconds(2))
    #expect(scene.sockets.count == 0 && scene.reasons == ["no whole message came"])
  }

  @Test func theRestOfAMessageHasHalfAMinute() throws {
    let scene = try Scene()
    scene.upgrade()
    scene.frame(1, isLast: false)
    scene.frame(0, isLast: true)
    #expect(scene.run { scene.messages == 1 })
    scene.pass(.seconds(100))
    #expect(scene.sockets.count == 1)
    let number = try #require(scene.sockets.stalest { _ in false }).number
    let before = scene.sockets.stalest { _ in false }?.heard
    scene.frame(1, isLast: false)
    #expect(scene.run { scene.sockets.stalest { _ in false }?.heard != before })
    for _ in 0..<9 {
      scene.pass(.seconds(3))
      scene.frame(0, isLast: false)
      #expect(scene.sockets.has(number))
    }
    scene.pass(.seconds(4))
    #expect(scene.sockets.count == 0 && scene.reasons == ["no whole message came"])
  }

  @Test func aReaderThatReadsNothingIsCutOff() throws {
    let scene = try Scene()
    scene.upgrade()
    scene.frame(1, isLast: true)
    #expect(scene.run { scene.messages == 1 })
    let number = try #require(scene.sockets.stalest { _ in false }).number
    let local = SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 1)
    let flow = Flow(transport: .ws, local: local, remote: local, connection: number)
    let chunk = [UInt8](repeating: 0x78, count: 60_000)
    var sent = 0
    while scene.sockets.count == 1 && sent < 1000 {
      scene.sockets.send(chunk, on: flow, now: scene.now) { scene.report($0) }
      sent += 1
    }
    #expect(sent < 1000 && scene.reasons == ["the other end is too slow"])
  }
}
