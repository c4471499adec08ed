import Configuration
import DNS
import SIP
import Testing
import Wire

@testable import PBX

/// `sotto trunk test`.
struct TrunkTrialTests {
  private func trial(_ scene: TrunkScene, _ number: String? = nil, seconds: Int64 = 50) -> TrialStatus? {
    let exchange = scene.office.exchange
    guard let id = exchange.tryTrunk("line", calling: number, now: scene.office.now) else { return nil }
    scene.office.box.drain(now: scene.office.now)
    scene.office.run(seconds, until: { exchange.trial(id)?.hasSucceeded != nil })
    return exchange.trial(id)
  }

  @Test func registeringIsTriedWithoutANumber() throws {
    let scene = TrunkScene()
    scene.comesUp()
    let good = try #require(trial(scene))
    #expect(good.hasSucceeded == true && good.steps.last == "200 OK: it is there", "\(good.steps)")
    #expect(good.steps.contains("asked for the password, and given it"))
    scene.provider.password = "another"
    let bad = try #require(trial(scene))
    #expect(bad.hasSucceeded == false && bad.steps.last == "401 from line: password refused")
  }

  @Test func aCallIsPlacedAndHungUp() throws {
    let scene = TrunkScene()
    scene.comesUp()
    let good = try #require(trial(scene, "0891234"))
    #expect(good.hasSucceeded == true && good.steps.last?.contains("answered with PCMA") == true, "\(good.steps)")
    #expect(scene.office.run(until: { scene.provider.story.contains("BYE") }))
    #expect(scene.provider.invites.last?.uri.user == "+49891234")
    scene.office.run(100)
    #expect(scene.office.exchange.outside.trials.isEmpty)
    #expect(scene.office.exchange.freePorts.count == scene.office.box.portsOffered.count)
  }

  @Test(arguments: [
    (403, "403 from line: call refused"), (486, "486 from line: the callee is busy"),
    (488, "488 from line: codec refused; it was offered PCMA, PCMU"), (404, "404 from line: the number is not known"),
    (503, "503 from line: out of service or overloaded"),
  ])
  func aRefusalIsExplained(status: Int, words: String) throws {
    let scene = TrunkScene()
    scene.comesUp()
    scene.provider.manner = .refuses(status)
    let bad = try #require(trial(scene, "0891234"))
    #expect(bad.hasSucceeded == false && bad.steps.last?.hasPrefix(words) == true, "\(bad.steps)")
  }

  @Test func silenceIsExplained() throws {
    let scene = TrunkScene()
    scene.comesUp()
    scene.provider.manner = .dead
    let bad = try #require(trial(scene))
    #expect(bad.steps.last?.hasPrefix("no answer from udp 198.51.100.1:5060") == true, "\(bad.steps)")
    scene.provider.manner = .rings
    let ringing = try #require(trial(scene, "0891234"))
    #expect(ringing.steps.last == "nobody answered the call; it was given up" && ringing.steps.contains("180 Ringing"))
    #expect(scene.office.run(until: { scene.provider.story.contains("CANCEL") }))
  }

  @Test func aNameThatNobodyKnowsAndHelpAreNotCalled() throws {
    let scene = TrunkScene { $0.trunks[0].place = .init(host: "nowhere.example") }
    #expect(try #require(trial(scene)).steps == ["DNS knows no address for nowhere.example"])
    scene.office.box.noName = .failed(.timeout)
    scene.office.run(100)
    #expect(try #require(trial(scene)).steps.last?.contains("no name server answered") == true)
    #expect(try #require(trial(scene, "112")).steps.last?.contains("emergency number") == true)
    #expect(scene.office.exchange.tryTrunk("other", calling: nil, now: scene.office.now) == nil)
  }
}
