import Configuration
import Testing

/// `local_audio`.
@Suite struct LocalAudioTests {
  private static let phones = "extensions: {1001: {password: long-enough}, 1009: {password: long-enough}}\n"

  @Test func theDocumentedExampleIsRead() throws {
    let configuration = try read(
      Self.phones + """
        local_audio:
          "1009": {card: "hw:Device,0", answer: ring, echo_cancel: false, noise_reduce: false}
          1001: {card: hw:0}
        """)
    var horn = LocalAudio(number: "1009", card: "hw:Device,0")
    (horn.answer, horn.cancelsEcho, horn.reducesNoise) = (.ring, false, false)
    #expect(configuration.localAudio == [horn, LocalAudio(number: "1001", card: "hw:0")])
    let usual = configuration.localAudio[1]
    #expect(usual.answer == .auto && usual.cancelsEcho && usual.reducesNoise)
  }

  @Test(arguments: [
    ("{1009: {answer: auto}}", "2:15: local_audio '1009' has no 'card'; add one"),
    ("{1009: hw:0}", "2:21: found 'hw:0', expected a mapping of card, answer, echo_cancel or noise_reduce"),
    ("{1009: {card: }}", "2:28: found nothing, expected a sound card such as hw:0"),
    ("{1009: {card: \"\"}}", "2:28: found '', expected a sound card such as hw:0"),
    ("{1009: {card: [hw:0]}}", "2:28: found a list, expected a sound card such as hw:0"),
    ("{1009: {card: hw:0, answer: never}}", "2:42: found 'never', expected auto or ring"),
    ("{1009: {card: hw:0, echo: true}}", "2:34: unknown key 'echo'; expected card, answer, echo_cancel"),
    ("{1009: {card: hw:0, echo_cancel: yes}}", "2:47: found 'yes', expected true or false without quotes"),
    ("{1008: {card: hw:0}}", "2:15: found '1008', expected the number of an extension of this file; did you mean '100"),
    ("[1009]", "2:14: found a list, expected a mapping of extensions to sound cards"),
    ("{1009: {card: hw:0}, 1001: {card: hw:0}}", "2:48: the card 'hw:0' stands twice; it was first on line 2"),
    ("{1009: {card: hw:0}, 1009: {card: hw:1}}", "2:35: '1009' stands twice; it was first on line 2"),
  ])
  func whatIsWrongIsNamedWithItsPlace(text: String, expected: String) {
    let lines = faults(Self.phones + "local_audio: " + text)
    #expect(lines.count == 1 && lines[0].hasPrefix("sotto.yaml:" + expected), "\(lines)")
  }

  @Test func voiceThatDoesNotLeaveTheBoxCannotHaveToBeEncrypted() {
    let lines = faults(
      "extensions: {1009: {password: long-enough, encryption: required}}\nlocal_audio: {1009: {card: hw:0}}")
    #expect(lines.count == 1 && lines[0].hasPrefix("sotto.yaml:2:15: found extension '1009' with"), "\(lines)")
  }

  @Test(
    arguments: [
      (#"["tls://0.0.0.0:5061"]"#, nil),
      (#"["tcp://192.0.2.1:5070", "udp://[::]:5080"]"#, "udp://[::1]:5080"),
      (#"["udp://[::]:5080", "udp://0.0.0.0:5060"]"#, "udp://127.0.0.1:5060"),
      (#"["tls://0.0.0.0:5061", "tcp://192.0.2.1:5070"]"#, "tcp://192.0.2.1:5070"),
    ] as [(String, String?)])
  func theBoxItselfIsReachedUnencrypted(listen: String, expected: String?) throws {
    let text = "sip: {listen: \(listen)}\n"
    #expect(try read(text).ownListener?.description == expected)
    let lines = faults(text + Self.phones + "local_audio: {1009: {card: hw:0}}")
    #expect(lines.isEmpty == (expected != nil))
    #expect(lines.allSatisfy { $0.contains("3:14: found only encrypted addresses in sip.listen") }, "\(lines)")
  }
}
