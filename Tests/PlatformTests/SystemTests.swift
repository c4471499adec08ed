import Platform
import Synchronization
import Testing
import Wire

@Suite struct SystemTests {
  @Test func aFileIsReplacedWhole() throws {
    let path = "/tmp/sotto-file-\(Process.identifier)"
    defer { Files.remove(path) }
    try Files.writeAtomically([1, 2, 3], to: path)
    try Files.writeAtomically([4], to: path)
    #expect(try Files.read(path) == [4])
    #expect(throws: PlatformError.self) { try Files.read(path + ".new") }
    #expect(throws: PlatformError.tooLarge(path: path, limit: 0)) { try Files.read(path, limit: 0) }
  }

  @Test func aThreadRunsAndIsWokenByAnEvent() throws {
    let event = try WakeEvent()
    let done = try WakeEvent()
    defer {
      event.close()
      done.close()
    }
    let thread = try Thread.start(name: "test") {
      guard let poller = try? Poller() else { return }
      try? poller.add(event.descriptor, .readable, token: 1)
      poller.wait(until: nil) { _, _ in done.signal() }
      poller.close()
    }
    event.signal()
    thread.join()
    let poller = try Poller()
    defer { poller.close() }
    try poller.add(done.descriptor, .readable, token: 3)
    var woken = false
    poller.wait(until: Clock.monotonic()) { token, _ in woken = token == 3 }
    #expect(woken)
  }

  @Test func loopbackIsAmongTheInterfaces() {
    #expect(Network.interfaces().contains { $0.ip.isLoopback })
    let loopback = IPAddress("127.0.0.1")!
    #expect(Network.localAddress(toward: SocketAddress(loopback, port: 5060)) == loopback)
  }

  @Test func argumentsAreThoseOfTheProcess() {
    #expect(Process.arguments() == Array(CommandLine.arguments.dropFirst()))
  }
}
