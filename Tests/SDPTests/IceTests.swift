import SDP
import Testing
import Wire

private let here = SocketAddress(IPAddress(ipv4: 0x0a00_0001), port: 16384)
private let credentials = "a=ice-ufrag:aBc4\r\na=ice-pwd:0123456789abcdefABCDEF\r\n"
private let candidates = """
  a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\r
  a=candidate:1 2 udp 2130706430 192.0.2.1 4001 typ host\r
  a=candidate:2 1 TCP 2128609279 192.0.2.1 9 typ host tcptype active\r

  """

/// What an offer by RTP at port 4000 of 192.0.2.1 says of ICE; `session` and `media` are lines before and after its m= line.
private func ice(_ media: String, session: String = "", at place: String = "192.0.2.1 4000") throws -> IceDescription? {
  try audio(media, session: session, at: place).ice
}

private func audio(_ media: String, session: String = "", at place: String = "192.0.2.1 4000") throws -> AudioStream {
  let parts = place.split(separator: " ")
  let family = parts[0].contains(":") ? "IP6" : "IP4"
  return try parsed(
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN \(family) \(parts[0])\r\nt=0 0\r\n\(session)"
      + "m=audio \(parts[1]) RTP/AVP 0\r\n\(media)"
  ).offeredAudio()
}

/// What descriptions say of ICE (RFC 8839).
@Suite struct IceTests {
  @Test func section5_4_credentialsMayStandInTheSessionOrBesideTheStreamWhichCounts() throws {
    let expected = IceCredentials(fragment: "aBc4", password: "0123456789abcdefABCDEF")
    #expect(try ice(credentials + candidates)?.credentials == expected)
    #expect(try ice(candidates, session: credentials)?.credentials == expected)
    let other = "a=ice-ufrag:zzzz\r\na=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzzz\r\n"
    #expect(try ice(credentials + candidates, session: other)?.credentials == expected)
  }

  @Test(
    arguments: [
      "", "a=ice-ufrag:aBc4\r\n", "a=ice-pwd:0123456789abcdefABCDEF\r\n",
      "a=ice-ufrag:abc\r\na=ice-pwd:0123456789abcdefABCDEF\r\n",
      "a=ice-ufrag:aBc4\r\na=ice-pwd:0123456789abcdefABCDE\r\n",
      "a=ice-ufrag:a-c4\r\na=ice-pwd:0123456789abcdefABCDEF\r\n",
      credentials + "a=ice-mismatch\r\n",
    ]) func section5_4_whatIsShorterOrOfOtherCharactersIsNoICE(lines: String) throws
  {
    #expect(try ice(lines + candidates) == nil)
  }

  @Test func credentialsWithoutACandidateAreNoICEUnlessMoreFollow() throws {
    #expect(try ice(credentials) == nil)
    #expect(try ice(credentials + "a=ice-options:ice2 trickle\r\n")?.trickles == true)
    #expect(try ice(credentials, session: "a=ice-options:trickle\r\n")?.matches == true)
  }

  @Test func section4_2_5_theDefaultDestinationHasToBeACandidate() throws {
    #expect(try ice(credentials + candidates)?.matches == true)
    #expect(try ice(credentials + candidates, at: "192.0.2.1 4002")?.matches == false)
    #expect(try ice(credentials + candidates, at: "198.51.100.1 4000")?.matches == false)
    // RTCP's too, unless it has none of its own.
    #expect(try ice(credentials + candidates + "a=rtcp:4009\r\n")?.matches == false)
    #expect(try ice(credentials + candidates + "a=rtcp:4009\r\na=rtcp-mux\r\n")?.matches == true)
    let one = "a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\r\n"
    #expect(try ice(credentials + one)?.matches == true)
    // A name can't be compared.
    #expect(try ice(credentials + candidates, at: "phone.example 4000")?.matches == true)
    let six = "a=candidate:1 1 UDP 2130706431 2001:DB8:0::7 4000 typ host\r\n"
    #expect(try ice(credentials + six, at: "2001:db8::7 4000")?.matches == true)
  }

  @Test func rfc8840_anAddressThatIsYetToComeIsNoHold() throws {
    let later = credentials + "a=ice-options:trickle\r\n"
    let waiting = try audio(later, at: "0.0.0.0 9")
    #expect(waiting.direction == .sendrecv && waiting.address == nil && waiting.ice?.matches == true)
    #expect(try audio("", at: "0.0.0.0 9").direction == .sendonly)
    #expect(try audio(later, at: "0.0.0.0 4000").direction == .sendonly)
  }

  @Test func section5_3_theSessionSaysWhetherItIsLite() throws {
    #expect(try ice(credentials + candidates, session: "a=ice-lite\r\n")?.isLite == true)
    #expect(try ice(credentials + candidates)?.isLite == false)
  }

  @Test func eachStreamOfRTPHasItsOwnAndAFaxHasNone() throws {
    let offer = try parsed(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + credentials
        + "m=audio 4000 RTP/AVP 0\r\n" + candidates + "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
        + "a=candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host\r\n"
        + "m=image 6000 udptl t38\r\na=candidate:1 1 UDP 2130706431 192.0.2.1 6000 typ host\r\n")
    var streams = try offer.offeredStreams()
    for i in streams.further.indices {
      streams.further[i].number = UInt16(i + 1)
      streams.further[i].ownPort = UInt16(16390 + 2 * i)
    }
    var session = LocalSession(sessionID: 1, iceSecret: IceSecret(high: 1, low: 2))
    let answer = session.answer(offer, streams, at: here)
    let fragments = answer.media.map { $0.attribute("ice-ufrag")?.value }
    #expect(fragments[0] != nil && fragments[1] != nil && fragments[0] != fragments[1] && fragments[2] == nil)
    #expect(
      answer.media[1].attribute("candidate")?.value?.hasPrefix("1 1 UDP 2130706431 10.0.0.1 16390 ") == true)
    // A restart of one stream is none of the other.
    var changed = streams
    changed.ice?.credentials.fragment = "before"
    let again = session.answer(offer, streams, at: here, after: changed)
    #expect(again.media[0].attribute("ice-ufrag")?.value != fragments[0])
    #expect(again.media[1].attribute("ice-ufrag")?.value == fragments[1])
    #expect(session.ice(1, with: streams.further[0].ice)?.own.fragment == fragments[1])
    #expect(session.ice(2, with: streams.further[0].ice) == nil && session.ice(0, with: nil) == nil)
  }

  @Test func rfc8838_whoeverWaitsForMoreIsToldThatThereIsNone() throws {
    for (options, says) in [("a=ice-options:trickle\r\n", true), ("", false)] {
      let body =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + options
        + "m=audio 4000 RTP/AVP 0\r\n" + credentials + candidates
      let offer = try parsed(body)
      var session = LocalSession(sessionID: 1, iceSecret: IceSecret(high: 1, low: 2))
      let answer = session.answer(offer, try offer.offeredAudio(), at: here)
      #expect((answer.media[0].attribute("end-of-candidates") != nil) == says)
    }
  }
}
