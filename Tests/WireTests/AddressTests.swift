import Testing
import Wire

@Suite struct AddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("fe80::1", "fe80::1"), ("1::", "1::"), ("::ffff:10.0.0.1", "10.0.0.1"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
    ("1:0:2::3", "1:0:2::3"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
  ])
  func textRoundTrip(input: String, expected: String) throws {
    let address = try #require(IPAddress(input))
    #expect(address.description == expected)
  }

  /// One customer has a whole /64; the neighbours of an office share one.
  @Test func limitsCountCustomers() throws {
    let local = try #require(IPAddress("2001:db8:1::1"))
    let counted = ["2001:db8:2::5", "2001:db8:2::6", "2001:db8:1::7", "2001:db8:2:1::5"].map {
      IPAddress($0)!.counted(from: local).description
    }
    #expect(counted == ["2001:db8:2::", "2001:db8:2::", "2001:db8:1::7", "2001:db8:2:1::"])
    #expect(IPAddress("192.0.2.1")!.counted(from: IPAddress("192.0.2.2")!) == IPAddress("192.0.2.1"))
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::",
    "1:2:3:4:5:6:7:8:9", "::g", "1.2.3.4:5", "::1.2.3", ":1", "1:",
  ])
  func refused(input: String) {
    #expect(IPAddress(input) == nil)
  }
}
