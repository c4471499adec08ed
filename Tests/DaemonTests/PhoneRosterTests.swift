import Configuration
import Phone
import Testing
import Wire

@testable import Daemon

/// Which of the box's own phones run when, in virtual time.
@Suite struct PhoneRosterTests {
  private let door = LocalPhone(number: "1008", account: "a", options: ["--answer"])
  private let horn = LocalPhone(number: "1009", account: "b", options: [])

  /// All that is to be done by then.
  private func steps(_ roster: inout PhoneRoster, _ now: Instant) -> [PhoneRoster.Step] {
    var steps: [PhoneRoster.Step] = []
    while let step = roster.next(now) { steps.append(step) }
    return steps
  }

  @Test func eachIsStartedOnceAndLeftAlone() {
    var roster = PhoneRoster()
    #expect(roster.nextDeadline == nil && roster.next(.zero) == nil)
    roster.want([horn, door])
    #expect(roster.nextDeadline == .zero)
    #expect(steps(&roster, .zero) == [.start(door), .start(horn)])
    roster.want([door, horn])
    #expect(roster.nextDeadline == nil && steps(&roster, .zero + .seconds(1000)).isEmpty)
  }

  @Test func oneThatKeepsEndingIsStartedAgainAfterPausesThatGrow() {
    var roster = PhoneRoster()
    roster.want([door])
    var now = Instant.zero
    var pauses: [Int64] = []
    for _ in 0..<8 {
      #expect(steps(&roster, now) == [.start(door)])
      now += .milliseconds(100)
      let pause = roster.ended("1008", now)
      pauses.append(pause?.seconds ?? -1)
      #expect(roster.nextDeadline == pause.map { now + $0 })
      #expect(steps(&roster, now + (pause ?? .zero) - .milliseconds(1)).isEmpty)
      now += pause ?? .zero
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
    // Who lived for a minute did not die of that.
    #expect(steps(&roster, now) == [.start(door)])
    #expect(roster.ended("1008", now + .seconds(60)) == .seconds(1))
  }

  @Test func aReloadEndsWhatIsNotWantedAnyMoreAndReplacesWhatIsToBeOtherwise() {
    var roster = PhoneRoster()
    roster.want([door, horn])
    _ = steps(&roster, .zero)
    let other = LocalPhone(number: "1008", account: "a", options: ["--ring", "DE"])
    roster.want([other])
    #expect(steps(&roster, .zero) == [.end("1008"), .end("1009")])
    // The card is free only once the old one is gone.
    #expect(steps(&roster, .zero + .seconds(1)).isEmpty)
    #expect(roster.ended("1008", .zero + .seconds(1)) == nil)
    #expect(steps(&roster, .zero + .seconds(1)) == [.start(other)])
    #expect(steps(&roster, .zero + .seconds(5)) == [.kill("1009")])
    #expect(roster.ended("1009", .zero + .seconds(5)) == nil)
    #expect(roster.nextDeadline == nil)
  }

  @Test func aReloadTriesAtOnceWhatWaitsAndForgetsWhatIsNotWanted() {
    var roster = PhoneRoster()
    roster.want([door, horn])
    _ = steps(&roster, .zero)
    _ = [roster.ended("1008", .zero), roster.ended("1009", .zero)]
    roster.want([door])
    #expect(steps(&roster, .zero) == [.start(door)])
    #expect(steps(&roster, .zero + .seconds(100)).isEmpty)
    #expect(roster.ended("1009", .zero) == nil)
  }

  @Test func oneThatWasToEndAndIsWantedAgainIsStartedOnceItIsGone() {
    var roster = PhoneRoster()
    roster.want([door])
    _ = steps(&roster, .zero)
    roster.want([])
    #expect(steps(&roster, .zero) == [.end("1008")])
    roster.want([door])
    #expect(roster.ended("1008", .zero + .seconds(2)) == nil)
    #expect(steps(&roster, .zero + .seconds(2)) == [.start(door)])
  }

  @Test func theConfigurationSaysHowEachIsToBe() throws {
    let text = """
      domain: 2001:db8::1
      country: de
      sip: {listen: ["udp://[::]:5070"]}
      extensions: {1008: {password: "se\\"cret "}, 1009: {password: "12345678"}}
      local_audio:
        1008: {card: "hw:0"}
        1009: {card: "hw:Device,1", answer: ring, noise_reduce: false}
      """
    let phones = LocalPhone.all(in: try Configuration(yaml: Array(text.utf8), file: "sotto.yaml"))
    #expect(phones.map { $0.number } == ["1008", "1009"])
    #expect(try Account(file: Array(phones[0].account.utf8)).password == "se\"cret ")
    #expect(
      phones[0].account == """
        uri: sip:1008@[2001:db8::1]
        server: sip:[::1]:5070;transport=udp
        password: "se"cret "
        encryption: off
        expires: 120

        """)
    let common = "--secure off --card-lost end"
    #expect(
      phones.map { $0.options.joined(separator: " ") } == [
        "--audio alsa:hw:0 \(common) --answer --echo-cancel on --noise-reduce on",
        "--audio alsa:hw:Device,1 \(common) --ring DE --echo-cancel on --noise-reduce off",
      ])
    // What others can see has no secret in it.
    #expect(!phones.contains { $0.options.joined().contains("secret") || $0.options.joined().contains("12345678") })
  }
}
