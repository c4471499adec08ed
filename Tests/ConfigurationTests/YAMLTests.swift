import Configuration
import Testing

private func fault(_ bytes: [UInt8]) -> String? {
  do throws(Fault) {
    _ = try parseYAML(bytes)
    return nil
  } catch {
    return error.description(file: "f")
  }
}

@Suite struct YAMLTests {
  @Test func scalarsStayText() throws {
    let root = try parseYAML(Array("a: [0100, 1e3, true, ~, \"~\", 0x10]".utf8))
    let elements = try #require(root["a"]?.elements)
    #expect(elements.map(\.text) == ["0100", "1e3", "true", nil, "~", "0x10"])
    #expect(elements[3].isNull && !elements[4].isNull)
  }

  @Test func everyNodeKnowsItsPlace() throws {
    let root = try parseYAML(Array("name: x\nÄpfel:\n  - a\n  - {b: c}\n".utf8))
    let list = try #require(root["Äpfel"])
    #expect(list.position == YAMLPosition(line: 3, column: 3))
    #expect(list.elements?[1].pairs?[0].keyPosition == YAMLPosition(line: 4, column: 6))
    #expect(list.elements?[1]["b"]?.position == YAMLPosition(line: 4, column: 9))
  }

  @Test func windowsFilesAreRead() throws {
    let text = "domain: büro.lan\r\nlist:\r\n  - a\r\n"
    let withMark = try parseYAML([0xef, 0xbb, 0xbf] + Array(text.utf8))
    #expect(withMark["domain"]?.text == "büro.lan")
    let wide = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(try parseYAML([0xff, 0xfe] + wide)["list"]?.elements?.first?.text == "a")
  }

  @Test(arguments: [
    ("a: &x 1", "f:1:4: found an anchor"),
    ("a: 1\nb: *x", "f:2:4: found an alias"),
    ("a: !!int 1", "f:1:4: found a tag"),
    ("a: 1\n---\nb: 2", "f:3:1: found a second document"),
    ("[1, 2]: 3", "f:1:1: found a list or mapping as a key"),
    ("a:\n\tb: 1", "f:2:1: found a tab, expected spaces to indent"),
    ("a: [1, 2", "f:1:9: not YAML"),
    ("a: 'open", "f:1:9: not YAML"),
    ("a: b: c", "f:1:5: not YAML"),
  ])
  func refused(text: String, expected: String) throws {
    let line = try #require(fault(Array(text.utf8)))
    #expect(line.hasPrefix(expected), "\(line)")
  }

  @Test func badUTF8IsRefusedAtItsOctet() {
    #expect(fault(Array("a: 1\nb: ".utf8) + [0xff, 0x0a])?.hasPrefix("f:2:4: ") == true)
    #expect(fault(Array("a: ".utf8) + [0])?.hasPrefix("f:1:4: ") == true)
  }

  @Test func depthSizeAndCountAreBounded() {
    let deep = Array(repeating: UInt8(ascii: "["), count: YAMLLimits.depth + 1)
    #expect(fault(deep)?.contains("nested deeper than 16 levels") == true)
    #expect(fault(Array(repeating: UInt8(ascii: "["), count: 500_000)) != nil)
    #expect(fault(Array(repeating: UInt8(ascii: " "), count: YAMLLimits.bytes + 1))?.contains("bytes") == true)
    let many = Array("[".utf8) + (0...YAMLLimits.nodes).flatMap { _ in Array("1,".utf8) } + Array("]".utf8)
    #expect(fault(many)?.contains("more than 100000 values") == true)
  }

  @Test func aliasesCannotMultiply() {
    let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]"
    #expect(fault(Array(bomb.utf8)) != nil)
  }

  @Test(arguments: [
    ("pasword", "password"), ("PASSWORD", "password"), ("nmae", "name"), ("codec", "codecs"), ("zebra", nil), ("", nil),
  ])
  func theNearestWordIsFound(word: String, expected: String?) {
    #expect(nearest(to: word, among: ["name", "password", "codecs", "digest"]) == expected)
  }
}
