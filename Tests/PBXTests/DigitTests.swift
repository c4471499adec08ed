import Configuration
import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

/// Keys between phones that tell of them in different ways.
struct DigitTests {
  @Test(
    arguments: [
      ("dtmf-relay", "Signal=5\r\nDuration=250\r\n", 5, 250), ("dtmf-relay", "signal= * \nduration= 40", 10, 40),
      ("dtmf-relay", "Signal=11", 11, 160), ("dtmf-relay", "Duration=99999999999\r\nSignal=5", nil, 0),
      ("dtmf-relay", "Signal=a\r\nDuration=60000", 12, 5000), ("dtmf-relay", "Signal=16", nil, 0),
      ("dtmf-relay", "hello", nil, 0), ("dtmf-relay", "", nil, 0), ("dtmf", "#", 11, 160), ("dtmf", "#\r\n", 11, 160),
      ("dtmf", "55", nil, 0), ("dtmf", "", nil, 0), ("xml", "5", nil, 0),
    ] as [(String, String, UInt8?, Int)])
  func bodies(subtype: String, text: String, digit: UInt8?, milliseconds: Int) {
    let body = DigitBody(MediaType("application", subtype), Array(text.utf8))
    #expect(body?.digit == digit && (body == nil || body?.milliseconds == milliseconds))
    if let body { #expect(DigitBody(DigitBody.type, body.relayed) == body) }
  }

  private func office(_ a: DigitSetting = .auto, _ b: DigitSetting = .auto) -> (Office, Phone, Phone) {
    let office = Office {
      $0.extensions["1001"]?.dtmf = a
      $0.extensions["1002"]?.dtmf = b
    }
    let (a, b) = office.pair()
    return (office, a, b)
  }

  private func methods(_ office: Office) -> [DigitMethod?] {
    let legs = office.box.media.values.first
    return [legs?[.a]?.digits, legs?[.b]?.digits]
  }

  private func end(_ office: Office, _ phone: Phone) {
    phone.hangUp(now: office.now)
    #expect(office.settles())
  }

  @Test func whatIsAgreedUponDecides() throws {
    let (office, a, b) = office()
    office.connect(a, b)
    #expect(methods(office) == [.events, .events])
    end(office, a)
    b.codecs = ["0 PCMU"]
    office.connect(a, b)
    #expect(methods(office) == [.events, .tones])
    let answer = try SessionDescription.parse(a.lastResponse?.body ?? []).offeredAudio()
    #expect(answer.formats.map { $0.payloadType } == [0, 101], "events are agreed with the one that has them")
    end(office, a)
  }

  @Test func aPhoneThatMayTellByEventsIsOfferedThemWhoeverCalls() throws {
    let (office, a, b) = office()
    a.codecs = ["0 PCMU"]
    office.connect(a, b)
    #expect(methods(office) == [.tones, .events])
    let offer = try SessionDescription.parse(b.ringing?.request.body ?? []).offeredAudio()
    #expect(offer.formats.last == Format(101, "telephone-event", parameters: "0-15"))
    end(office, a)
  }

  @Test(arguments: [(DigitSetting.info, DigitMethod.info), (.inband, .tones), (.rfc4733, .events)])
  func theConfigurationDecides(setting: DigitSetting, method: DigitMethod) throws {
    let (office, a, b) = office(.auto, setting)
    office.connect(a, b)
    #expect(methods(office) == [.events, method])
    let offer = try SessionDescription.parse(b.ringing?.request.body ?? []).offeredAudio()
    #expect(offer.hasEvents == (setting == .rfc4733))
    end(office, a)
    let other = self.office(setting, .auto)
    other.0.connect(other.1, other.2)
    #expect(methods(other.0) == [method, .events])
    end(other.0, other.1)
  }

  @Test func aKeyByInfoIsMadeAnotherInTheMedia() throws {
    let (office, a, b) = office(.info, .auto)
    office.connect(a, b)
    let stream = try #require(office.box.media.keys.first)
    a.inDialog(.info, now: office.now) { request in
      request.headers.append(.contentType, "application/dtmf-relay")
      request.body = Array("Signal=#\r\nDuration=120\r\n".utf8)
    }
    #expect(office.run(until: { a.story == ["200"] }))
    #expect(b.story.isEmpty)
    #expect(office.box.presses == ["\(stream.number) b 11 120"])
    end(office, a)
  }

  @Test func aKeyThatTheMediaThreadHeardIsToldByInfo() throws {
    let (office, a, b) = office(.info, .auto)
    office.connect(a, b)
    let stream = try #require(office.box.media.keys.first)
    office.box.tell(.pressed(stream, .b, digit: 10, milliseconds: 90), now: office.now)
    #expect(office.run(until: { a.story == ["INFO"] }))
    #expect(a.lastRequest?.headers[.contentType] == "application/dtmf-relay")
    #expect(a.lastRequest?.body == Array("Signal=*\r\nDuration=90\r\n".utf8))
    #expect(b.story.isEmpty)
    end(office, a)
  }
}
