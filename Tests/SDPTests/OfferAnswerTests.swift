import SDP
import Testing
import Wire

private func offer(_ media: String, session: String = "") throws -> SessionDescription {
  try parsed("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + session + media)
}

private let here = SocketAddress(IPAddress(ipv4: 0x0a00_0001), port: 16384)

@Test func streamsThatAreNotAudioAreRefusedInTheirPlaces() throws {
  let description = try offer(
    "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\nm=audio 4000 RTP/AVP 0 8\r\nm=image 6000 udptl t38\r\n")
  let audio = try description.offeredAudio()
  #expect(audio.index == 1)
  var session = LocalSession(sessionID: 7)
  let answer = session.answer(description, audio, at: here)
  #expect(answer.media.map { $0.kind } == ["video", "audio", "image"])
  #expect(answer.media.map { $0.port } == [0, 16384, 0])
  #expect(answer.media.map { $0.transport } == ["RTP/AVP", "RTP/AVP", "udptl"])
}

@Test func optionalEncryptionIsAnsweredPlain() throws {
  let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
  let best = try offer("m=audio 4000 RTP/AVP 0\r\n" + crypto)
  #expect(best.media[0].offersCrypto)
  #expect(try best.offeredAudio().index == 0)
  var session = LocalSession(sessionID: 7)
  #expect(!session.answer(best, try best.offeredAudio(), at: here).media[0].offersCrypto)

  let two = try offer("m=audio 4000 RTP/SAVP 0\r\n" + crypto + "m=audio 4002 RTP/AVP 0\r\n")
  #expect(try two.offeredAudio().index == 1)
  #expect(session.answer(two, try two.offeredAudio(), at: here).media.map { $0.port } == [0, 16384])
}

@Test func onlyEncryptionAndNoAudioAreToldApart() throws {
  #expect(throws: SDPError.onlySecureAudio) { try offer("m=audio 4000 RTP/SAVP 0\r\n").offeredAudio() }
  #expect(throws: SDPError.onlySecureAudio) { try offer("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n").offeredAudio() }
  #expect(throws: SDPError.noUsableAudio) { try offer("m=audio 0 RTP/AVP 0\r\n").offeredAudio() }
  #expect(throws: SDPError.noUsableAudio) { try offer("m=video 4000 RTP/AVP 99\r\n").offeredAudio() }
  #expect(throws: SDPError.noUsableAudio) { try offer("").offeredAudio() }
}

@Test func directionAndHoldAreReadWhereverTheyStand() throws {
  #expect(try offer("m=audio 4000 RTP/AVP 0\r\n").offeredAudio().direction == .sendrecv)
  #expect(try offer("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n").offeredAudio().direction == .sendonly)
  #expect(try offer("m=audio 4000 RTP/AVP 0\r\n", session: "a=inactive\r\n").offeredAudio().direction == .inactive)
  let both = try offer("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", session: "a=inactive\r\n")
  #expect(try both.offeredAudio().direction == .recvonly)
  let old = try offer("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n").offeredAudio()
  #expect(old.direction == .sendonly)
  #expect(old.address == nil)
  #expect(Direction.sendonly.mirrored == .recvonly)
  #expect(Direction.sendrecv.limited(to: .recvonly) == .recvonly)
}

@Test func rtcpOnThePortOfRTPIsReadAndSaid() throws {
  var audio = try offer("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n").offeredAudio()
  #expect(audio.muxesControl)
  #expect(try !offer("m=audio 4000 RTP/AVP 0\r\n").offeredAudio().muxesControl)
  var session = LocalSession(sessionID: 1)
  let place = SocketAddress(IPAddress("192.0.2.1")!, port: 4000)
  #expect(session.offer(audio, at: place).media[0].attribute("rtcp-mux") != nil)
  audio.muxesControl = false
  #expect(session.offer(audio, at: place).media[0].attribute("rtcp-mux") == nil)
}

@Test func addressesComeFromTheStreamBeforeTheSession() throws {
  let own = try offer("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::2\r\na=rtcp:4009\r\n").offeredAudio()
  #expect(own.address?.description == "[2001:db8::2]:4000")
  #expect(own.rtcpAddress?.description == "[2001:db8::2]:4009")
  let far = try offer("m=audio 4000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n").offeredAudio()
  #expect(far.rtcpAddress?.description == "126.16.64.4:53020")
  #expect(try offer("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 phone.example\r\n").offeredAudio().address == nil)
}

@Test func theVersionRisesWithEachChangeOnly() throws {
  var session = LocalSession(sessionID: 99)
  var audio = AudioStream(formats: [Format(0, "PCMU")])
  let first = session.offer(audio, at: here)
  #expect(session.offer(audio, at: here) == first)
  audio.direction = .sendonly
  let second = session.offer(audio, at: here)
  #expect(second.origin.sessionID == first.origin.sessionID)
  #expect([first.origin.version, second.origin.version] == ["1", "2"])
  #expect(session.offer(audio, at: here).origin.version == "2")
}

@Test func aLaterOfferKeepsTheRefusedLines() throws {
  let description = try offer("m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0\r\n")
  var session = LocalSession(sessionID: 1)
  _ = session.answer(description, try description.offeredAudio(), at: here)
  let later = session.offer(AudioStream(formats: [Format(8, "PCMA")]), at: here)
  #expect(later.media.map { $0.port } == [0, 16384])
  #expect(later.media[1].formats == ["8"])
}

@Test func anAnswerMustHaveTheOffersLines() throws {
  let sent = try offer("m=video 0 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0\r\n")
  let whole = try offer("m=video 0 RTP/AVP 99\r\nm=audio 7000 RTP/AVP 0\r\n")
  #expect(try whole.answeredAudio(at: 1, of: sent)?.address?.port == 7000)
  let audioAlone = try offer("m=audio 7002 RTP/AVP 0\r\n")
  #expect(try audioAlone.answeredAudio(at: 1, of: sent)?.address?.port == 7002)
  let refused = try offer("m=video 0 RTP/AVP 99\r\nm=audio 0 RTP/AVP 0\r\n")
  #expect(try refused.answeredAudio(at: 1, of: sent) == nil)
  #expect(throws: SDPError.mediaLinesDiffer(offered: 2, answered: 3)) {
    try offer("m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 0\r\nm=audio 3 RTP/AVP 0\r\n").answeredAudio(at: 1, of: sent)
  }
}

