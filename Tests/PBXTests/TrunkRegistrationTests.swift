import Configuration
import Crypto
import DNS
import SIP
import Testing
import Wire

@testable import PBX

/// Registering at a provider, and staying registered.
struct TrunkRegistrationTests {
  @Test(arguments: [[Hash.md5], [.sha256], [.sha256, .md5]]) func aPasswordIsProvedInTheWayThatIsAsked(hashes: [Hash])
    throws
  {
    let scene = TrunkScene()
    scene.provider.algorithms = hashes
    scene.office.box.wake(now: scene.office.now)
    #expect(scene.office.run(until: { scene.status.state == .registered }))
    #expect(scene.provider.story.prefix(2) == ["REGISTER", "REGISTER"])
    let request = try #require(scene.provider.registers.first)
    #expect(request.uri.description == "sip:198.51.100.1")
    #expect(request.headers[.from]?.hasPrefix("<sip:line1@198.51.100.1>;tag=") == true)
    #expect(try request.headers.contacts[0].uri.parameters["line"] != nil)
    #expect(scene.status.expiresIn == 600 && scene.status.lastError == nil)
  }

  @Test func itIsRenewedBeforeItExpires() {
    let scene = TrunkScene()
    scene.provider.grants = 120
    scene.comesUp()
    scene.office.run(1200)
    #expect(scene.status.state == .registered)
    // Every 90 to 102 s.
    #expect((10...14).contains(scene.provider.registers.count))
    #expect(Set(scene.provider.registers.compactMap { try? $0.headers.callID }).count == 1)
    let numbers = scene.provider.registers.compactMap { try? $0.headers.cSeq.number }
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
  }

  @Test func aRefusedPasswordIsToldAndNotTriedAgainSoon() {
    let scene = TrunkScene()
    scene.provider.password = "another"
    scene.office.box.wake(now: scene.office.now)
    scene.office.run(5)
    #expect(scene.status.state == .notRegistered)
    #expect(scene.status.lastError == "401 from line: password refused")
    #expect(scene.provider.story == ["REGISTER", "REGISTER"])
    scene.office.run(400)
    #expect(scene.provider.story.count == 2)
    scene.office.run(1800)
    #expect(scene.provider.story.count >= 4)
  }

  @Test(arguments: [
    (403, "403 from line: password refused"), (404, "404 from line: the user is not known there"),
    (503, "503 from line: out of service or overloaded"),
  ])
  func aRefusalIsToldInWords(status: Int, words: String) {
    let scene = TrunkScene()
    scene.provider.manner = .refuses(status)
    scene.office.box.wake(now: scene.office.now)
    scene.office.run(5)
    #expect(scene.status.lastError == words)
    #expect(scene.office.box.log.contains { $0.contains(words) })
  }

  @Test func aDeadProviderIsAskedLessAndLessOften() {
    let scene = TrunkScene()
    scene.provider.manner = .dead
    scene.office.box.wake(now: scene.office.now)
    scene.office.run(40)
    #expect(scene.status.lastError?.hasPrefix("no answer from udp 198.51.100.1:5060") == true)
    // Eleven copies a round (RFC 3261 §17.1.2.2); the pauses grow to half an hour.
    scene.office.run(3600)
    #expect((55...110).contains(scene.provider.story.count), "\(scene.provider.story.count)")
    scene.provider.manner = .answers
    scene.provider.forget()
    #expect(scene.office.run(2000, until: { scene.status.state == .registered }))
    #expect(scene.status.lastError == nil)
  }

  @Test func aProviderThatRestartsIsMissedByItsSilenceAndFoundAgain() {
    let scene = TrunkScene()
    scene.comesUp()
    scene.provider.manner = .dead
    #expect(scene.office.run(80, until: { scene.status.state == .notRegistered }))
    scene.provider.manner = .answers
    #expect(scene.office.run(120, until: { scene.status.state == .registered }))
  }

  @Test func aRegistrarMayWantALongerTime() {
    let scene = TrunkScene()
    scene.provider.leastExpires = 1800
    scene.office.box.wake(now: scene.office.now)
    #expect(scene.office.run(until: { scene.status.state == .registered }))
    #expect(scene.status.expiresIn == 1800)
  }

