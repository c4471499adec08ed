import Platform
import Testing
import TestSupport

private let century = (from: Int64(1_700_000_000), until: Int64(2_524_607_999))

/// Both ends of a session in one process.
private final class Pair {
  let server: TLSSession
  let client: TLSSession
  var failures: [TLSError] = []
  var atServer: [UInt8] = []
  var atClient: [UInt8] = []

  init(_ offered: TLSServer, _ client: TLSClient, name: String) throws {
    server = try TLSSession(accepting: offered)
    self.client = try TLSSession(connecting: client, to: name)
    run()
  }

  /// Carries bytes between both until neither has any.
  func run() {
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    repeat {
      do throws(TLSError) {
        atClient += try client.receive(toClient)
        atServer += try server.receive(toServer)
      } catch {
        failures.append(error)
      }
      toServer = client.takeOutgoing()
      toClient = server.takeOutgoing()
    } while (!toServer.isEmpty || !toClient.isEmpty) && failures.count < 3
  }
}

/// A server with a certificate of an authority of its own, and a folder with files of both.
private final class Fixture {
  let authority: TLSIdentity
  let server: TLSServer
  let folder: ScratchFolder

  init(names: [String]) throws {
    authority = try TLSIdentity.authority(name: "Test", from: century.from, until: century.until)
    server = try TLSServer()
    folder = try ScratchFolder()
    try server.offer([try leaf(names)], oldest: .v12)
    try Files.writeAtomically(authority.certificatePEM, to: folder.path + "/authority.pem")
  }

  func leaf(_ names: [String]) throws -> TLSIdentity {
    try authority.issue(for: names, from: century.from, until: century.until)
  }

  func client() throws -> TLSClient {
    try TLSClient(authorities: folder.path + "/authority.pem", oldest: .v12)
  }
}

@Suite struct TLSTests {
  @Test func aClientThatTrustsTheAuthorityTalksToTheServer() throws {
    let fixture = try Fixture(names: ["sip.example.com", "192.0.2.1", "2001:db8::1"])
    for name in ["sip.example.com", "192.0.2.1", "2001:db8::1"] {
      let pair = try Pair(fixture.server, try fixture.client(), name: name)
      #expect(pair.failures.isEmpty && pair.server.isEstablished && pair.client.isEstablished)
      #expect(pair.client.version == "TLSv1.3")
      let long = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
      try pair.client.send(long[...])
      try pair.server.send([1, 2, 3])
      pair.run()
      #expect(pair.atServer == long && pair.atClient == [1, 2, 3])
      pair.client.end()
      pair.run()
      #expect(pair.server.isEnded)
    }
  }

  @Test func anotherNameOrAnotherAuthorityIsNotBelieved() throws {
    let fixture = try Fixture(names: ["sip.example.com"])
    let wrongName = try Pair(fixture.server, try fixture.client(), name: "sip.example.net")
    #expect(wrongName.failures.first == .session("hostname mismatch") && !wrongName.client.isEstablished)
    let stranger = try Fixture(names: ["sip.example.com"])
    let untrusted = try Pair(fixture.server, try stranger.client(), name: "sip.example.com")
    #expect(!untrusted.failures.isEmpty && !untrusted.client.isEstablished)
  }

  @Test func theCertificateIsTheOneThatTheClientAsksFor() throws {
    let fixture = try Fixture(names: ["one.example.com"])
    let (one, two) = (try fixture.leaf(["one.example.com"]), try fixture.leaf(["two.example.com"]))
    try fixture.server.offer([one, two], oldest: .v12)
    for name in ["one.example.com", "two.example.com"] {
      #expect(try Pair(fixture.server, try fixture.client(), name: name).client.isEstablished)
    }
  }

  @Test func newCertificatesAreOfferedWhileASessionGoesOn() throws {
    let fixture = try Fixture(names: ["one.example.com"])
    let standing = try Pair(fixture.server, try fixture.client(), name: "one.example.com")
    try fixture.server.offer([try fixture.leaf(["two.example.com"])], oldest: .v12)
    #expect(try Pair(fixture.server, try fixture.client(), name: "two.example.com").client.isEstablished)
    #expect(try !Pair(fixture.server, try fixture.client(), name: "one.example.com").client.isEstablished)
    try standing.client.send([7])
    standing.run()
    #expect(standing.atServer == [7])
  }

  @Test func whatIsNoTLSFails() throws {
    let fixture = try Fixture(names: ["a.example"])
    let session = try TLSSession(accepting: fixture.server)
    #expect(throws: TLSError.self) { try session.receive(Array("OPTIONS sip:a SIP/2.0\r\n\r\n".utf8)) }
  }

  @Test func certificatesComeBackFromTheirFiles() throws {
    let fixture = try Fixture(names: ["a.example", "192.0.2.1"])
    let leaf = try fixture.leaf(["a.example", "192.0.2.1"])
    let (certificate, key) = (fixture.folder.path + "/server.pem", fixture.folder.path + "/server.key")
    try Files.writeAtomically(leaf.certificatePEM, to: certificate)
    try Files.writeAtomically(leaf.keyPEM, to: key)
    let read = try TLSIdentity(certificate: certificate, key: key)
    #expect(read.fingerprint == leaf.fingerprint && read.expiry == century.until && read.keyKind == "ECDSA")
    #expect(read.names("a.example") && read.names("192.0.2.1") && !read.names("b.example"))
    #expect(read.isSigned(by: fixture.authority))
    let authority = fixture.folder.path + "/authority.pem"
    #expect(throws: TLSReadError.content(.mismatch(certificate: authority, key: key))) {
      try TLSIdentity(certificate: authority, key: key)
    }
    #expect(throws: TLSReadError.content(.noCertificate(path: key))) { try TLSIdentity(certificate: key, key: key) }
    #expect(throws: TLSReadError.content(.noKey(path: certificate))) {
      try TLSIdentity(certificate: certificate, key: certificate)
    }
  }
}
