import SIP
import Testing
import Trace
import Wire

private func flow(_ transport: Transport, _ local: String, _ remote: String) -> Flow {
  Flow(
    transport: transport, local: SocketAddress(IPAddress(local)!, port: 5060),
    remote: SocketAddress(IPAddress(remote)!, port: 5071))
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

private func request(from: String, to: String, callID: String, _ more: String = "") -> [UInt8] {
  Array(
    """
    INVITE sip:\(to)@office.lan SIP/2.0\r
    Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r
    From: <sip:\(from)@office.lan>;tag=a\r
    To: <sip:\(to)@office.lan>\r
    Call-ID: \(callID)\r
    CSeq: 1 INVITE\r
    \(more)Content-Length: 0\r
    \r

    """.utf8)
}

/// The sum over 16-bit words that is 0xffff where a checksum is right.
private func folded(_ bytes: [UInt8]) -> UInt32 {
  var sum: UInt32 = 0
  for i in bytes.indices { sum += i & 1 == 0 ? UInt32(bytes[i]) << 8 : UInt32(bytes[i]) }
  while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
  return sum
}

@Suite struct TraceTests {
  @Test func aDatagramIsAnIPPacketWithRightChecksums() {
    var capture = PacketCapture()
    let message = Array("odd".utf8)
    let bytes = capture.records(message, flow(.udp, "10.0.0.1", "10.0.0.2"), isIncoming: true, time: 3_000_007)
    #expect(Array(bytes[..<16]) == [3, 0, 0, 0, 7, 0, 0, 0, 31, 0, 0, 0, 31, 0, 0, 0])
    let packet = Array(bytes[16...])
    #expect(packet[0] == 0x45 && packet[9] == 17 && Array(packet[12..<20]) == [10, 0, 0, 2, 10, 0, 0, 1])
    #expect(folded(Array(packet[..<20])) == 0xffff)
    #expect(folded(Array(packet[12..<20]) + [0, 17, 0, 11] + packet[20...]) == 0xffff)
    #expect(Array(packet[20..<24]) == [0x13, 0xcf, 0x13, 0xc4] && Array(packet[28...]) == message)
  }

  @Test func aStreamCountsItsBytesInBothDirections() {
    var capture = PacketCapture()
    let flow = flow(.tls, "2001:db8::1", "2001:db8::2")
    func numbers(_ bytes: [UInt8]) -> (UInt32, UInt32) {
      let segment = Array(bytes[56...])
      func number(_ i: Int) -> UInt32 { segment[i..<i + 4].reduce(0) { $0 << 8 | UInt32($1) } }
      #expect(bytes[16] == 0x60 && bytes[22] == 6)
      #expect(folded(Array(bytes[24..<56]) + [0, 6, 0, UInt8(segment.count)] + segment) == 0xffff)
      return (number(4), number(8))
    }
    #expect(numbers(capture.records(Array("12345".utf8), flow, isIncoming: true, time: 0)) == (1, 1))
    #expect(numbers(capture.records(Array("123".utf8), flow, isIncoming: false, time: 0)) == (1, 6))
    #expect(numbers(capture.records(Array("1".utf8), flow, isIncoming: true, time: 0)) == (6, 4))
  }

  @Test func aLongMessageTakesSeveralPackets() {
    var capture = PacketCapture()
    let long = [UInt8](repeating: 65, count: 150_000)
    let bytes = capture.records(long, flow(.tcp, "10.0.0.1", "10.0.0.2"), isIncoming: true, time: 0)
    #expect(bytes.count == 150_000 + 3 * (16 + 40))
  }

  @Test(arguments: [
    "Authorization: Digest username=\"1001\", realm=\"office.lan\", response=\"0123456789abcdef\", qop=auth",
    "proxy-authorization : DIGEST username=\"1001\",response = \"0123456789abcdef\"",
    "AUTHORIZATION: Digest username=\"1001\",\r\n response=\"0123456789abcdef\"",
    "Authentication-Info: rspauth=\"0123456789abcdef\", username=\"1001\"",
    "Authorization: Digest username=\"1001\", response=0123456789abcdef, response=\"0123456789abcdef",
  ])
  func digestsAreMaskedAndNothingElse(header: String) {
    let message = request(from: "1001", to: "1002", callID: "0123456789abcdef", header + "\r\n")
    let shown = masked(message)
    #expect(shown.count == message.count)
    #expect(text(shown).split(separator: "0123456789abcdef").count == 2, "\(text(shown))")
    #expect(text(shown).contains("xxxxxxxxxxxxxxxx") && text(shown).contains("1001\""))
  }

  @Test func otherSchemesAreMaskedWhole() {
    let shown = text(
      masked(Array("REGISTER sip:a SIP/2.0\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\nCSeq: 1\r\n".utf8)))
    #expect(shown == "REGISTER sip:a SIP/2.0\r\nAuthorization: xxxxxxxxxxxxxxxxxxxxxx\r\nCSeq: 1\r\n")
  }

  @Test func keysOfEncryptedMediaAreMasked() {
    let shown = text(
      masked(Array("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:4\r\na=rtpmap:0 x\r\n".utf8)))
    #expect(shown == "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxx|2^20|1:4\r\na=rtpmap:0 x\r\n")
  }

  @Test(arguments: [
    "", "\n", "\n\n", "Authorization", "Authorization:", "Authorization: Digest response", "a=crypto:inline:",
  ])
  func anyBytesAreMaskedWithoutHarm(odd: String) { #expect(masked(Array(odd.utf8)).count == odd.utf8.count) }

  @Test func aNumberFindsItsMessagesAndWhatBelongsToThem() {
    var filter = TraceFilter(number: "1001")
    #expect(!filter.takes(request(from: "1002", to: "1003", callID: "a")) { _ in nil })
    #expect(filter.takes(request(from: "1001", to: "1003", callID: "b")) { _ in nil })
    #expect(filter.takes(request(from: "anonymous", to: "x", callID: "b")) { _ in nil })
    #expect(!filter.takes(Array("garbage".utf8)) { _ in nil })
    var ofCall = TraceFilter(number: "1001", call: 7)
    #expect(!ofCall.takes(request(from: "1001", to: "1003", callID: "c")) { $0 == "b" ? 7 : nil })
    #expect(ofCall.takes(request(from: "1001", to: "1003", callID: "b")) { $0 == "b" ? 7 : nil })
    var all = TraceFilter()
    #expect(all.takes(Array("garbage".utf8)) { _ in nil })
  }
}
