import Testing

@testable import QRCode

@Suite("QR codes")
struct QRCodeTests {
  /// The three finders, each 7 modules wide with a ring of light (ISO/IEC 18004 §6.3.3), of the smallest code.
  @Test func theSmallestHasItsFinders() throws {
    let code = try #require(QRCode("sotto"))
    #expect(code.width == 21)
    let lines = code.terminal.split(separator: "\n").map { Array($0) }
    #expect(lines.count == 15 && lines.allSatisfy { $0.count == 29 })
    // Rows 0 and 1 of the code, after two lines of margin: dark over dark at the corner, dark over light beside it.
    #expect(String(lines[2][4..<12]) == " ▄▄▄▄▄ █" && String(lines[2][17..<25]) == "█ ▄▄▄▄▄ ")
  }

  @Test func moreNeedsALargerOneAndTooMuchHasNone() throws {
    #expect(try #require(QRCode(String(repeating: "a", count: 78))).width == 33)
    #expect(try #require(QRCode(String(repeating: "a", count: 2953))).width == 177)
    #expect(QRCode(String(repeating: "a", count: 2954)) == nil && QRCode("") == nil)
  }

  @Test func thePictureDrawsWhatTheTerminalDoes() throws {
    let code = try #require(QRCode("sotto"))
    let dark = code.terminal.reduce(0) { $0 + ($1 == " " ? 2 : $1 == "█" || $1 == "\n" ? 0 : 1) }
    #expect(code.svg.split(separator: "M").count - 1 == dark)
    #expect(code.svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 290 290\">"))
  }
}
