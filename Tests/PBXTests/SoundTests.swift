import Codecs
import Configuration
import Media
import Numbering
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// What phones hear of the exchange itself.
struct SoundTests {
  private func office(_ change: (inout Configuration) -> Void = { _ in }) -> (Office, Phone, Phone) {
    let office = Office(change: change)
    let (a, b) = office.pair()
    office.connect(a, b)
    return (office, a, b)
  }

  private func sounds(_ office: Office) -> [Sound?] {
    let legs = office.box.media.values.first
    return [legs?[.a]?.sound, legs?[.b]?.sound]
  }

  private func end(_ office: Office, _ phone: Phone) {
    phone.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test(arguments: [Direction.sendonly, .inactive], [true, false])
  func whoIsHeldHearsMusicUntilTheOtherIsBack(direction: Direction, byCaller: Bool) throws {
    let (office, a, b) = office()
    let (holder, held) = byCaller ? (a, b) : (b, a)
    holder.reinvite(direction, now: office.now)
    #expect(office.run(until: { holder.story == ["200"] }))
    #expect(sounds(office) == (byCaller ? [nil, .music] : [.music, nil]))
    let leg = try #require(office.box.media.values.first?[byCaller ? .b : .a])
    #expect(leg.givesMedia && !leg.takesMedia)
    let offer = try SessionDescription.parse(held.lastRequest?.body ?? []).offeredAudio()
    #expect(offer.direction == .sendonly, "or it would take no music")
    let answer = try SessionDescription.parse(holder.lastResponse?.body ?? []).offeredAudio()
    #expect(answer.direction == direction.mirrored)
    holder.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { holder.story == ["200", "200"] }))
    #expect(sounds(office) == [nil, nil])
    let legs = office.box.media.values.first?.values.map { $0.takesMedia && $0.givesMedia }
    #expect(legs == [true, true])
    end(office, a)
  }

  @Test func whoHoldsWhileHeldHearsNothing() {
    let (office, a, b) = office()
    a.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    b.reinvite(.inactive, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(sounds(office) == [nil, nil])
    end(office, a)
  }

  @Test func withoutMusicTheHolderIsHeard() throws {
    let (office, a, b) = office { $0.media.holdMusic = .none }
    a.reinvite(.inactive, now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    #expect(sounds(office) == [nil, nil])
    #expect(try SessionDescription.parse(b.lastRequest?.body ?? []).offeredAudio().direction == .inactive)
    end(office, a)
  }

  @Test func whoIsHandedOverHearsTheTargetRingAndThenWhyItIsLeft() throws {
    let (office, a, b) = office { $0.country = Country("GB") }
    let c = office.phone("1003", "10.0.0.13")
    let tones = CountryTones("GB")
    c.manner = .rings
    b.manner = .refuses(486)
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story == ["200"] }))
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.notices.last == "180 Ringing" }))
    #expect(sounds(office) == [.tone(tones.ringing), nil])
    b.hangUp(now: office.now)
    office.run(1)
    #expect(sounds(office) == [.tone(tones.ringing), nil])
    c.reject(486, now: office.now)
    #expect(office.run(until: { sounds(office) == [.tone(tones.busy), nil] }))
    let since = office.now
    #expect(a.story.last != "BYE")
    #expect(office.run(until: { a.story.last == "BYE" }))
    #expect((4...6).contains((office.now - since).seconds))
    #expect(office.settles())
  }

  @Test func whoIsHandedOverHearsMusicBeforeTheTargetRingsAndNothingOfUsAfterIt() throws {
    let (office, a, b) = office()
    let c = office.phone("1003", "10.0.0.13")
    c.manner = .rings
    b.refer("1003", now: office.now)
    #expect(office.run(until: { b.story.contains("202") }))
    #expect(sounds(office) == [nil, nil], "they may still talk")
    b.hangUp(now: office.now)
    #expect(office.run(until: { sounds(office) == [.tone(CountryTones(nil).ringing), nil] }))
    c.answer(now: office.now)
    #expect(office.run(until: { a.story.suffix(2) == ["INVITE", "ACK"] }))
    office.run(1)
    #expect(sounds(office) == [nil, nil])
    end(office, a)
  }

  @Test func whatATrunkSendsToWhomItHoldsIsHeard() {
    let (office, a, _) = office()
    guard case .talking(let talking)? = office.exchange.calls.values.first?.state else {
      Issue.record("no call")
      return
    }
    var leg = talking.caller
    for (direction, phone, trunk) in [
      (Direction.sendrecv, false, false), (.recvonly, false, false), (.sendonly, true, false), (.inactive, true, true),
    ] {
      leg.heard?.direction = direction
      leg.trunk = nil
      #expect(leg.keepsWaiting == phone, "\(direction.name)")
      leg.trunk = TrunkLeg(name: "line")
      #expect(leg.keepsWaiting == trunk, "\(direction.name)")
    }
    leg.heard?.address = nil
    #expect(leg.keepsWaiting, "c=0.0.0.0")
    end(office, a)
  }

  /// What a person takes for such a tone, whatever the country's own.
  @Test func theTonesOfEveryCountryAreWithinWhatIsAccepted() {
    for country in Country.all.map({ $0.name }) + ["XX"] {
      let tones = CountryTones(country)
      for (tone, sounds, pauses) in [
        (tones.ringing, 300...2000, 200...5000), (tones.busy, 100...660, 100...800),
        (tones.congestion, 100...660, 100...800),
      ] {
        let count = tone.segments.count
        #expect(count >= 2 && count % 2 == 0)
        for (i, segment) in tone.segments.enumerated() {
          if i % 2 == 0 {
            #expect((340...620).contains(segment.first), "\(country)")
            #expect(segment.second == 0 || (340...620).contains(segment.second))
            #expect(sounds.contains(Int(segment.milliseconds)), "\(country)")
          } else {
            #expect(segment.first == 0 && pauses.contains(Int(segment.milliseconds)), "\(country)")
          }
        }
      }
      #expect(tones.busy != tones.ringing)
    }
    #expect(CountryTones("DE").busy.segments == [Tone.Segment(425, 480), Tone.Segment(pause: 480)])
    #expect(CountryTones("US").ringing.segments == [Tone.Segment(440, and: 480, 2000), Tone.Segment(pause: 4000)])
  }
}
