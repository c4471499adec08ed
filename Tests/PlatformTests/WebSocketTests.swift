import Platform
import Testing
import Wire

/// A WebSocket server over loopback sockets, with the poller that its user has.
private final class Fixture {
  let server: WebSocketServer
  private let poller: Poller
  private let listener: StreamListener
  private var sockets: [UInt32: StreamSocket] = [:]
  var opened: [UInt32] = []
  var closed: [UInt32] = []
  var messages: [[UInt8]] = []

  init(longest: Int = 1000) throws {
    server = try WebSocketServer(
      tls: try TLSServer(), most: 8, longest: longest, patience: .seconds(5), ping: .seconds(60))
    poller = try Poller()
    listener = try StreamListener(tcp: SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 0))
  }

  deinit {
    listener.close()
    poller.close()
  }

  /// A client's end, whose other one the server has taken over by that number.
  func connect(_ number: UInt32) throws -> StreamSocket {
    let client = try StreamSocket.connect(to: try #require(listener.localAddress))
    var accepted: StreamSocket?
    while accepted == nil { accepted = listener.accept()?.socket }
    let socket = try #require(accepted)
    try #require(server.adopt(socket, isSecure: false, number: number))
    try poller.add(socket.descriptor, .readable, token: UInt64(number))
    sockets[number] = socket
    return client
  }

  /// Turns the loop until something holds, for two seconds at most.
  func run(until holds: () -> Bool) -> Bool {
    let end = Clock.monotonic() + .seconds(2)
    while !holds() && Clock.monotonic() < end {
      poller.wait(until: Clock.monotonic() + .milliseconds(10)) { token, what in
        let number = UInt32(truncatingIfNeeded: token)
        guard let socket = sockets[number] else { return }
        server.ready(number, socket, what)
      }
      for (number, socket) in sockets where server.unsent(number).wantsToWrite {
        server.ready(number, socket, .writable)
      }
      for event in server.takeEvents() {
        switch event {
        case .opened(let number): opened.append(number)
        case .message(_, let bytes): messages.append(bytes)
        case .closed(let number):
          closed.append(number)
          sockets[number] = nil
        }
      }
    }
    return holds()
  }

  /// What the client was sent, as far as it has come.
  func received(_ client: StreamSocket, atLeast count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    _ = run {
      _ = client.read(into: &bytes, limit: 4096)
      return bytes.count >= count
    }
    return bytes
  }
}

private func upgrade(_ more: String = "Sec-WebSocket-Protocol: sip\r\n") -> ArraySlice<UInt8> {
  let text =
    "GET / HTTP/1.1\r\nHost: box:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + more + "\r\n"
  return Array(text.utf8)[...]
}

/// A frame of a client (RFC 6455 §5.2), masked with zeros.
private func frame(_ opcode: UInt8, isLast: Bool = true, _ payload: [UInt8]) -> [UInt8] {
  let count = payload.count
  let length: [UInt8] = count < 126 ? [UInt8(count)] : [126, UInt8(count >> 8), UInt8(count & 255)]
  return [isLast ? opcode | 0x80 : opcode] + [length[0] | 0x80] + length.dropFirst() + [0, 0, 0, 0] + payload
}

@Suite struct WebSocketTests {
  @Test func aFrameIsAMessageInBothDirections() throws {
    let fixture = try Fixture()
    let client = try fixture.connect(7)
    defer { client.close() }
    _ = client.write(upgrade())
    #expect(fixture.run { fixture.opened == [7] })
    let answer = String(decoding: fixture.received(client, atLeast: 100), as: UTF8.self)
    // RFC 6455 §1.3 has this key's answer.
    #expect(answer.hasPrefix("HTTP/1.1 101") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    _ = client.write((frame(1, [1, 2, 3]) + frame(2, isLast: false, [4]) + frame(0, [5]))[...])
    #expect(fixture.run { fixture.messages.count == 2 })
    #expect(fixture.messages == [[1, 2, 3], [4, 5]])
    #expect(fixture.server.send(Array("grüß".utf8), to: 7) && fixture.server.send([0xff, 0], to: 7))
    #expect(fixture.received(client, atLeast: 12) == [0x81, 6] + Array("grüß".utf8) + [0x82, 2, 0xff, 0])
    client.close()
    #expect(fixture.run { fixture.closed == [7] })
    #expect(!fixture.server.send([1], to: 7))
  }

  @Test func aMessageThatIsTooLongEndsTheConnection() throws {
    let fixture = try Fixture(longest: 300)
    let client = try fixture.connect(1)
    defer { client.close() }
    _ = client.write(upgrade())
    #expect(fixture.run { fixture.opened == [1] })
    _ = fixture.received(client, atLeast: 100)
    let part = [UInt8](repeating: 120, count: 200)
    _ = client.write((frame(1, isLast: false, part) + frame(0, part))[...])
    // 1009: too big (RFC 6455 §7.4.1).
    #expect(fixture.received(client, atLeast: 4) == [0x88, 2, 0x03, 0xf1])
    _ = client.write(frame(8, [0x03, 0xf1])[...])
    #expect(fixture.run { fixture.closed == [1] })
    #expect(fixture.messages.isEmpty)
  }

  @Test(arguments: ["", "Sec-WebSocket-Protocol: chat\r\n", "Sec-WebSocket-Protocol: sip\r\nOrigin: https://evil\r\n"])
  func whoIsNotWelcomeDoesNotGetIn(headers: String) throws {
    let fixture = try Fixture()
    let client = try fixture.connect(1)
    defer { client.close() }
    _ = client.write(upgrade(headers))
    #expect(fixture.run { fixture.closed == [1] })
    #expect(fixture.opened.isEmpty)
  }

  @Test(arguments: ["Origin: http://box:80\r\n", "Origin: HTTPS://Phone.Example.com\r\n", ""])
  func whoIsWelcomeGetsIn(header: String) throws {
    let fixture = try Fixture()
    fixture.server.origins = ["https://phone.example.com"]
    let client = try fixture.connect(1)
    defer { client.close() }
    _ = client.write(upgrade("Sec-WebSocket-Protocol: sip\r\n" + header))
    #expect(fixture.run { fixture.opened == [1] })
  }

  @Test func oneThatIsEndedIsGoneAtOnce() throws {
    let fixture = try Fixture()
    let client = try fixture.connect(1)
    defer { client.close() }
    fixture.server.end(1)
    #expect(fixture.run { fixture.closed == [1] })
  }
}
