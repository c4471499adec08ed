@testable import PBX
import SIP
import Testing
import Wire

private func flow(_ host: String, port: UInt16 = 5060) -> Flow {
  Flow(
    transport: .udp, local: SocketAddress(IPAddress("10.0.0.1")!, port: 5060),
    remote: SocketAddress(IPAddress(host)!, port: port))
}

private let bytes = [UInt8](repeating: 65, count: 400)
private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite struct FrontDoorTests {
  private var door = FrontDoor()

  @Test mutating func whoeverBelongsToACallNeverWaits() {
    for i in 0..<5000 { _ = door.arrive(bytes, flow("192.0.2.1", port: UInt16(1 + i)), .stranger, now: at(0)) }
    #expect(door.arrive(bytes, flow("10.0.0.2"), .urgent, now: at(1000)) == .handle)
  }

  @Test mutating func thoseWhoAreKnownComeBeforeStrangers() {
    for _ in 0..<3 { #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(0)) == .waits) }
    #expect(door.arrive(bytes, flow("10.0.0.2"), .known, now: at(1)) == .waits)
    #expect(door.next(now: at(1))?.flow == flow("10.0.0.2"))
    #expect(door.next(now: at(1))?.flow == flow("192.0.2.1"))
    #expect(door.waitingCount == 2 && door.hasWaiting)
  }

  /// A class is refused when its oldest has waited too long, and only that class.
  @Test mutating func whatWaitsTooLongClosesTheDoorForItsClass() {
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(0)) == .waits)
    #expect(door.arrive(bytes, flow("192.0.2.2"), .stranger, now: at(100)) == .waits)
    guard case .refuse(let retryAfter) = door.arrive(bytes, flow("192.0.2.3"), .stranger, now: at(101)) else {
      Issue.record("not refused")
      return
    }
    #expect((5...15).contains(retryAfter))
    #expect(door.arrive(bytes, flow("10.0.0.2"), .known, now: at(102)) == .waits)
    #expect(door.arrive(bytes, flow("10.0.0.3"), .known, now: at(352)) == .waits)
    #expect(door.arrive(bytes, flow("10.0.0.3"), .known, now: at(353)) != .waits)
    #expect(door.refused == 2)
  }

  @Test mutating func itOpensAgainOnlyWhenTheLineIsShort() {
    for i in 0..<10 { _ = door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(Int64(10 * i))) }
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(110)) != .waits)
    // The head is 80 ms old, then 30: still refused.
    for _ in 0..<3 { _ = door.next(now: at(110)) }
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(110)) != .waits)
    for _ in 0..<5 { _ = door.next(now: at(110)) }
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(110)) != .waits)
    _ = door.next(now: at(110))
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(110)) == .waits)
  }

  @Test mutating func anOverloadIsSaidOnceAndEndsAfterACalm() {
    _ = door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(0))
    #expect(door.news(now: at(0)) == nil)
    for i in 0..<100 { _ = door.arrive(bytes, flow("192.0.2.2"), .stranger, now: at(200 + Int64(i))) }
    #expect(door.news(now: at(300)) == true && door.isOverloaded)
    #expect(door.news(now: at(301)) == nil && door.nextDeadline == at(2299))
    #expect(door.news(now: at(2298)) == nil)
    #expect(door.news(now: at(2299)) == false && door.nextDeadline == nil)
    #expect(door.overloads == 1 && door.refused == 100)
  }

  /// Whatever the clock says.
  @Test mutating func memoryIsBounded() {
    var kept = 0
    for i in 0..<5000 {
      let source = flow("192.0.2.\(1 + i % 250)")
      if door.arrive([UInt8](repeating: 65, count: 8000), source, .stranger, now: at(0)) == .waits { kept += 1 }
    }
    #expect(kept <= FrontDoor.mostOctets / 8000 && kept == door.waitingCount)
  }

  @Test mutating func oneStrangerLeavesRoomForTheOthers() {
    for _ in 0..<1000 { _ = door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(0)) }
    #expect(door.waitingCount == FrontDoor.contended)
    #expect(door.arrive(bytes, flow("192.0.2.2"), .stranger, now: at(0)) == .waits)
    while door.next(now: at(0)) != nil {}
    #expect(door.arrive(bytes, flow("192.0.2.1"), .stranger, now: at(0)) == .waits)
  }

  /// Whoever has a /64 has as many addresses as he wants.
  @Test mutating func oneStrangerIsAWholeNetworkOfIPv6() {
    for i in 0..<1000 {
      var from = flow("2001:db8:2::\(String(i, radix: 16))")
      from.local.ip = IPAddress("2001:db8:1::1")!
      _ = door.arrive(bytes, from, .stranger, now: at(0))
    }
    #expect(door.waitingCount == FrontDoor.contended)
  }

  @Test mutating func whatCameByAConnectionGoesWithIt() {
    var gone = flow("192.0.2.1")
    gone.transport = .tcp
    gone.connection = 7
    for standing in [FrontDoor.Standing.stranger, .known] {
      _ = door.arrive(bytes, gone, standing, now: at(0))
      _ = door.arrive(bytes, flow("192.0.2.2"), standing, now: at(0))
    }
    door.forget(gone)
    #expect(door.waitingCount == 2)
    while let message = door.next(now: at(0)) { #expect(message.flow == flow("192.0.2.2")) }
  }
}
