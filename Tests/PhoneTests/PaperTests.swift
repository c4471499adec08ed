import SIP
import SecureVoice
import Testing

@testable import Phone

/// What the phone reads of files.
@Suite struct PaperTests {
  @Test func anAccountFileSaysWhoThePhoneIs() throws {
    let text = """
      # the desk in the hall
      uri: sip:1001@office.lan
      server: sip:192.0.2.1;transport=tls
      password: "a secret: with a colon"
      encryption: required
      expires: 90

      """
    let account = try Account(file: Array(text.utf8))
    #expect(account.user == "1001" && account.password == "a secret: with a colon" && account.expires == 90)
    #expect(account.encryption == .required && account.server?.transport == .tls)
    #expect(account.record.description == "sip:1001@office.lan")
  }

  @Test(arguments: [
    ("password: x", AccountError.uriMissing),
    ("uri: office", .badValue(line: 1, name: "uri", expected: "sip:USER@HOST")),
    ("uri: sip:office.lan", .badValue(line: 1, name: "uri", expected: "sip:USER@HOST")),
    ("\nhello", .noSetting(line: 2, found: "hello")),
    ("pasword: x", .unknown(line: 1, name: "pasword")),
    ("user: a\nuser: b", .twice(line: 2, name: "user")),
    ("uri: sip:a@b\nexpires: 5", .badValue(line: 2, name: "expires", expected: "a number of seconds from 60 to 86400")),
  ]) func aFaultInAnAccountFileIsNamed(text: String, fault: AccountError) {
    #expect(throws: fault) { try Account(file: Array(text.utf8)) }
  }

  @Test func whatIsRememberedOfPhonesIsReadBack() throws {
    var book = PeerBook()
    book["1002"] = PeerRecord(identity: [UInt8](repeating: 7, count: 32), isVerified: true, hadPostQuantum: false)
    book["sip:a b@c"] = PeerRecord(identity: [UInt8](repeating: 9, count: 32), hadPostQuantum: true)
    let read = try #require(PeerBook(Array(book.text.utf8)))
    #expect(read == book && read["1002"]?.isVerified == true && read["sip:a b@c"]?.hadPostQuantum == true)
    #expect(read["1003"] == nil)
  }

  @Test(arguments: ["1002 abcd seen classical", "1002", String(repeating: "00", count: 40)])
  func aRecordThatIsNoneMakesTheFileUnreadable(text: String) { #expect(PeerBook(Array(text.utf8)) == nil) }
}
