import Platform
import Testing
import Wire

@testable import Daemon

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite struct SieveTests {
  private var sieve = Sieve()

  /// All phones of a house after a power cut.
  @Test mutating func aBurstIsLetIn() {
    var changed = false
    for i in 0..<10 { changed = sieve.read(toTheEnd: false, now: at(Int64(5 * i))) || changed }
    changed = sieve.read(toTheEnd: true, now: at(50)) || changed
    for i in 0..<10 { changed = sieve.read(toTheEnd: false, now: at(Int64(60 + 5 * i))) || changed }
    #expect(!changed && sieve.share == nil && sieve.nextDeadline == nil)
  }

  @Test mutating func whoFallsBehindLetsLessIn() {
    for i in 0...20 { _ = sieve.read(toTheEnd: false, now: at(Int64(5 * i))) }
    #expect(sieve.share == UInt32.max / 4)
    for i in 21...400 { _ = sieve.read(toTheEnd: false, now: at(Int64(5 * i))) }
    #expect(sieve.share == Sieve.least)
  }

  @Test mutating func itOpensStepByStepUntilNothingIsKeptOut() {
    for i in 0...400 { _ = sieve.read(toTheEnd: false, now: at(Int64(5 * i))) }
    var now = at(2000)
    while let due = sieve.nextDeadline {
      #expect(due > now)
      now = due
      _ = sieve.read(toTheEnd: true, now: now)
    }
    #expect(sieve.share == nil && now < at(5000))
  }

  /// The kernel's part, by both families.
  @Test(arguments: [("127.0.0.1", "127.0.0.2", 32), ("127.0.0.1", "127.0.0.2", 8), ("::1", "::1", 128)])
  func friendsComeThroughWhereNobodyElseDoes(host: String, friend: String, length: Int) throws {
    let address = try #require(IPAddress(host))
    guard address.isIPv4 || Network.hasIPv6() else { return }
    let socket = try UDPSocket(binding: SocketAddress(address, port: 0))
    let sender = try UDPSocket(binding: SocketAddress(IPAddress(friend)!, port: 0))
    defer {
      socket.close()
      sender.close()
    }
    let receiver = DatagramReceiver()
    func passes() throws -> Bool {
      #expect(sender.send([1, 2, 3], to: try #require(socket.localAddress)) == 0)
      return receiver.receive(from: socket) { #expect($0.bytes == [1, 2, 3]) } == 1
    }
    // More than one group of instructions, and one of the other family.
    var friends = (0..<300).map { (address: IPAddress(ipv4: 0x0a00_0000 + UInt32($0)), length: 32) }
    friends += (0..<100).map { (address: IPAddress(ipv6High: 0x2001_0db8_0000_0000 + UInt64($0), low: 1), length: 64) }
    #expect(socket.sieve(friends, share: 0))
    #expect(try !passes())
    #expect(socket.sieve(friends + [(address: IPAddress(friend)!, length: length)], share: 0))
    #expect(try passes())
    #expect(socket.sieve(friends, share: .max))
    #expect(try passes())
    #expect(socket.sieve(friends, share: 0) && socket.sieve(share: nil))
    #expect(try passes())
  }
}
