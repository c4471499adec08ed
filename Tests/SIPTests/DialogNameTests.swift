import SIP
import Testing

@Suite struct DialogNameTests {
  /// RFC 3891 §6.1, RFC 4538 §7.
  @Test func replacesAndTargetDialogNameTheReceiversTagAlike() throws {
    let replaces = try DialogName(replaces: "98732@sip.example.com ;from-tag=r33th4x0r;to-tag=ff87ff")
    #expect(replaces == DialogName(callID: "98732@sip.example.com", localTag: "ff87ff", remoteTag: "r33th4x0r"))
    let target = try DialogName(targetDialog: "fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544")
    #expect(target.localTag == "6544" && target.remoteTag == "kkaz-" && !target.isEarlyOnly)
    #expect(try DialogName(replaces: "a;to-tag=1;from-tag=2;early-only").isEarlyOnly)
  }

  @Test(arguments: ["", ";to-tag=1;from-tag=2", "a;to-tag=1", "a@;to-tag=1;from-tag=2", "a b;to-tag=1;from-tag=2"])
  func whatNamesNoDialogIsRefused(text: String) {
    #expect(throws: SIPError.self) { try DialogName(replaces: text) }
  }

  @Test func replacesStandsEscapedInAURI() throws {
    let uri = try URI("sip:1003@office.lan?x=y&replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2")
    #expect(uri.header(.replaces) == "a@b;to-tag=1;from-tag=2")
    #expect(uri.header(.subject) == nil)
  }
}
