import Platform
import SIP
import TestSupport
import Testing
import Wire

@testable import Daemon

private let message = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nok".utf8)

/// Connections whose TLS certificate names 127.0.0.1, and whose own connections trust its authority.
private func secure(_ limits: ConnectionLimits = ConnectionLimits()) throws -> (ConnectionFixture, Flow) {
  let fixture = try ConnectionFixture(limits)
  fixture.transport = .tls
  let folder = try ScratchFolder()
  let own = try OwnCertificate(in: folder.path, names: ["127.0.0.1"], before: nil, now: Clock.wall() / 1_000_000)
  #expect(own.unkept == nil)
  let server = try TLSServer()
  try server.offer([own.leaf], oldest: .v12)
  fixture.connections.tlsServer = server
  let trusted = OwnCertificate.folder(folder.path) + "/authority.pem"
  fixture.connections.tlsClient = try TLSClient(authorities: trusted, oldest: .v12)
  let local = SocketAddress(IPAddress(ipv4: 0x7f00_0001), port: 5060)
  let remote = try #require(fixture.listener.localAddress)
  return (fixture, Flow(transport: .tls, local: local, remote: remote, serverName: "127.0.0.1"))
}

@Suite struct TLSConnectionTests {
  @Test func aConnectionOfOursIsVerifiedAndUsedInBothDirections() throws {
    let (fixture, flow) = try secure()
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.messages.count == 2 })
    #expect(fixture.messages == [message, message] && fixture.connections.count == 2)
    let back = try #require(fixture.flows.first)
    #expect(back.transport == .tls && back.serverName == nil)
    fixture.connections.send(message, on: back, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.messages.count == 3 })
    // What comes by a connection of ours carries the name that was verified.
    #expect(fixture.flows.last?.serverName == "127.0.0.1" && fixture.flows.last?.remote == flow.remote)
  }

  @Test func aServerThatIsNotWhoItShouldBeGetsNothing() throws {
    var (fixture, flow) = try secure()
    flow.serverName = "sip.example.com"
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.closed.contains(flow) })
    #expect(fixture.reasons.contains("hostname mismatch") && fixture.messages.isEmpty)
    flow.serverName = nil
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.closed.last == flow && fixture.reasons.last?.contains("name is not known") == true)
  }

  @Test func aConnectionForOneNameIsNotUsedForAnother() throws {
    let (fixture, flow) = try secure()
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.messages.count == 1 })
    var other = flow
    other.serverName = "sip.example.com"
    fixture.connections.send(message, on: other, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { fixture.closed.contains(other) })
    #expect(fixture.messages.count == 1)
  }

  @Test func aHandshakeMayTakeOnlySoLong() throws {
    let (fixture, flow) = try secure(ConnectionLimits(handshake: .seconds(10), handshakesPerSource: 2))
    let clients = try (0..<4).map { _ in try StreamSocket.connect(to: flow.remote) }
    #expect(fixture.run { fixture.refused == 2 })
    // A byte now and then is no progress.
    _ = clients[0].write([22])
    fixture.connections.wake(now: Clock.monotonic() + .seconds(9)) { fixture.report($0) }
    #expect(fixture.connections.count == 2)
    fixture.connections.wake(now: Clock.monotonic() + .seconds(11)) { fixture.report($0) }
    #expect(fixture.connections.count == 0)
    for client in clients { client.close() }
  }

  @Test func whatIsNoTLSIsClosedWithItsReason() throws {
    let (fixture, flow) = try secure()
    let client = try StreamSocket.connect(to: flow.remote)
    defer { client.close() }
    #expect(fixture.run { fixture.connections.count == 1 })
    _ = client.write(message[...])
    #expect(fixture.run { fixture.connections.count == 0 })
    #expect(fixture.reasons.count == 1)
  }
}

@Suite struct OwnCertificateTests {
  private let year: Int64 = 365 * 86400
  private let now: Int64 = 1_800_000_000

  @Test func itIsMadeOnceAndFoundAgain() throws {
    let folder = try ScratchFolder()
    let first = try OwnCertificate(in: folder.path, names: ["sotto.lan", "192.0.2.1"], before: nil, now: now)
    let again = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: nil, now: now + 10)
    #expect(first.leaf.fingerprint == again.leaf.fingerprint)
    #expect(first.authority.fingerprint == again.authority.fingerprint)
  }

  @Test func itIsRenewedInTimeAndForAnotherAddressByTheSameAuthority() throws {
    let folder = try ScratchFolder()
    let first = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: nil, now: now)
    let later = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: first, now: now + 3 * year)
    let moved = try OwnCertificate(in: folder.path, names: ["sotto.lan", "192.0.2.9"], before: later, now: now)
    #expect(first.leaf.fingerprint != later.leaf.fingerprint && later.leaf.expiry > now + 3 * year)
    #expect(moved.leaf.names("192.0.2.9") && moved.leaf.fingerprint != later.leaf.fingerprint)
    #expect(first.authority.fingerprint == moved.authority.fingerprint && moved.leaf.isSigned(by: moved.authority))
  }

  @Test func aClockThatIsNotSetIsNotBelieved() throws {
    let folder = try ScratchFolder()
    let first = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: nil, now: 60)
    #expect(first.leaf.expiry > now)
    let again = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: nil, now: 70)
    #expect(first.leaf.fingerprint == again.leaf.fingerprint)
    let set = try OwnCertificate(in: folder.path, names: ["sotto.lan"], before: again, now: now)
    #expect(set.leaf.expiry - now < 825 * 86400)
  }

  @Test func aFolderThatCannotBeWrittenIsSaid() throws {
    let made = try OwnCertificate(in: "/proc/none/state", names: ["sotto.lan"], before: nil, now: now)
    #expect(made.unkept != nil)
    let again = try OwnCertificate(in: "/proc/none/state", names: ["sotto.lan"], before: made, now: now)
    #expect(made.leaf.fingerprint == again.leaf.fingerprint)
  }
}
