import Media
import Wire
import Configuration
import SIP
import Testing

@testable import PBX

/// Phones that answer 3xx.
struct RedirectionTests {
  let office = Office { configuration in
    for number in ["1004", "1005", "1006"] {
      configuration.extensions[number] = Extension(number: number, name: number, password: "secret-\(number)")
    }
  }
  let a: Phone
  let b: Phone
  let c: Phone

  init() {
    (a, b) = office.pair()
    c = office.phone("1003", "10.0.0.13")
  }

  @Test(arguments: ["<sip:1003@OFFICE.lan;user=phone>;q=0.5, <sip:1003@example.com>", "<sip:1003@10.0.0.1:5060>"])
  func aNumberOfTheHouseIsCalledInstead(contact: String) throws {
    b.manner = .redirects(contact)
    a.call("1002", now: office.now)
    #expect(office.run(until: { c.story == ["INVITE", "ACK"] && a.story.last == "200" }))
    let invite = try #require(c.ringing?.request)
    #expect(invite.headers[.to] == "<sip:1002@office.lan>" && invite.headers[.maxForwards] == "68")
    #expect(office.box.media.values.first?[.b]?.remote?.ip == c.address.ip)
    #expect(office.box.log.contains { $0.contains("redirected") && $0.contains("number=1003") })
    c.hangUp(now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" }))
    #expect(office.settles())
  }

  @Test(arguments: [
    ("<sip:1003@example.com>", "no number of the house"), ("<sip:1003@10.0.0.13>", "no number of the house"),
    ("<sip:4711@office.lan>", "no number of the house"), ("<tel:1003>", "no number of the house"),
    ("<sips:1003@office.lan>", "no number of the house"), ("<sip:*43@office.lan>", "no number of the house"),
    ("<sip:1001@office.lan>", "1001 takes part in the call already"),
    ("<sip:1002@office.lan>", "1002 takes part in the call already"),
    ("<sip:1004@office.lan>", "no phone is registered for 1004"),
  ])
  func anythingElseIsUnavailableAndTheLogSaysWhy(contact: String, why: String) {
    b.manner = .redirects(contact)
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["480"] }))
    #expect(office.box.log.contains { $0.contains("a redirection is not followed") && $0.contains(why) })
    #expect(c.story.isEmpty && office.settles())
  }

  @Test func redirectionsInACircleEnd() {
    b.manner = .redirects("<sip:1003@office.lan>")
    c.manner = .redirects("<sip:1002@office.lan>")
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["480"] }))
    #expect(b.story == ["INVITE"] && c.story == ["INVITE"])
    #expect(office.settles())
  }

  @Test(arguments: [(70, 4), (2, 2)])
  func redirectionsInALongRowEnd(maxForwards: Int, numbers: Int) {
    let phones = [b, c] + ["1004", "1005", "1006"].map { office.phone($0, "10.0.0.\($0.suffix(1))4") }
    for (i, phone) in phones.enumerated() { phone.manner = .redirects("<sip:\(1003 + i)@office.lan>") }
    a.call("1002", maxForwards: maxForwards, now: office.now)
    #expect(office.run(until: { a.story == ["480"] }))
    #expect(phones.map(\.story) == phones.indices.map { $0 < numbers ? ["INVITE"] : [] })
    #expect(office.box.log.contains { $0.contains("too many of them") })
    #expect(office.settles())
  }

  @Test func theAnswerOfTheNumberInsteadReachesTheCaller() {
    b.manner = .redirects("<sip:1003@office.lan>")
    c.manner = .refuses(486)
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["486"] }))
    #expect(office.settles())
  }

  @Test func aCallThatRingsInsteadCanBeCancelled() {
    b.manner = .redirects("<sip:1003@office.lan>")
    c.manner = .rings
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["180"] }))
    a.cancel(now: office.now)
    #expect(office.run(until: { a.story == ["180", "487"] && c.story == ["INVITE", "CANCEL"] }))
    #expect(office.settles())
  }

  @Test func aPhoneThatIsBusyCountsMoreThanOneThatRedirects() {
    let other = office.phone("1002", "10.0.0.20")
    b.manner = .redirects("<sip:1003@office.lan>")
    other.manner = .refuses(486)
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["486"] }))
    #expect(c.story.isEmpty && office.settles())
  }
}
