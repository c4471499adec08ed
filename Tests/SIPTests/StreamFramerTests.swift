import SIP
import Testing

private func message(_ body: String, length: String? = nil) -> [UInt8] {
  let length = length ?? "Content-Length: \(body.utf8.count)\r\n"
  return Array("OPTIONS sip:a SIP/2.0\r\nX: 1\r\n\(length)\r\n\(body)".utf8)
}

private func drain(_ framer: inout StreamFramer) throws -> [StreamFramer.Output] {
  var outputs: [StreamFramer.Output] = []
  while let output = try framer.next() { outputs.append(output) }
  return outputs
}

@Suite struct StreamFramerTests {
  @Test(arguments: [1, 2, 3, 7, 64, 1000])
  func cutsTheSameMessagesHoweverTheBytesArrive(step: Int) throws {
    let expected: [StreamFramer.Output] = [
      .message(message("hello")), .ping, .message(message("", length: "l : \r\n 0\r\n")), .pong,
      .message(message("\r\n\r\n")), .ping,
    ]
    let bytes =
      message("hello") + [13, 10, 13, 10] + message("", length: "l : \r\n 0\r\n") + [13, 10] + message("\r\n\r\n")
      + [13, 10, 13, 10]
    var framer = StreamFramer()
    var outputs: [StreamFramer.Output] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      framer.receive(rest.prefix(step))
      rest = rest.dropFirst(step)
      outputs += try drain(&framer)
    }
    #expect(outputs == expected)
    #expect(framer.pending == 0)
  }

  @Test func headersAndBodiesAreBounded() throws {
    var framer = StreamFramer(headerLimit: 100, bodyLimit: 10)
    framer.receive([UInt8](repeating: 65, count: 100))
    #expect(try framer.next() == nil)
    framer.receive([65])
    #expect(throws: SIPError.tooLarge(limit: 100)) { try framer.next() }
    framer = StreamFramer(headerLimit: 100, bodyLimit: 10)
    framer.receive(message("", length: "Content-Length: 11\r\n"))
    #expect(throws: SIPError.tooLarge(limit: 10)) { try framer.next() }
  }

  @Test func lengthIsRequiredAndHasToBeOne() {
    for (length, error) in [
      ("", SIPError.lengthRequired), ("l: 1\r\nl: 1\r\n", .repeatedHeader(.contentLength)),
      ("l: -1\r\n", .badHeader(.contentLength, "a decimal number")),
      ("l: 99999999999999999999\r\n", .badHeader(.contentLength, "a number below 2147483648")),
    ] {
      var framer = StreamFramer()
      framer.receive(message("x", length: length))
      #expect(throws: error) { try framer.next() }
    }
  }
}

@Suite struct MultipartTests {
  private let type = MediaType("multipart", "mixed", parameters: Parameters([Parameter("boundary", "\"b b\"")]))

  private func parts(_ text: String) -> [BodyPart]? { type.parts(of: Array(text.utf8)) }

  @Test func partsAreSplitAtBoundaries() throws {
    let found = try #require(
      parts(
        "preamble\r\n--b b \r\nContent-Type: text/plain\r\n\r\none\r\n--b bc\r\n"
          + "--b b\r\n\r\n\r\n--b b--\r\nepilogue"))
    #expect(found.map { $0.content } == [Array("one\r\n--b bc".utf8), []])
    #expect(try found[0].headers.contentType == MediaType("text", "plain"))
  }

  @Test(arguments: [
    "", "--b b", "--b b\r\n\r\nno end", "--b b\r\n\r\nx\r\n--b b\r\n", "--b b\r\nno header\r\n\r\nx\r\n--b b--",
    String(repeating: "--b b\r\n\r\nx\r\n", count: 34) + "--b b--",
  ])
  func whatDoesNotEndIsRefused(text: String) {
    #expect(parts(text) == nil)
  }
}
