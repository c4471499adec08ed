import Platform
import Testing
import Wire

@Suite struct SocketTests {
  let loopback = SocketAddress(IPAddress("127.0.0.1")!, port: 0)

  @Test func aDatagramTellsWhereItCameFromAndWhichAddressItWasSentTo() throws {
    let server = try UDPSocket(binding: SocketAddress(.anyIPv4, port: 0))
    let client = try UDPSocket(binding: loopback)
    defer {
      server.close()
      client.close()
    }
    try server.askForLocalAddress()
    let port = try #require(server.localAddress?.port)
    let target = SocketAddress(IPAddress("127.0.0.9")!, port: port)
    #expect(client.send([1, 2, 3], to: target) == 0)
    let poller = try Poller()
    defer { poller.close() }
    try poller.add(server.descriptor, .readable, token: 7)
    var token: UInt64 = 0
    poller.wait(until: Clock.monotonic() + .seconds(2)) { t, what in
      token = t
      #expect(what.contains(.readable))
    }
    #expect(token == 7)
    let receiver = DatagramReceiver()
    var got: [Datagram] = []
    receiver.receive(from: server) { got.append($0) }
    let datagram = try #require(got.first)
    #expect(datagram.bytes == [1, 2, 3])
    #expect(datagram.from == client.localAddress)
    #expect(datagram.local.ip == target.ip)
    // The answer leaves from the address that was asked.
    #expect(server.send([4], to: datagram.from, from: datagram.local.ip) == 0)
    var answers: [Datagram] = []
    let answerPoller = try Poller()
    defer { answerPoller.close() }
    try answerPoller.add(client.descriptor, .readable, token: 0)
    answerPoller.wait(until: Clock.monotonic() + .seconds(2)) { _, _ in }
    receiver.receive(from: client) { answers.append($0) }
    #expect(answers.first?.from == target)
  }

  @Test func aDualStackSocketSpeaksIPv4() throws {
    guard Network.hasIPv6() else { return }
    let server = try UDPSocket(binding: SocketAddress(.anyIPv6, port: 0), family: .dualStack)
    let client = try UDPSocket(binding: loopback)
    defer {
      server.close()
      client.close()
    }
    client.send([9], to: SocketAddress(loopback.ip, port: try #require(server.localAddress?.port)))
    Clock.sleep(.milliseconds(20))
    var from: SocketAddress?
    DatagramReceiver().receive(from: server) { from = $0.from }
    #expect(from == client.localAddress)
  }

  @Test func aStreamCarriesBytesAndItsEnd() throws {
    let listener = try StreamListener(tcp: loopback)
    defer { listener.close() }
    let address = try #require(listener.localAddress)
    let client = try StreamSocket.connect(to: address)
    Clock.sleep(.milliseconds(20))
    let (server, from) = try #require(listener.accept())
    defer { server.close() }
    #expect(from == client.localAddress)
    #expect(client.connectError == 0)
    #expect(client.write([5, 6]) == .moved(2))
    Clock.sleep(.milliseconds(20))
    var bytes: [UInt8] = [4]
    #expect(server.read(into: &bytes, limit: 100) == .moved(2))
    #expect(bytes == [4, 5, 6])
    #expect(server.read(into: &bytes, limit: 100) == .wouldBlock)
    client.close()
    Clock.sleep(.milliseconds(20))
    #expect(server.read(into: &bytes, limit: 100) == .closed)
  }

  @Test func aBusyPortIsNamedInTheError() throws {
    let first = try StreamListener(tcp: loopback)
    defer { first.close() }
    let address = try #require(first.localAddress)
    let error = #expect(throws: PlatformError.self) { try StreamListener(tcp: address) }
    #expect(error?.description.contains("tcp://\(address.description)") == true)
  }

  @Test func aLocalSocketReplacesOnlyALeftover() throws {
    let path = "/tmp/sotto-test-\(Process.identifier).sock"
    let first = try StreamListener(path: path, mode: 0o600)
    #expect(throws: PlatformError.self) { try StreamListener(path: path, mode: 0o600) }
    let client = try StreamSocket.connect(path: path)
    client.close()
    first.close()
    let second = try StreamListener(path: path, mode: 0o600)
    second.close()
    Files.remove(path)
    try Files.writeAtomically([1], to: path)
    #expect(throws: PlatformError.self) { try StreamListener(path: path, mode: 0o600) }
    #expect(try Files.read(path) == [1])
    Files.remove(path)
  }
}
