import Foundation
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import PBX

/// Stories that make no sense, told to a whole exchange over a network that loses, delays and repeats: nothing may trap,
/// and nothing may be left of them.
struct CallWalkTests {
  /// Their seeds; `SOTTO_WALKS=100000` takes an hour, `SOTTO_WALKS=2467-2467` tells one again.
  private static let seeds: ClosedRange<UInt64> = {
    let asked = ProcessInfo.processInfo.environment["SOTTO_WALKS"] ?? "24"
    let wanted = asked.split(separator: "-").map { UInt64($0) ?? 1 }
    return wanted.count == 2 ? wanted[0]...max(wanted[0], wanted[1]) : 0...max(wanted[0], 1) - 1
  }()

  @Test func nothingIsLeftOfAnyStory() {
    for seed in CallWalkTests.seeds { walk(seed) }
  }

  /// Stories in which the target of a transfer came in vain, and its port was lost.
  @Test(arguments: [3459, 4202] as [UInt64]) func noPortIsLostOfAnyStory(seed: UInt64) { walk(seed) }

  private func walk(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var conditions = LinkConditions.good
    conditions.loss = [0, 0.05, 0.2][Int(seed % 3)]
    conditions.duplication = 0.1
    conditions.reordering = 0.2
    conditions.jitter = .milliseconds(200)
    let office = Office(conditions, seed: seed)
    let phones = [
      office.phone("1001", "10.0.0.11"), office.phone("1002", "10.0.0.12"), office.phone("1003", "10.0.0.13"),
      office.phone("1002", "10.0.0.14", port: 5062),
    ]
    for phone in phones {
      phone.isStrict = true
      phone.isReliable = generator.chance(0.5)
      phone.allows = generator.chance(0.5) ? "INVITE, ACK, BYE, CANCEL, UPDATE" : nil
    }
    for _ in 0..<Int.random(in: 5...25, using: &generator) {
      act(phones[Int.random(in: 0..<4, using: &generator)], phones, office, &generator)
      office.simulation.run(until: office.now + .milliseconds(Int64.random(in: 0...4000, using: &generator)))
    }
    for phone in phones {
      phone.manner = .refuses(486)
      phone.hangUp(now: office.now)
    }
    // An answer may come after that, and begin a call that its phone would keep for ever.
    office.run(60)
    for phone in phones { phone.hangUp(now: office.now) }
    // A phone that has forgotten its call is found out by a refresh.
    office.run(4000)
    #expect(office.isQuiet, "seed \(seed): \(office.remains)")
  }

  private func act(_ phone: Phone, _ phones: [Phone], _ office: Office, _ generator: inout SeededGenerator) {
    let now = office.now
    let number = ["1001", "1002", "1003", "*43", "1999"].randomElement(using: &generator) ?? "1001"
    switch Int.random(in: 0...15, using: &generator) {
    case 0...3: if phone.dialog == nil { phone.call(number, now: now) }
    case 4: phone.cancel(now: now)
    case 5: phone.hangUp(now: now)
    case 6: phone.answer(now: now)
    case 7: phone.reinvite(generator.chance(0.5) ? .sendonly : .sendrecv, now: now)
    case 8: phone.update(generator.chance(0.5) ? .inactive : .sendrecv, now: now)
    case 9: phone.refer(number, now: now)
    case 10:
      let other = phones.randomElement(using: &generator)?.replaces ?? ""
      let escaped = other.replacing(";", with: "%3B").replacing("=", with: "%3D")
      phone.refer("<sip:\(number)@office.lan?Replaces=\(escaped)>", now: now)
    case 11:
      let other = phones.randomElement(using: &generator)?.replaces ?? ""
      if phone.dialog == nil { phone.call(number, now: now) { $0.headers.append(.replaces, other) } }
    case 12:
      phone.ask(.message, now: now) { request in
        request.headers.append(.contentType, "text/plain")
        request.body = [104, 105]
      }
    case 13: phone.offersInInvite = generator.chance(0.7)
    case 14: phone.thinks = generator.chance(0.3)
    default:
      phone.manner =
        [
          Phone.Manner.answers, .rings, .silent, .refuses(486), .announces, .announcesReliably,
          .redirects("<sip:1003@office.lan>"),
        ].randomElement(using: &generator) ?? .answers
    }
  }
}
