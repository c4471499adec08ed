import Media
import SDP
import SIP
import Testing
import Wire

@testable import PBX

private let camera = "m=video 4002 RTP/AVP 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\nb=AS:512"
private let otherCamera = "m=video 5002 RTP/AVPF 97\r\na=rtpmap:97 H264/90000\r\na=rtcp-fb:97 nack pli"
private let fax = "m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy"

/// Video, faxes and what else stands beside the audio.
struct FurtherMediaTests {
  let office = Office()
  let a: Phone
  let b: Phone

  init() { (a, b) = office.pair() }

  private func end() {
    office.run(1)
    a.hangUp(now: office.now)
    #expect(office.settles())
  }

  private func description(_ body: [UInt8]?) throws -> SessionDescription { try SessionDescription.parse(body ?? []) }
  private func offered() throws -> SessionDescription { try description(b.lastRequest?.body) }
  private func answered() throws -> SessionDescription { try description(a.lastResponse?.body) }

  /// The legs of the one stream beside the audio.
  private var further: [Media.Side: Media.Leg]? {
    let streams = office.box.media.filter { $0.key.part != 0 }
    return streams.count == 1 ? streams.first?.value : nil
  }
  private var audio: [Media.Side: Media.Leg]? { office.box.media.first { $0.key.part == 0 }?.value }