  @Test func anotherServerOfTheDomainIsTriedWhereTheFirstIsSilent() {
    let scene = TrunkScene { $0.trunks = [TrunkScene.line("line", "sip.provider.example")] }
    let second = scene.provider("198.51.100.2")
    scene.provider.manner = .dead
    let box = scene.office.box
    box.names[NameQuestion("_sip._udp.sip.provider.example", .service)] = .found(
      .services([
        ServiceRecord(priority: 1, weight: 0, port: 5060, target: "a.example"),
        ServiceRecord(priority: 2, weight: 0, port: 5060, target: "b.example"),
      ]), seconds: 300)
    box.names[NameQuestion("a.example", .ipv4)] = .found(.addresses([scene.provider.address.ip]), seconds: 300)
    box.names[NameQuestion("b.example", .ipv4)] = .found(.addresses([second.address.ip]), seconds: 300)
    box.wake(now: scene.office.now)
    #expect(scene.office.run(60, until: { scene.status.state == .registered }))
    #expect(scene.status.server == "udp 198.51.100.2:5060")
    #expect(second.registers.first?.uri.description == "sip:sip.provider.example")
  }

  @Test func anotherAnswerOfDNSIsFollowed() {
    let scene = TrunkScene { $0.trunks = [TrunkScene.line("line", "sip.provider.example")] }
    let second = scene.provider("198.51.100.2")
    let box = scene.office.box
    let question = NameQuestion("sip.provider.example", .ipv4)
    box.names[question] = .found(.addresses([scene.provider.address.ip]), seconds: 60)
    scene.comesUp()
    box.names[question] = .found(.addresses([second.address.ip]), seconds: 60)
    #expect(scene.office.run(100, until: { !second.registers.isEmpty }))
    #expect(box.log.contains { $0.contains("server has changed") })
    // A name server that is down takes nothing away.
    box.names[question] = .failed(.timeout)
    box.noName = .failed(.timeout)
    scene.office.run(700)
    #expect(scene.status.state == .registered && second.registers.count >= 2)
  }

  @Test func anotherAddressOfOurOwnIsTold() throws {
    let scene = TrunkScene()
    scene.comesUp()
    scene.office.box.ownAddress = SocketAddress(IPAddress("10.0.0.99")!, port: 5060)
    #expect(scene.office.run(40, until: { !scene.provider.registers.isEmpty }))
    #expect(scene.provider.contact?.host == .address(IPAddress("10.0.0.99")!))
    #expect(scene.office.box.log.contains { $0.contains("own address has changed") })
  }

  @Test func anotherAddressOfTheLineIsTold() {
    let scene = TrunkScene()
    scene.provider.seesAt = SocketAddress(IPAddress("203.0.113.1")!, port: 40001)
    scene.comesUp()
    scene.office.run(100)
    #expect(scene.provider.registers.isEmpty)
    scene.provider.seesAt = SocketAddress(IPAddress("203.0.113.2")!, port: 40001)
    #expect(scene.office.run(40, until: { !scene.provider.registers.isEmpty }))
    #expect(scene.office.box.log.contains { $0.contains("seen at another address") })
  }

  @Test func aNameThatNobodyKnowsIsTold() {
    let scene = TrunkScene { $0.trunks = [TrunkScene.line("line", "sip.nowhere.example")] }
    scene.office.box.wake(now: scene.office.now)
    #expect(scene.status.lastError == "DNS knows no address for sip.nowhere.example")
    #expect(scene.status.retryIn != nil)
  }

  @Test func aTrunkThatIsTakenAwayLeavesItsRegistrar() {
    let scene = TrunkScene()
    scene.comesUp()
    scene.reload { configuration in
      configuration.trunks = []
      configuration.routes = []
    }
    #expect(scene.office.run(until: { scene.provider.contact == nil }))
    scene.office.run(700)
    #expect(scene.office.exchange.trunkStatus(now: scene.office.now).isEmpty)
  }

  @Test func aReloadThatLeavesTheAccountAloneLeavesItsRegistrationAlone() {
    let scene = TrunkScene()
    scene.comesUp()
    scene.reload { $0.trunks[0].channels = 2 }
    #expect(scene.status.state == .registered && scene.status.channels == 2)
    scene.office.run(20)
    #expect(scene.provider.registers.isEmpty)
  }
}
