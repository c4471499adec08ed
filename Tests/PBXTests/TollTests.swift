import Configuration
import Numbering
import SIP
import Testing
import Wire

@testable import PBX

/// What calls may cost.
struct TollTests {
  private func scene(_ change: (inout Configuration) -> Void = { _ in }) -> (TrunkScene, Phone) {
    let scene = TrunkScene { configuration in
      configuration.routes = [TrunkScene.route("_.", ["line"])]
      change(&configuration)
    }
    scene.comesUp()
    return (scene, scene.office.phone("1001", "10.0.0.11"))
  }

  private func answer(_ scene: TrunkScene, _ phone: Phone, _ number: String) -> String? {
    phone.forget()
    phone.call(number, now: scene.office.now)
    scene.office.run(until: { phone.story.last.map { Int($0) ?? 0 >= 200 } ?? false })
    let answer = phone.story.last
    if answer == "200" { phone.hangUp(now: scene.office.now) }
    scene.office.run(2)
    return answer
  }

  @Test(arguments: [
    ("0891234", "200"), ("116117", "200"), ("0043112345", "403"), ("+14155550100", "403"), ("0900123456", "403"),
    ("0137123456", "403"), ("0881234567", "200"), ("008821234567", "403"), ("11833", "403"), ("*31#089123", "403"),
    ("010330043112", "403"), ("00", "403"),
  ])
  func whatIsDearIsClosedUntilItIsOpened(number: String, expected: String) {
    let (scene, phone) = scene()
    #expect(answer(scene, phone, number) == expected)
    #expect(scene.provider.invites.isEmpty == (expected == "403"))
    if expected == "403" {
      #expect(scene.office.box.log.contains { $0.contains("numbers are closed") && $0.contains("caller=1001") })
    }
  }

  @Test func classesAndPrefixesAreOpenedByThemselves() {
    let (scene, phone) = scene { $0.toll.openPrefixes = ["+43", "11833"] }
    #expect(answer(scene, phone, "0043112345") == "200" && answer(scene, phone, "11833") == "200")
    #expect(answer(scene, phone, "0041112345") == "403" && answer(scene, phone, "11834") == "403")
    scene.reload { $0.toll.openClasses = [.international] }
    #expect(answer(scene, phone, "0041112345") == "200" && answer(scene, phone, "0900123456") == "403")
    // Satellites are no country.
    #expect(answer(scene, phone, "00882123456") == "403")
  }

  @Test func aDaysCallsAreCounted() {
    let (scene, phone) = scene { $0.toll.extensionCap = DailyCap(calls: 2, minutes: 100) }
    let other = scene.office.phone("1002", "10.0.0.12")
    scene.office.exchange.dayIs(1, now: scene.office.now)
    #expect(answer(scene, phone, "0891234") == "200" && answer(scene, phone, "0891234") == "200")
    #expect(answer(scene, phone, "0891234") == "403")
    #expect(scene.office.box.log.contains { $0.contains("the day's calls of extension 1001 are used up") })
    // Another extension's day is its own, and a reload does not begin a new one.
    #expect(answer(scene, other, "0891234") == "200")
    scene.reload { $0.toll.trunkCap = DailyCap(calls: 100, minutes: 100) }
    #expect(answer(scene, phone, "0891234") == "403")
    scene.office.exchange.dayIs(1, now: scene.office.now)
    #expect(answer(scene, phone, "0891234") == "403")
    scene.office.exchange.dayIs(2, now: scene.office.now)
    #expect(answer(scene, phone, "0891234") == "200")
  }

  @Test func aCallEndsPolitelyWithTheDaysMinutes() throws {
    let (scene, phone) = scene { $0.toll.extensionCap = DailyCap(calls: 100, minutes: 10) }
    phone.call("0891234", now: scene.office.now)
    scene.office.run(until: { phone.story.last == "200" })
    scene.office.run(598)
    #expect(phone.story.last == "200")
    #expect(scene.office.run(4, until: { phone.story.last == "BYE" && scene.provider.story.contains("BYE") }))
    #expect(phone.lastRequest?.headers[.reason]?.contains("minutes are used up") == true)
    #expect(answer(scene, phone, "0891234") == "403")
    #expect(scene.office.box.log.contains { $0.contains("the day's minutes of extension 1001 are used up") })
  }

  @Test func callsAtTheSameTimeUseATrunksMinutesTogether() {
    let (scene, phone) = scene { $0.trunks[0].daily = DailyCap(calls: 100, minutes: 10) }
    let other = scene.office.phone("1002", "10.0.0.12")
    phone.call("0891234", now: scene.office.now)
    scene.office.run(until: { phone.story.last == "200" })
    scene.office.run(200)
    other.call("0891235", now: scene.office.now)
    scene.office.run(until: { other.story.last == "200" })
    scene.office.run(195)
    #expect(phone.story.last == "200" && other.story.last == "200")
    #expect(scene.office.run(10, until: { phone.story.last == "BYE" && other.story.last == "BYE" }))
    #expect((599...601).contains(scene.status.secondsToday))
  }

  @Test func aCapThatAReloadLowersEndsACallThatIsBeyondIt() {
    let (scene, phone) = scene()
    phone.call("0891234", now: scene.office.now)
    scene.office.run(until: { phone.story.last == "200" })
    scene.office.run(300)
    scene.reload { $0.toll.extensionCap.minutes = 6 }
    #expect(scene.office.run(65, until: { phone.story.last == "BYE" }))
  }

  @Test func callsFromOutsideAndForHelpCostNothing() {
    let (scene, phone) = scene { $0.toll.extensionCap = DailyCap(calls: 1, minutes: 1) }
    scene.provider.call("+49305551", to: "x", now: scene.office.now)
    scene.office.run(until: { phone.story.last == "ACK" })
    scene.office.run(50)
    scene.provider.hangUp(now: scene.office.now)
    scene.office.run(5)
    phone.call("112", now: scene.office.now)
    scene.office.run(until: { phone.story.last == "200" })
    scene.office.run(200)
    #expect(phone.story.last == "200" && scene.status.secondsToday == 0 && scene.status.callsToday == 0)
    phone.hangUp(now: scene.office.now)
    scene.office.run(5)
    #expect(answer(scene, phone, "0891234") == "200")
  }

  @Test func anUnknownNumberIsStillUnknown() {
    let scene = TrunkScene { $0.routes = [] }
    scene.comesUp()
    let phone = scene.office.phone("1001", "10.0.0.11")
    #expect(answer(scene, phone, "0891234") == "404")
  }

  @Test func aRouteMayBeForSomeExtensionsOnly() {
    let (scene, phone) = scene { $0.routes[0].callers = [DialPattern("1002")!] }
    let other = scene.office.phone("1002", "10.0.0.12")
    #expect(answer(scene, phone, "0891234") == "404" && answer(scene, other, "0891234") == "200")
  }
}
