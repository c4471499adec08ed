import Platform
import SIP
import Testing
import Wire

@testable import Daemon

private let ping = Array("\r\n\r\n".utf8)
private let message = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nok".utf8)

@Suite struct ConnectionTests {
  @Test func aConnectionIsOpenedWhereNoneStandsAndUsedAgain() throws {
    let fixture = try ConnectionFixture()
    let (peer, flow) = try fixture.peer()
    defer { peer.close() }
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.connections.count == 1)
    var accepted: StreamSocket?
    #expect(
      fixture.run {
        accepted = accepted ?? peer.accept()?.socket
        return accepted != nil
      })
    let socket = try #require(accepted)
    defer { socket.close() }
    var got: [UInt8] = []
    #expect(
      fixture.run {
        _ = socket.read(into: &got, limit: 1000)
        return got.count == 2 * message.count
      })
    #expect(got == message + message)
    // Its answer comes by the number of the connection; its end is told by the flow that was asked for as well.
    _ = socket.write(message[...])
    #expect(fixture.run { fixture.messages.count == 1 })
    #expect(fixture.flows.first?.connection != 0 && fixture.flows.first?.remote == flow.remote)
    socket.close()
    #expect(fixture.run { fixture.closed.contains(flow) })
    #expect(fixture.connections.count == 0)
  }

  @Test func aConnectionThatCannotBeMadeIsReported() throws {
    let fixture = try ConnectionFixture()
    let (peer, flow) = try fixture.peer()
    peer.close()
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.closed.contains(flow) })
    var gone = flow
    gone.connection = 77
    fixture.connections.send(message, on: gone, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.closed.contains(gone))
  }

  @Test func aReaderThatIsTooSlowIsCutOff() throws {
    let fixture = try ConnectionFixture(ConnectionLimits(queue: 100_000))
    let client = try StreamSocket.connect(to: try #require(fixture.listener.localAddress))
    defer { client.close() }
    #expect(fixture.run { fixture.connections.count == 1 })
    _ = client.write(message[...])
    #expect(fixture.run { fixture.flows.count == 1 })
    let flow = try #require(fixture.flows.first)
    let chunk = [UInt8](repeating: 0x78, count: 50_000)
    var sent = 0
    while fixture.closed.isEmpty && sent < 1000 {
      fixture.connections.send(chunk, on: flow, now: Clock.monotonic()) { fixture.report($0) }
      sent += 1
    }
    #expect(fixture.closed == [flow] && fixture.connections.count == 0)
    #expect(sent < 1000)
  }

  @Test func silenceIsEndedEarlierBeforeTheFirstMessage() throws {
    let fixture = try ConnectionFixture(ConnectionLimits(patience: .seconds(30), idle: .seconds(600)))
    let address = try #require(fixture.listener.localAddress)
    let silent = try StreamSocket.connect(to: address)
    let proven = try StreamSocket.connect(to: address)
    defer { silent.close() }
    defer { proven.close() }
    _ = proven.write((ping + message)[...])
    #expect(fixture.run { fixture.connections.count == 2 && fixture.messages.count == 1 })
    fixture.connections.wake(now: Clock.monotonic() + .seconds(29)) { fixture.report($0) }
    #expect(fixture.connections.count == 2)
    fixture.connections.wake(now: Clock.monotonic() + .seconds(31)) { fixture.report($0) }
    #expect(fixture.connections.count == 1 && fixture.closed != fixture.flows)
    fixture.connections.wake(now: Clock.monotonic() + .seconds(601)) { fixture.report($0) }
    #expect(fixture.connections.count == 0 && fixture.closed.last == fixture.flows.first)
  }

  @Test func theRestOfAMessageIsWaitedForNoLonger() throws {
    let fixture = try ConnectionFixture(ConnectionLimits(patience: .seconds(30), idle: .seconds(600)))
    let address = try #require(fixture.listener.localAddress)
    let (midway, quiet) = (try StreamSocket.connect(to: address), try StreamSocket.connect(to: address))
    defer { midway.close() }
    defer { quiet.close() }
    _ = midway.write((message + message.dropLast())[...])
    _ = quiet.write((message + [13, 10])[...])
    #expect(fixture.run { fixture.messages.count == 2 })
    fixture.connections.wake(now: Clock.monotonic() + .seconds(31)) { fixture.report($0) }
    #expect(fixture.connections.count == 1 && fixture.closed.map { $0.remote } == [midway.localAddress])
  }

  @Test func oneAddressGetsItsShare() throws {
    let fixture = try ConnectionFixture(ConnectionLimits(perSource: 2))
    let address = try #require(fixture.listener.localAddress)
    let clients = try (0..<4).map { _ in try StreamSocket.connect(to: address) }
    #expect(fixture.run { fixture.refused == 2 })
    #expect(fixture.connections.count == 2)
    for client in clients { client.close() }
    #expect(fixture.run { fixture.connections.count == 0 })
  }

  @Test func aStreamThatIsNoSIPIsReportedOnceAndFinished() throws {
    let fixture = try ConnectionFixture()
    let client = try StreamSocket.connect(to: try #require(fixture.listener.localAddress))
    defer { client.close() }
    _ = client.write(Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n".utf8)[...])
    #expect(fixture.run { fixture.damaged == 1 })
    #expect(fixture.connections.count == 1)
  }
}
