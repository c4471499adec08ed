import SIP
import Testing
import Wire

private func headers(_ lines: String...) throws -> Headers {
  let text = "OPTIONS sip:a SIP/2.0\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n"
  return try Message.parse(Array(text.utf8)).headers
}

@Suite struct HeaderTests {
  @Test(arguments: HeaderName.allCases.filter { $0 != .other })
  func everyNameIsFoundInAnyCaseAndCompactForm(name: HeaderName) {
    #expect(HeaderName(matching: name.text) == name)
    #expect(HeaderName(matching: name.text.uppercased()) == name)
    if let letter = name.compactForm {
      #expect(HeaderName(matching: String(decoding: [letter], as: UTF8.self)) == name)
      #expect(HeaderName(matching: String(decoding: [letter - 32], as: UTF8.self)) == name)
    }
    #expect(HeaderName(matching: name.text + "x") == .other)
  }

  @Test func unknownHeadersAreKeptByteForByte() throws {
    let headers = try headers("x-ODD_name:  a ,\t\"b\" ;;,=  é  ")
    #expect(headers.fields == [Headers.Field(named: "x-ODD_name", "a ,\t\"b\" ;;,=  é")])
    #expect(headers[named: "X-Odd_Name"] == "a ,\t\"b\" ;;,=  é")
  }

  @Test func listsAreSplitWhereTheGrammarHasLists() throws {
    let headers = try headers(
      "Via: SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;branch=2", "v: SIP/2.0/TLS c",
      "Contact: \"a, b\" <sip:a,b@c>;q=0.5 , <sip:d@e>", "Route: <sip:p,q@h;lr>,<sip:r;lr>",
      "Subject: one, two", "Date: Sat, 13 Nov 2010 23:29:00 GMT", "Allow: INVITE,ACK , BYE,", "Supported:", "k: a, b",
      "Authorization: Digest username=\"a,b\", realm=\"r\"")
    #expect(try headers.vias.map { $0.sentBy } == ["a", "b", "c"])
    #expect(try headers.contacts.map { $0.uri.user } == ["a,b", "d"])
    #expect(try headers.contacts.map { $0.q } == [500, 1000])
    #expect(try headers.routes.map { $0.uri.user } == ["p,q", nil])
    #expect(headers[.subject] == "one, two" && headers.count(of: .date) == 1)
    #expect(try headers.allow == [.invite, .ack, .bye])
    #expect(try headers.supported == ["a", "b"])
    #expect(try headers.authorizations.count == 1)
  }

  @Test func credentialsAreReadAndWritten() throws {
    let text = "Digest username=\"bob \\\"x\\\\\", realm = \"a,b\",nc=00000001 , qop=auth, empty=\"\""
    let value = try AuthParameters(text)
    #expect(value.isDigest && value["USERNAME"] == "bob \"x\\" && value["realm"] == "a,b" && value["nc"] == "00000001")
    #expect(value["empty"] == "" && value["none"] == nil)
    #expect(try AuthParameters(value.description) == value)
  }

  @Test(arguments: ["", "Digest", "Digest ", "Digest a", "Digest a=", "Digest a=\"b", "Digest a=b,", "Digest a=b c=d"])
  func brokenCredentialsAreRefused(text: String) {
    #expect(throws: SIPError.self) { try AuthParameters(text) }
  }

  @Test(arguments: [
    "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/3.0/UDP a", "HTTP/2.0/UDP a", "SIP/2.0/UDPa", "SIP/2.0/UDP a;;b",
    "SIP/2.0/UDP a;", "SIP/2.0/UDP a b", "SIP/2.0/UDP a:", "SIP/2.0/UDP [::1;x", "SIP/2.0/UDP a;b=\"c",
  ])
  func brokenViasAreRefused(text: String) {
    #expect(throws: SIPError.self) { try Via(text) }
  }

