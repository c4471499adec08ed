import Testing
import Wire

@Suite struct Base64Tests {
  /// RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func publishedExamplesGoBothWays(text: String, coded: String) {
    #expect(base64(Array(text.utf8)) == coded)
    #expect(fromBase64(coded.utf8) == Array(text.utf8))
    #expect(fromBase64(coded.utf8.filter { $0 != UInt8(ascii: "=") }) == Array(text.utf8))
  }

  @Test(arguments: ["Z", "Zg=", "Zg===", "Zm9v=", "Zm9vY", "Zh==", "Zm 9v", "Zg==Zg==", "=", "Zm9-"])
  func whatIsNoBase64IsRefused(text: String) { #expect(fromBase64(text.utf8) == nil) }

  @Test func allOctetsGoBothWays() {
    let octets = (0...255).map { UInt8($0) }
    #expect(fromBase64(base64(octets).utf8) == octets)
  }
}
