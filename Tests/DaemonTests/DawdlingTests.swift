import Glibc
import Platform
import SIP
import Testing
import Wire

@testable import Daemon

private let ping = Array("\r\n\r\n".utf8)
private let message = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nok".utf8)

/// Who takes his time, to hold what others need. Sockets are real ones, time is not.
@Suite struct DawdlingTests {
  /// Connections whose times are a second's multiples, and one client.
  private func scene() throws -> (ConnectionFixture, StreamSocket) {
    let fixture = try ConnectionFixture()
    let client = try StreamSocket.connect(to: try #require(fixture.listener.localAddress))
    #expect(fixture.run { fixture.connections.count == 1 })
    return (fixture, client)
  }

  /// The client has sent one whole message.
  private func greetedScene() throws -> (ConnectionFixture, StreamSocket) {
    let (fixture, client) = try scene()
    _ = client.write(message[...])
    #expect(fixture.run { fixture.messages.count == 1 })
    return (fixture, client)
  }

  /// One octet, and that it came.
  private func say(_ byte: UInt8, _ client: StreamSocket, _ fixture: ConnectionFixture) {
    let connection = fixture.connections.byNumber.values.first
    let before = connection?.lastHeard
    _ = client.write([byte])
    #expect(fixture.run { connection?.lastHeard != before })
  }

  @Test(arguments: [false, true]) func aHeaderThatComesOctetByOctetHasHalfAMinute(afterAnother: Bool) throws {
    let (fixture, client) = try scene()
    defer { client.close() }
    if afterAnother {
      _ = client.write(message[...])
      #expect(fixture.run { fixture.messages.count == 1 })
      fixture.pass(.seconds(100))
    }
    for byte in message.prefix(10) {
      say(byte, client, fixture)
      fixture.pass(.milliseconds(2900))
    }
    #expect(fixture.connections.count == 1)
    // Once another message came, time runs from its fourth octet on.
    fixture.pass(.seconds(11))
    #expect(fixture.connections.count == 0 && fixture.reasons == ["no whole message came"])
  }

  @Test func aBodyThatNeverComesHasHalfAMinute() throws {
    let (fixture, client) = try scene()
    defer { client.close() }
    _ = client.write(message[...])
    _ = client.write(Array("MESSAGE sip:a SIP/2.0\r\nContent-Length: 200000\r\n\r\n".utf8)[...])
    let connection = try #require(fixture.connections.byNumber.values.first)
    #expect(fixture.run { fixture.messages.count == 1 && connection.framer.pending > 3 })
    for _ in 0..<29 {
      say(65, client, fixture)
      fixture.pass(.seconds(1))
    }
    #expect(fixture.connections.count == 1)
    fixture.pass(.seconds(2))
    #expect(fixture.connections.count == 0)
  }

  @Test func emptyLinesAreNoMessage() throws {
    let (fixture, client) = try scene()
    defer { client.close() }
    for _ in 0..<5 {
      _ = client.write(ping[...])
      var pong: [UInt8] = []
      #expect(
        fixture.run {
          _ = client.read(into: &pong, limit: 10)
          return pong == [13, 10]
        })
      fixture.pass(.milliseconds(5900))
    }
    #expect(fixture.connections.count == 1)
    fixture.pass(.seconds(1))
    #expect(fixture.connections.count == 0 && fixture.reasons == ["no whole message came"])
  }

  @Test func emptyLinesKeepTheWayOfAPhoneOpenUntilTheyStop() throws {
    let (fixture, client) = try greetedScene()
    defer { client.close() }
    fixture.connections.expectKeepAlives(on: fixture.flows[0], within: .seconds(180))
    for _ in 0..<20 {
      fixture.pass(.seconds(170))
      say(13, client, fixture)
      say(10, client, fixture)
      say(13, client, fixture)
      say(10, client, fixture)
    }
    #expect(fixture.connections.count == 1)
    fixture.pass(.seconds(181))
    #expect(fixture.connections.count == 0 && fixture.reasons == ["silent for too long"])
  }