  @Test func viaIsFilledInByTheReceiver() throws {
    var via = try Via("SIP / 2.0 / UDP [2001:db8::9] : 5070 ; rport ; branch = z9hG4bKx;ttl=3;maddr=239.1.2.3")
    #expect(via.hasRport && via.rport == nil && via.port == 5070 && via.ttl == 3 && via.maddr == "239.1.2.3")
    #expect(via.hasRFC3261Branch)
    via.rport = 40000
    via.received = IPAddress("2001:db8::5")
    let parameters = "rport=40000;branch=z9hG4bKx;ttl=3;maddr=239.1.2.3;received=2001:db8::5"
    #expect(via.description == "SIP/2.0/UDP [2001:db8::9]:5070;" + parameters)
    #expect(try Via(via.description) == via)
    #expect(try Via("SIP/2.0/UDP a;received=[2001:db8::5]").received == via.received)
  }

  @Test func namesSurviveQuoting() throws {
    for name in ["Anna", "a \"b\" \\c", "Jörg, the 1st", "", "tab\tbell\u{7}"] {
      let value = NameAddress(displayName: name, try URI("sip:a@b"), parameters: Parameters([Parameter("tag", "x")]))
      #expect(try NameAddress(value.description) == value)
    }
    #expect(quote("a\r\nVia: b") == "\"a  Via: b\"")
  }

  @Test(arguments: [
    "\"a\" sip:a@b", "\"a <sip:a@b>", "a, b <sip:a@b>", "<sip:a@b", "<sip:a@b>x", "< sip:a@b>", "sip:a@b?x=y",
    "sip:a,b@c", "", "<>", "\"a\\é\" <sip:a@b>", "*",
  ])
  func brokenAddressesAreRefused(text: String) {
    #expect(throws: SIPError.self) { try NameAddress(text) }
  }

  @Test func parametersAfterABareAddressBelongToTheHeader() throws {
    let value = try NameAddress("sip:a@b;tag=1;x")
    #expect(value.tag == "1" && value.uri.parameters.isEmpty)
    #expect(value.description == "<sip:a@b>;tag=1;x")
  }

  @Test func numbersAreBounded() throws {
    let headers = try headers(
      "Expires: 99999999999999999999999", "Max-Forwards: 256",
      "Retry-After: 18 (in a (nested\\)) meeting);duration=3600",
      "Min-Expires: x", "Contact: <sip:a@b>;expires=soon, <sip:c@d>;expires=7")
    #expect(try headers.expires == .max)
    #expect(throws: SIPError.badHeader(.maxForwards, "a number below 256")) { try headers.maxForwards }
    #expect(try headers.retryAfter == 18)
    #expect(throws: SIPError.self) { try headers.minExpires }
    #expect(try headers.contacts.map { $0.expires } == [3600, 7])
  }

  @Test func fieldsAreReplacedAndMoved() throws {
    var headers = try headers("Via: SIP/2.0/UDP a", "To: <sip:x>", "Expires: 1", "X: y", "Expires: 2")
    headers.prepend(.via, "SIP/2.0/UDP b")
    #expect(headers.values(.via) == ["SIP/2.0/UDP b", "SIP/2.0/UDP a"])
    #expect(headers.removeFirst(.via) == "SIP/2.0/UDP b")
    headers[.expires] = "3"
    #expect(headers.values(.expires) == ["3"])
    headers[.expires] = nil
    #expect(!headers.contains(.expires) && headers[named: "x"] == "y")
    headers.prepend(.recordRoute, "<sip:p;lr>")
    #expect(headers.fields.first?.name == .recordRoute)
  }

  @Test func valuesOfTooManyPartsAreRefused() throws {
    let many = String(repeating: ";a=b", count: 64)
    #expect(try URI("sip:a@b" + many).parameters.list.count == 64)
    #expect(try NameAddress("<sip:a@b>" + many).parameters.list.count == 64)
    #expect(throws: SIPError.self) { try URI("sip:a@b;c" + many) }
    #expect(throws: SIPError.self) { try URI("sip:a@b?" + Array(repeating: "x=y", count: 65).joined(separator: "&")) }
    #expect(throws: SIPError.self) { try Via("SIP/2.0/UDP a;c" + many) }
    let items = Array(repeating: "x=y", count: 65).joined(separator: ",")
    #expect(throws: SIPError.self) { try AuthParameters("Digest " + items) }
  }
}
