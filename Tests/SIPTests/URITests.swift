import SIP
import Testing
import Wire

@Suite struct URITests {
  @Test(arguments: [
    "sip:alice@atlanta.com", "sip:alice:secretword@atlanta.com;transport=tcp",
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:+1-212-555-1212:1234@gateway.com;user=phone",
    "sip:1212@gateway.com", "sip:alice@192.0.2.4", "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
    "sip:alice;day=tuesday@atlanta.com", "sip:1001@[2001:db8::1]:5070;transport=tcp;lr", "sip:*43@office.lan",
    "sip:#12@office.lan", "tel:+1-201-555-0123", "tel:7042;phone-context=example.com", "urn:service:sos",
    "sip:_sip.host_name.lan", "sip:a@b?x=",
  ])
  func standsAsItWasWritten(text: String) throws {
    #expect(try URI(text).description == text)
  }

  @Test(arguments: [
    "", ":", "sip", "sip:", "sip:@host", "sip:a@", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:99999999999999999999",
    "sip:a@b;", "sip:a@b;;lr", "sip:a@b;x=", "sip:a b@c", "sip:a@b@c", "sip:a%4@b", "sip:a%zz@b", "sip:a%", "sip:é@b",
    "sip:a@[::1", "sip:a@[1.2.3.4]", "sip:a@[::g]", "sip:a@b?", "sip:a@b?x", "sip:a@b?x=1&", "sip:a@b>", "<sip:a@b>",
    " sip:a@b\r", "1sip:a@b", "tel:", "tel:abcz", "isbn:", "http://a b", "sip:a@.b", "sip:a:b:c@d",
  ])
  func refused(text: String) {
    #expect(throws: SIPError.self) { try URI(text) }
  }

  @Test func partsAreFound() throws {
    let uri = try URI("SIPS:bob:pw@[2001:DB8::1]:5071;Transport=TCP;lr?a=1&b=2")
    #expect(uri.scheme == .sips)
    #expect(uri.user == "bob" && uri.password == "pw" && uri.port == 5071)
    #expect(uri.host == .address(try #require(IPAddress("2001:db8::1"))))
    #expect(uri.parameters["transport"] == "TCP" && uri.parameters.contains("LR"))
    #expect(uri.headers == [Parameter("a", "1"), Parameter("b", "2")])
  }

  /// The examples of RFC 3261 §19.1.4.
  @Test(arguments: [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
    ),
    (
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
    ),
    ("tel:+1-201-555-0123", "tel:+12015550123"),
  ])
  func equivalent(a: String, b: String) throws {
    #expect(try URI(a).isEquivalent(to: try URI(b)))
    #expect(try URI(b).isEquivalent(to: try URI(a)))
  }

  @Test(arguments: [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"), ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"), ("sip:bob@a.com", "sips:bob@a.com"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"), ("sip:a.com", "sip:%00@a.com"),
  ])
  func different(a: String, b: String) throws {
    #expect(!(try URI(a).isEquivalent(to: try URI(b))))
    #expect(!(try URI(b).isEquivalent(to: try URI(a))))
  }
}