  /// Fills what the kernel takes for a client that does not read; the rest waits.
  private func fill(_ fixture: ConnectionFixture) {
    guard let connection = fixture.connections.byNumber.values.first else { return }
    let chunk = [UInt8](repeating: 0x78, count: 40_000)
    // Else the kernel's buffer grows.
    var size: Int32 = 65536
    setsockopt(connection.socket.descriptor, SOL_SOCKET, SO_SNDBUF, &size, 4)
    var idle = 0
    while idle < 5 && fixture.closed.isEmpty {
      if connection.hasUnsent {
        idle += 1
      } else {
        idle = 0
        fixture.connections.send(chunk, on: connection.flow, now: fixture.now) { fixture.report($0) }
      }
      var turns = 0
      _ = fixture.run {
        turns += 1
        return turns > 2
      }
    }
    // What the client sends may make a little room once more.
    for _ in 0..<2 {
      fixture.connections.send(chunk, on: connection.flow, now: fixture.now) { fixture.report($0) }
    }
    #expect(connection.hasUnsent && fixture.closed.isEmpty, "\(fixture.reasons)")
  }

  @Test func aReaderThatReadsNothingIsNotWaitedFor() throws {
    let (fixture, client) = try greetedScene()
    defer { client.close() }
    fill(fixture)
    fixture.pass(.seconds(19))
    #expect(fixture.connections.count == 1)
    // New bytes behind the old ones, and signs of life, are no progress.
    fixture.connections.send(message, on: fixture.flows[0], now: fixture.now) { fixture.report($0) }
    _ = client.write(message[...])
    #expect(fixture.run { fixture.messages.count == 2 })
    fixture.pass(.milliseconds(1500))
    #expect(fixture.connections.count == 0 && fixture.reasons == ["the other end does not read"])
  }

  @Test func aReaderThatReadsInTimeIsWaitedFor() throws {
    let (fixture, client) = try greetedScene()
    defer { client.close() }
    fill(fixture)
    fixture.pass(.seconds(19))
    var bytes: [UInt8] = []
    let connection = try #require(fixture.connections.byNumber.values.first)
    #expect(
      fixture.run {
        _ = client.read(into: &bytes, limit: 1 << 20)
        bytes = []
        return !connection.hasUnsent
      }, "\(fixture.reasons)")
    fixture.pass(.seconds(60))
    #expect(fixture.connections.count == 1 && fixture.reasons.isEmpty)
  }

  @Test func whatFollowsAMessageThatMakesNoSenseIsNotKept() throws {
    let (fixture, client) = try greetedScene()
    defer { client.close() }
    // Its answer can't go out, so the connection stays for a while.
    fill(fixture)
    _ = client.write(Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n".utf8)[...])
    #expect(fixture.run { fixture.damaged == 1 })
    fixture.connections.finish(fixture.flows[0], with: message, now: fixture.now) { fixture.report($0) }
    let connection = try #require(fixture.connections.byNumber.values.first)
    let kept = connection.framer.pending
    #expect(connection.closesWhenWritten && connection.hasUnsent && fixture.connections.count == 1)
    for _ in 0..<20 { say(0x78, client, fixture) }
    #expect(fixture.damaged == 1 && connection.framer.pending == kept)
  }

  @Test func whoIsNeededFindsRoomWhereStrangersHoldAllConnections() throws {
    let fixture = try ConnectionFixture(ConnectionLimits(total: 3))
    let address = try #require(fixture.listener.localAddress)
    let phone = try StreamSocket.connect(to: address)
    defer { phone.close() }
    let own = phone.localAddress
    fixture.stranger = { $0.remote != own }
    #expect(fixture.run { fixture.connections.count == 1 })
    var strangers: [StreamSocket] = []
    for _ in 0..<2 {
      fixture.pass(.seconds(1))
      strangers.append(try StreamSocket.connect(to: address))
      #expect(fixture.run { fixture.connections.count == strangers.count + 1 })
    }
    // The first of them has just been heard, so the other one is the stalest.
    fixture.pass(.seconds(1))
    _ = strangers[0].write(message[...])
    #expect(fixture.run { fixture.messages.count == 1 })
    let next = try StreamSocket.connect(to: address)
    defer { next.close() }
    #expect(fixture.run { fixture.closed.count == 1 })
    #expect(fixture.closed.map { $0.remote } == [strangers[1].localAddress] && fixture.connections.count == 3)
    #expect(fixture.reasons == ["gives way to another connection"])
    // Nobody gives way to one more of a source that has its share, nor phones to anyone.
    fixture.stranger = { _ in false }
    let late = try StreamSocket.connect(to: address)
    defer { late.close() }
    #expect(fixture.run { fixture.refused == 1 })
    #expect(fixture.connections.count == 3)
    for each in strangers { each.close() }
  }
}
