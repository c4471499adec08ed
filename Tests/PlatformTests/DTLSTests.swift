import Platform
import Testing

private let years = (from: Int64(1_704_067_200), until: Int64(2_524_607_999))

/// Both ends of a handshake in one process, and the datagrams between them.
private final class Pair {
  let identities: (client: TLSIdentity, server: TLSIdentity)
  let client: DTLSHandshake
  let server: DTLSHandshake
  var fromClient: [[UInt8]] = []
  var fromServer: [[UInt8]] = []

  init() throws {
    identities = (
      try .nobody(from: years.from, until: years.until), try .nobody(from: years.from, until: years.until)
    )
    client = try DTLSHandshake(DTLSContext(identities.client), isClient: true)
    server = try DTLSHandshake(DTLSContext(identities.server), isClient: false)
  }

  /// Carries datagrams until both are done, but for those of which `loses` says by their number that they are lost.
  func run(loses: (Int) -> Bool = { _ in false }) async throws {
    try client.receive([])
    var sent = 0
    while client.state == .waiting || server.state == .waiting {
      let before = sent
      for datagram in client.takeOutgoing() {
        fromClient.append(datagram)
        sent += 1
        if !loses(sent) { try server.receive(datagram) }
      }
      for datagram in server.takeOutgoing() {
        fromServer.append(datagram)
        sent += 1
        if !loses(sent) { try client.receive(datagram) }
      }
      guard sent == before else { continue }
      try await Task.sleep(for: .milliseconds(10))
      try client.wake()
      try server.wake()
    }
  }
}

@Suite struct DTLSTests {
  @Test func bothEndsHaveTheSameKeysAndKnowEachOthersCertificate() async throws {
    let pair = try Pair()
    try await pair.run()
    #expect(pair.client.state == .done && pair.server.state == .done)
    #expect(pair.client.profile == 8 && pair.server.profile == 8)
    #expect(try pair.client.export(88) == pair.server.export(88))
    #expect(pair.client.fingerprint(.sha256) == pair.identities.server.fingerprint)
    #expect(pair.server.fingerprint(.sha256) == pair.identities.client.fingerprint)
    #expect(pair.server.fingerprint(.sha384).count == 48 && pair.server.fingerprint(.sha512).count == 64)
  }

  @Test func noDatagramIsLongerThanAPathTakes() async throws {
    let pair = try Pair()
    try await pair.run()
    #expect((pair.fromClient + pair.fromServer).allSatisfy { $0.count <= 1200 })
  }

  @Test func whoHasProvedNothingGetsLessThanItSends() throws {
    let pair = try Pair()
    try pair.client.receive([])
    let hello = pair.client.takeOutgoing()
    #expect(hello.count == 1)
    try pair.server.receive(hello[0])
    let answer = pair.server.takeOutgoing()
    #expect(answer.count == 1)
    #expect(answer[0].count < hello[0].count)
    // It waits for a client that comes back, and repeats nothing by itself.
    #expect(pair.server.delay == nil)
  }

  @Test(arguments: 1...14) func aLostDatagramIsSentAgain(_ lost: Int) async throws {
    let pair = try Pair()
    try await pair.run { $0 == lost }
    #expect(try pair.client.export(60) == pair.server.export(60))
  }

  @Test func anyBytesAreTakenWithoutHarm() async throws {
    var seed: UInt64 = 7
    func random() -> UInt8 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: seed >> 33)
    }
    for count in [1, 12, 13, 14, 100, 1200, 2048, 4000] {
      let pair = try Pair()
      try pair.server.receive([])
      var bytes = (0..<count).map { _ in random() }
      try? pair.server.receive(bytes)
      // As a handshake record of DTLS 1.2.
      for (i, octet) in [UInt8(22), 0xfe, 0xfd].enumerated() where i < count { bytes[i] = octet }
      try? pair.server.receive(bytes)
      try await pair.run()
      #expect(pair.client.state == .done && pair.server.state == .done)
    }
  }

  @Test func aRefusalReachesTheOtherEnd() async throws {
    let pair = try Pair()
    try await pair.run()
    pair.server.refuse()
    for datagram in pair.server.takeOutgoing() { try pair.client.receive(datagram) }
    #expect(pair.client.state == .ended)
  }
}
