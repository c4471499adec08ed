import Wire
import SDP
import Testing

func parsed(_ text: String) throws -> SessionDescription {
  try SessionDescription.parse(Array(text.utf8))
}

func written(_ description: SessionDescription) -> String {
  String(decoding: description.serialised(), as: UTF8.self)
}

private let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

@Test func everyLineTypeSurvivesARoundTripInOrder() throws {
  let text =
    "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\ni=SDP Offer #1\r\n"
    + "u=http://www.jdoe.example.com/home.html\r\ne=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\n"
    + "c=IN IP4 198.51.100.1\r\nb=CT:128\r\nt=0 0\r\nr=7d 1h 0 25h\r\nz=0 -1h\r\nk=clear:x\r\na=recvonly\r\n"
    + "m=audio 49170/2 RTP/AVP 0 101\r\ni=talk\r\nc=IN IP4 233.252.0.1/127\r\nc=IN IP4 233.252.0.2/127\r\nb=AS:64\r\n"
    + "a=rtpmap:101 telephone-event/8000\r\na=x-unknown:kept as it is\r\nm=video 0 RTP/AVP 99\r\n"
  #expect(try written(parsed(text)) == text)
}

@Test(arguments: ["\n", "\r", "\r\n", " \r\n\r\n"])
func anyLineEndIsTaken(end: String) throws {
  let sloppy = head.replacing("\r\n", with: end) + "m=audio 4000 RTP/AVP 0"
  let description = try parsed(sloppy)
  #expect(description.media.count == 1)
  #expect(description.connection?.ip?.description == "192.0.2.1")
}

@Test func missingNameAndTimeAreTakenAndWritten() throws {
  let description = try parsed("v=0\no=a display name 1 2 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n")
  #expect(description.origin.username == "a display name")
  #expect(description.origin.version == "2")
  #expect(written(description).contains("\r\ns=-\r\nt=0 0\r\n"))
}

@Test(arguments: [
  "", "o=- 1 1 IN IP4 1.2.3.4", "v=1\r\n", "v=0\r\n", "v=0\r\ns=-\r\n", head + "m=audio\r\n",
  head + "m=audio 65536 RTP/AVP 0\r\n", head + "m=audio -1 RTP/AVP 0\r\n", head + "m=audio 4000/x RTP/AVP 0\r\n",
  head + "m=audio 4000 RTP/AVP\r\n", head + "x=what\r\n", head + "A=sendrecv\r\n", head + "a\r\n", head + "a=\r\n",
  head + "a=\u{0}\r\n", head + "c=IN IP4\r\n", head + "m=audio 99999999999999999999999 RTP/AVP 0\r\n",
])
func whatIsNoDescriptionIsRefused(text: String) {
  #expect(throws: SDPError.self) { try parsed(text) }
}

@Test func countsAreBounded() {
  let manyStreams = head + String(repeating: "m=audio 4000 RTP/AVP 0\r\n", count: 33)
  #expect(throws: SDPError.tooMany(what: .mediaLines, limit: 32)) { try parsed(manyStreams) }
  let manyFormats = head + "m=audio 4000 RTP/AVP" + String(repeating: " 0", count: 129)
  #expect(throws: SDPError.tooMany(what: .formats, limit: 128)) { try parsed(manyFormats) }
  let manyLines = head + String(repeating: "a=x\r\n", count: 1020)
  #expect(throws: SDPError.tooMany(what: .lines, limit: 1024)) { try parsed(manyLines) }
  let long = head + "a=" + String(repeating: "x", count: 40_000)
  #expect(throws: SDPError.tooLong(limit: 32768)) { try parsed(long) }
}

@Test func formatsKeepTheirOrderNamesAndParameters() throws {
  let media = try parsed(
    head + "m=audio 4000 RTP/AVP 8 0 101 96 97 0 200 77\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
      + "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 broken\r\na=ptime:20\r\na=maxptime:150\r\n"
  ).media[0]
  #expect(
    media.audioFormats == [
      Format(8, "PCMA"), Format(0, "PCMU"), Format(101, "telephone-event", parameters: "0-16"),
      Format(96, "opus", clockRate: 48000, channels: 2),
    ])
  #expect(media.packetTime == 20)
  #expect(media.longestPacketTime == 150)
}
