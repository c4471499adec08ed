import Platform
import SIP
import TestSupport
import Testing
import Wire

@testable import Daemon

private let message = Array("OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nok".utf8)
private let name = "sip.provider.example"

/// A provider has opened a connection to us over TLS, and says that it listens elsewhere at its address.
private final class Reuse {
  let fixture: ConnectionFixture
  let flow: Flow
  /// Where the provider says it listens; nobody does.
  let elsewhere: Flow
  private let authority: TLSIdentity

  init(asks: Bool = true) throws {
    fixture = try ConnectionFixture()
    fixture.transport = .tls
    fixture.asks = asks
    let now = Clock.wall() / 1_000_000
    let folder = try ScratchFolder()
    let own = try OwnCertificate(in: folder.path, names: ["127.0.0.1"], before: nil, now: now)
    authority = own.authority
    let server = try TLSServer()
    try server.offer([own.leaf], oldest: .v12)
    fixture.connections.tlsServer = server
    let trusted = OwnCertificate.folder(folder.path) + "/authority.pem"
    fixture.connections.tlsClient = try TLSClient(authorities: trusted, oldest: .v12)
    let (peer, other) = try fixture.peer()
    peer.close()
    flow = Flow(
      transport: .tls, local: other.local, remote: try #require(fixture.listener.localAddress), serverName: "127.0.0.1")
    elsewhere = Flow(transport: .tls, local: other.local, remote: other.remote, serverName: name)
  }

  /// The provider's end shows a certificate for these names, by default of the authority that we trust.
  func shows(_ names: [String], of issuer: TLSIdentity? = nil, until: Int64 = 3600) throws {
    let now = Clock.wall() / 1_000_000
    let leaf = try (issuer ?? authority).issue(for: names, from: now - 7200, until: now + until)
    try #require(fixture.connections.tlsClient).present([leaf])
  }

  /// Our end of the provider's connection, once a request came by it.
  func called() throws -> Flow {
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    #expect(fixture.run { !fixture.messages.isEmpty })
    return try #require(fixture.flows.last)
  }

  /// Whether a request goes back by the provider's connection.
  func comesBack(_ flow: Flow) -> Bool {
    let before = fixture.messages.count
    fixture.closed = []
    fixture.connections.send(message, on: flow, now: Clock.monotonic()) { fixture.report($0) }
    _ = fixture.run { fixture.messages.count > before || fixture.closed.contains(flow) }
    return fixture.messages.count > before
  }
}

/// RFC 5923.
@Suite struct ReuseTests {
  @Test func requestsGoBackByTheConnectionOfOneWhoProvedWhoHeIs() throws {
    let reuse = try Reuse()
    try reuse.shows([name, "other.example"])
    let back = try reuse.called()
    #expect(!reuse.comesBack(reuse.elsewhere))
    reuse.fixture.connections.reuse(back, port: reuse.elsewhere.remote.port)
    #expect(reuse.comesBack(reuse.elsewhere) && reuse.comesBack(reuse.elsewhere))
    #expect(reuse.fixture.connections.count == 2)
    // Who used it learns of its end.
    reuse.fixture.closed = []
    reuse.fixture.connections.finish(back, with: nil, now: Clock.monotonic()) { reuse.fixture.report($0) }
    #expect(reuse.fixture.run { reuse.fixture.closed.contains(reuse.elsewhere) })
    #expect(!reuse.comesBack(reuse.elsewhere))
  }

  @Test func aStrangersAliasCapturesNothing() throws {
    let now = Clock.wall() / 1_000_000
    let stranger = try TLSIdentity.authority(name: "Stranger", from: now - 60, until: now + 3600)
    func captures(_ asks: Bool = true, _ show: (Reuse) throws -> Void) throws -> Bool {
      let reuse = try Reuse(asks: asks)
      try show(reuse)
      reuse.fixture.connections.reuse(try reuse.called(), port: reuse.elsewhere.remote.port)
      return reuse.comesBack(reuse.elsewhere)
    }
    #expect(try captures { try $0.shows([name]) })
    #expect(try !captures { _ in }, "no certificate")
    #expect(try !captures { try $0.shows([name], of: stranger) }, "an authority that nobody trusts")
    #expect(try !captures { try $0.shows(["evil.example", "provider.example"]) }, "another name")
    #expect(try !captures { try $0.shows([name], until: -60) }, "a certificate that has run out")
    #expect(try !captures(false) { try $0.shows([name]) }, "nobody asked for one")
  }

  @Test func anAliasHoldsForItsAddressPortNameAndTransportAlone() throws {
    let reuse = try Reuse()
    try reuse.shows([name])
    reuse.fixture.connections.reuse(try reuse.called(), port: reuse.elsewhere.remote.port)
    var other = reuse.elsewhere
    other.remote.port -= 1
    #expect(!reuse.comesBack(other))
    other = reuse.elsewhere
    other.remote = SocketAddress(IPAddress(ipv4: 0x7f00_0002), port: other.remote.port)
    #expect(!reuse.comesBack(other))
    other = reuse.elsewhere
    other.serverName = "sip.other.example"
    #expect(!reuse.comesBack(other))
    other.serverName = nil
    #expect(!reuse.comesBack(other))
    other.transport = .tcp
    #expect(!reuse.comesBack(other))
    #expect(reuse.comesBack(reuse.elsewhere))
  }

  @Test func aConnectionOfOursIsNobodysAlias() throws {
    let reuse = try Reuse()
    try reuse.shows([name])
    let back = try reuse.called()
    // The answer comes by the connection that we opened; its other end has shown a certificate as well.
    reuse.fixture.connections.send(message, on: back, now: Clock.monotonic()) { reuse.fixture.report($0) }
    #expect(reuse.fixture.run { reuse.fixture.messages.count == 2 })
    let ours = try #require(reuse.fixture.flows.last)
    reuse.fixture.connections.reuse(ours, port: reuse.elsewhere.remote.port)
    #expect(!reuse.comesBack(reuse.elsewhere))
  }
}