@Test func aFaxTakesAPlaceAndLeavesItAgain() throws {
  var session = LocalSession(sessionID: 3)
  let audio = AudioStream(formats: [Format(0, "PCMU")])
  _ = session.offer(audio, at: here)
  var fax = try offer("m=image 6000 udptl t38\r\n").offeredStreams()
  #expect(fax.formats.isEmpty && fax.index == 0)
  fax.further[0].number = 1
  fax.further[0].ownPort = 16390
  let switched = session.offer(fax, at: here)
  #expect(switched.media.map { $0.kind } == ["image"] && switched.media[0].port == 16390)
  #expect(session.number(at: 0) == 1)
  let back = session.offer(audio, at: here)
  #expect(back.media.map { $0.kind } == ["audio"] && session.places.isEmpty)
  // Beside a refused audio line it does not take that one's place.
  var beside = try offer("m=audio 0 RTP/AVP 0\r\nm=image 6000 udptl t38\r\n").offeredStreams()
  #expect(beside.formats.isEmpty && beside.index == 0)
  beside.further[0].number = 2
  #expect(session.offer(beside, at: here).media.map { $0.kind } == ["audio", "image"])
}

@Test func waysOfAnotherLegAreNotPassedOn() throws {
  let streams = try offer(
    "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\nc=IN IP4 192.0.2.9\r\na=rtpmap:96 VP8/90000\r\n"
      + "a=rtcp-mux\r\na=candidate:1 1 UDP 1 192.0.2.9 4002 typ host\r\na=sendonly\r\na=content:slides\r\n"
  ).offeredStreams()
  let video = try #require(streams.further.first)
  #expect(video.line.attributes.map { $0.name } == ["rtpmap", "content"] && video.line.connection == nil)
  #expect(video.address?.description == "192.0.2.9:4002" && video.direction == .sendonly && video.index == 1)
}
