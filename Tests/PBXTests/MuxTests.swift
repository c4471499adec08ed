import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// RTCP on the port of RTP is a way of one leg: agreed with a phone that offers it, and kept in what it is offered later.
struct MuxTests {
  private let office = Office()

  private func muxes(_ body: [UInt8]?) throws -> Bool {
    try SessionDescription.parse(body ?? []).offeredAudio().muxesControl
  }

  private var agreed: [Bool?] {
    let legs = office.box.media.values.first
    return [legs?[.a]?.muxesControl, legs?[.b]?.muxesControl]
  }

  @Test func whoOffersItIsAnsweredSoAndTheOtherHearsNothingOfIt() throws {
    let (a, b) = office.pair()
    a.muxes = true
    office.connect(a, b)
    #expect(agreed == [true, false])
    #expect(try muxes(a.lastResponse?.body) && !muxes(b.ringing?.request.body))
    // What the exchange offers after that says the same again.
    b.reinvite(.sendonly, now: office.now)
    #expect(office.run(until: { b.story.last == "200" }))
    #expect(try muxes(a.lastRequest?.body) && !muxes(b.lastResponse?.body))
    #expect(agreed == [true, false])
    a.muxes = false
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    #expect(agreed == [false, false])
    #expect(try !muxes(a.lastResponse?.body))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func anEchoHasItToo() throws {
    let (a, _) = office.pair()
    a.muxes = true
    a.call("*43", now: office.now)
    #expect(office.run(until: { a.story.last == "200" }))
    #expect(agreed[0] == true)
    #expect(try muxes(a.lastResponse?.body))
    a.hangUp(now: office.now)
    #expect(office.settles())
  }
}
