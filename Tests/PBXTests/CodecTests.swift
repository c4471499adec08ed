import Configuration
import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// Which codecs each phone is told of, and what the relay is to make of them.
struct CodecTests {
  let office = Office()

  private func call(_ a: Phone, _ b: Phone) throws -> [Media.Side: Media.Leg] {
    a.call(b.number, now: office.now)
    #expect(office.run(until: { b.story.last == "ACK" && a.story.last == "200" }))
    return try #require(office.box.media.values.first)
  }

  private func offered(to phone: Phone) throws -> [Format] {
    let body = try #require(phone.ringing?.request.body)
    return try SessionDescription.parse(body).offeredAudio().formats
  }

  private func answered(to phone: Phone) throws -> [Format] {
    try SessionDescription.parse(try #require(phone.lastResponse?.body)).offeredAudio().formats
  }

  @Test func aLawAndMuLawPhonesAreConvertedAndAskedOfTheirOwn() throws {
    let (a, b) = office.pair()
    a.codecs = ["0 PCMU"]
    b.codecs = ["8 PCMA"]
    let legs = try call(a, b)
    #expect(legs[.a]?.accepts == [Payload(0, .pcmu)] && legs[.b]?.sends == [Payload(8, .pcma)])
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func widebandComesFirstWhereBothPhonesHaveIt() throws {
    let (a, b) = office.pair()
    a.codecs = ["0 PCMU", "96 opus/48000/2", "9 G722", "101 telephone-event"]
    a.parameters = ["96 stereo=0;maxaveragebitrate=20000"]
    b.codecs = ["96 opus/48000/2", "0 PCMU", "101 telephone-event"]
    b.parameters = ["96 useinbandfec=1"]
    let legs = try call(a, b)
    #expect(try offered(to: b).map { $0.payloadType } == [96, 9, 0, 8, 101])
    #expect(try offered(to: b)[0].parameters == "stereo=0;maxaveragebitrate=20000", "relayed, so in the caller's words")
    let answer = try answered(to: a)
    #expect(answer.map { $0.payloadType } == [96, 0, 101])
    #expect(answer[0].parameters == "useinbandfec=1")
    #expect(legs[.a]?.sends.contains(Payload(96, .opus)) == true && legs[.b]?.accepts.first == Payload(96, .opus))
  }

  @Test func anExtensionsListLimitsAndOrdersWhatItIsOffered() throws {
    let office = Office { $0.extensions["1002"]?.codecs = [.pcma, .g722] }
    let (a, b) = office.pair()
    a.codecs = ["9 G722", "0 PCMU", "8 PCMA"]
    a.call("1002", now: office.now)
    #expect(office.run(until: { b.ringing != nil }))
    let body = try #require(b.ringing?.request.body)
    #expect(try SessionDescription.parse(body).offeredAudio().formats.map { $0.payloadType } == [8, 9, 101])
  }

  @Test func codecsThatTheExchangeDoesNotKnowAreRelayedUnderTheirNumbers() throws {
    let (a, b) = office.pair()
    a.codecs = ["18 G729", "97 AMR-WB/16000", "98 AMR-WB/16000", "99 telephone-event/16000"]
    a.parameters = ["97 octet-align=1", "98 mode-set=0"]
    b.codecs = ["98 AMR-WB/16000", "99 telephone-event/16000"]
    b.parameters = ["98 mode-set=0"]
    let legs = try call(a, b)
    #expect(try offered(to: b).map { $0.payloadType } == [18, 97, 98, 99])
    #expect(try offered(to: b).map { $0.parameters } == [nil, "octet-align=1", "mode-set=0", nil])
    let answer = try answered(to: a)
    #expect(answer.map { $0.payloadType } == [98, 99] && answer[0].parameters == "mode-set=0")
    let caller = try #require(legs[.a])
    let callee = try #require(legs[.b])
    #expect(caller.accepts.map { $0.number } == [98, 99])
    // The same encoding is the same to the relay on both legs.
    #expect(Set(caller.accepts.map { $0.format }) == Set(callee.sends.map { $0.format }))
    #expect(callee.sends.count == 2)
  }

  @Test func noCodecInCommonIs488() {
    let (a, b) = office.pair()
    a.codecs = ["18 G729"]
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story.last == "488" && b.story.last == "BYE" }))
    #expect(office.settles())
  }

  @Test func anOfferOfNothingButEventsIs488() {
    let (a, b) = office.pair()
    a.codecs = ["101 telephone-event"]
    a.call("1002", now: office.now)
    #expect(office.run(until: { a.story == ["488"] }))
    #expect(b.story.isEmpty)
    #expect(office.settles())
  }
}