  @Test func videoThatBothPhonesHaveIsPassedOnAsItIs() throws {
    a.further = [camera]
    b.further = [otherCamera]
    office.connect(a, b)
    let offer = try description(b.ringing?.request.body)
    #expect(offer.media.map { $0.kind } == ["audio", "video"])
    #expect(offer.media[1].formats == ["96", "97"] && offer.media[1].attribute("rtpmap")?.value == "96 VP8/90000")
    #expect(offer.media[1].otherLines.map { $0.value } == ["AS:512"])
    let answer = try answered()
    #expect(answer.media.map { $0.formats } == [["0", "8", "101"], ["97"]])
    #expect(answer.media[1].attribute("rtcp-fb")?.value == "97 nack pli")
    let legs = try #require(further)
    let (caller, callee) = (try #require(legs[.a]), try #require(legs[.b]))
    #expect(offer.media[1].port == callee.port && answer.media[1].port == caller.port)
    #expect(caller.remote?.description == "10.0.0.11:4002" && callee.remote?.description == "10.0.0.12:5002")
    #expect(caller.isRTP && caller.takesMedia && callee.givesMedia)
    // Under the same number on both legs, whatever it stands for.
    #expect(caller.accepts == [Payload(97, .other(97))] && callee.sends == caller.accepts)
    #expect(caller.sends.map { $0.number } == [96, 97])
    #expect(office.exchange.status(now: office.now).calls.first?.callerLeg.further == ["video"])
    end()
  }

  @Test func videoIsRefusedWhereTheOtherPhoneHasNone() throws {
    a.further = [camera]
    office.connect(a, b)
    #expect(try answered().media.map { $0.port != 0 } == [true, false])
    #expect(further == nil && office.box.media.count == 1)
    end()
  }

  @Test func whatCannotBePassedOnIsRefusedInItsPlace() throws {
    a.further = [
      "m=message 4010 TCP/MSRP *", "m=video 4012 UDP/TLS/RTP/SAVPF 96", "m=audio 4014 RTP/AVP 0", camera,
    ]
    b.further = [otherCamera]
    office.connect(a, b)
    #expect(try description(b.ringing?.request.body).media.map { $0.kind } == ["audio", "video"])
    #expect(try answered().media.map { $0.port != 0 } == [true, false, false, false, true])
    end()
  }

  @Test func videoComesAndGoesByReinviteAndKeepsItsPlace() throws {
    b.further = [otherCamera]
    office.connect(a, b)
    let port = audio?[.a]?.port
    a.further = [camera]
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["200"] && b.story == ["INVITE", "ACK"] }))
    #expect(further?.count == 2 && audio?[.a]?.port == port)
    let first = try #require(further?[.a]?.port)
    // Hold changes nothing but directions.
    a.forget()
    a.further = [camera + "\r\na=inactive"]
    a.reinvite(.inactive, now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    #expect(further?[.a]?.port == first && further?[.a]?.takesMedia == false)
    #expect(try answered().media[1].attributes.last?.name == "inactive")
    a.forget()
    a.further = ["m=video 0 RTP/AVP 96"]
    a.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { a.story == ["200"] }))
    #expect(further == nil)
    #expect(try offered().media.map { $0.port != 0 } == [true, false], "a line once there stays there")
    a.forget()
    b.forget()
    b.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { b.story == ["200"] }))
    #expect(try description(a.lastRequest?.body).media.map { $0.kind } == ["audio", "video"])
    #expect(further == nil, "refused by the one that dropped it")
    end()
  }

  @Test func aFaxTakesThePlaceOfTheAudioAndGivesItBack() throws {
    office.connect(a, b)
    (a.further, b.further) = ([fax], [fax])
    b.hasAudio = false
    b.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { b.story == ["200"] && a.story == ["INVITE", "ACK"] }))
    let offer = try description(a.lastRequest?.body)
    #expect(offer.media.map { $0.kind } == ["image"] && offer.media[0].transport == "udptl")
    #expect(offer.media[0].formats == ["t38"] && offer.media[0].attribute("T38FaxVersion")?.value == "0")
    let legs = try #require(further)
    #expect(legs[.a]?.isRTP == false && legs[.a]?.remote?.port == 4004 && legs[.b]?.takesMedia == true)
    #expect(audio?[.a]?.takesMedia == false && audio?[.b]?.givesMedia == false)
    #expect(office.exchange.status(now: office.now).calls.first?.phase == .connected)
    b.hasAudio = true
    (a.further, b.further) = ([], [])
    a.forget()
    b.forget()
    b.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { b.story == ["200"] && a.story == ["INVITE", "ACK"] }))
    #expect(try description(a.lastRequest?.body).media.map { $0.kind } == ["audio"])
    #expect(further == nil && audio?[.a]?.takesMedia == true && audio?[.b]?.givesMedia == true)
    end()
  }

  @Test func aFaxBesideARefusedAudioLineIsAFax() throws {
    a.further = [fax]
    office.connect(a, b)
    b.further = ["m=audio 0 RTP/AVP 0", fax]
    b.hasAudio = false
    b.reinvite(.sendrecv, now: office.now)
    #expect(office.run(until: { b.story == ["200"] }))
    #expect(further?[.a]?.isRTP == false)
    let stream = try #require(office.box.media.keys.first { $0.part != 0 })
    office.box.tell(.noMedia(stream), now: office.now)
    #expect(office.run(until: { a.story.last == "BYE" }), "nothing else tells that the fax machines are gone")
    #expect(office.settles())
  }

  @Test func aFaxThatIsRefusedLeavesTheCallAndLosesNoPort() throws {
    office.connect(a, b)
    let before = office.exchange.freePorts.count
    a.refusesReinvites = true
    b.hasAudio = false
    b.further = [fax]
    for _ in 0..<5 {
      b.forget()
      b.reinvite(.sendrecv, now: office.now)
      #expect(office.run(until: { b.story == ["488"] }))
    }
    #expect(office.exchange.freePorts.count == before && further == nil && audio?[.a]?.takesMedia == true)
    end()
  }

  @Test func anOfferInTheAnswerHasVideoToo() throws {
    (a.further, b.further) = ([camera], [otherCamera])
    a.offersInInvite = false
    office.connect(a, b)
    #expect(try answered().media.map { $0.kind } == ["audio", "video"])
    #expect(try description(b.lastAck?.body).media.map { $0.port != 0 } == [true, true])
    #expect(further?[.b]?.remote?.port == 5002)
    end()
  }

  @Test func aTransferKeepsTheAudioAlone() throws {
    let c = office.phone("1003", "10.0.0.13")
    for phone in [a, b, c] { phone.further = [camera] }
    office.connect(a, b)
    a.refer("1003", now: office.now)
    #expect(office.run(until: { c.story.last == "ACK" && b.story.last == "ACK" }))
    office.run(2)
    #expect(further == nil && audio?.count == 2)
    #expect(try offered().media.map { $0.port != 0 } == [true, false])
    b.hangUp(now: office.now)
    #expect(office.settles())
  }
}
