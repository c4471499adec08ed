import Configuration
import Testing
import Wire

func read(_ text: String) throws -> Configuration {
  try Configuration(yaml: Array(text.utf8), file: "sotto.yaml")
}

/// The fault lines of a text that must be refused.
func faults(_ text: String) -> [String] {
  do {
    _ = try read(text)
    return []
  } catch let error as ConfigurationError {
    return error.lines
  } catch {
    return ["another error"]
  }
}

@Suite struct ConfigurationTests {
  @Test func theDocumentedExampleIsRead() throws {
    let configuration = try read(
      """
      domain: Office.LAN                 # SIP domain and digest realm
      sip:
        listen: ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060", "udp://[::]:5060", "tcp://[::]:5061"]
      media:
        ports: 16384-17383               # even RTP, odd RTCP
        external_address: 203.0.113.5    # optional: what SDP and Contact say
      extensions:
        "1001": {name: Front desk, password: correct-horse-battery, codecs: [PCMU, PCMA]}
        1002: {password: "12345678", codecs: [pcma], digest: [SHA-256, MD5]}
      """)
    #expect(configuration.domain == "office.lan")
    #expect(configuration.listeners.map(\.description).last == "tcp://[::]:5061")
    #expect(configuration.listeners.count == 4)
    #expect(configuration.media.ports == 16384...17383)
    #expect(configuration.media.mostCalls == 250)
    #expect(configuration.media.externalAddress == IPAddress("203.0.113.5"))
    #expect(
      configuration.extensions["1001"]
        == Extension(
          number: "1001", name: "Front desk", password: "correct-horse-battery", codecs: [.pcmu, .pcma]))
    let second = try #require(configuration.extensions["1002"])
    #expect(second.name == "1002" && second.codecs == [.pcma] && second.digest == [.sha256, .md5])
  }

  @Test(arguments: ["", "# nothing\n", "sip:\nmedia:\nextensions:\n", "---\n"])
  func missingSectionsHaveDefaults(text: String) throws {
    let configuration = try read(text)
    #expect(configuration == Configuration())
    #expect(
      configuration.listeners.map(\.description) == [
        "udp://0.0.0.0:5060", "tcp://0.0.0.0:5060", "udp://[::]:5060", "tcp://[::]:5060",
      ])
    #expect(configuration.media.ports == 16384...17383)
  }

  @Test func numbersStayText() throws {
    let configuration = try read("extensions: {0100: {name: 007, password: 0123456789}}")
    #expect(configuration.extensions["0100"] == Extension(number: "0100", name: "007", password: "0123456789"))
  }

  @Test func settingsOfTheBoxAreRead() throws {
    let configuration = try read(
      """
      log: {level: debug}
      time: {servers: [192.168.1.1, ntp.example.org]}
      network: {address: 192.168.1.5/24, gateway: 192.168.1.1, name_servers: [192.168.1.1, "2001:db8::1"]}
      """)
    #expect(configuration.logLevel == .debug)
    #expect(configuration.time.servers == ["192.168.1.1", "ntp.example.org"])
    #expect(configuration.network.address?.description == "192.168.1.5/24")
    #expect(configuration.network.gateway == IPAddress("192.168.1.1"))
    #expect(configuration.network.nameServers.count == 2)
  }

  @Test func holdMusicIsAFileOrNothingOrNotes() throws {
    #expect(try read("media: {hold_music: /data/quiet.wav}").media.holdMusic == .file("/data/quiet.wav"))
    #expect(try read("media: {hold_music: none}").media.holdMusic == .none)
    #expect(try read("media: {threads: 1}").media.holdMusic == .pattern)
  }

  @Test func weakPasswordsPassWhenAllowed() throws {
    let configuration = try read("extensions: {1: {password: \"1\"}}\nallow_weak_passwords: true")
    #expect(configuration.extensions["1"]?.password == "1")
  }

  @Test func encryptionIsPreferredUnlessTheFileSaysOtherwise() throws {
    let configuration = try read(
      """
      media: {keys_without_tls: true}
      extensions:
        1001: {password: long-enough, encryption: required}
        1002: {password: long-enough, encryption: off}
        1003: {password: long-enough}
      country: DE
      trunks:
        line: {host: 192.0.2.1, encryption: required}
        other: {host: 192.0.2.2}
      """)
    #expect(configuration.media.allowsKeysWithoutTLS)
    #expect(try !read("domain: a.example").media.allowsKeysWithoutTLS)
    #expect(
      ["1001", "1002", "1003"].map { configuration.extensions[$0]?.encryption } == [.required, .off, .preferred])
    #expect(configuration.trunks.map { $0.encryption } == [.required, .preferred])
    #expect(
      faults("extensions: {1001: {password: long-enough, encryption: on}}")
        == ["sotto.yaml:1:56: found 'on', expected required, preferred or off"])
  }

  @Test func everyFaultIsNamedInTheFilesOrder() {
    #expect(
      faults(
        """
        domian: office.lan
        media:
          ports: 16384-16386
        extensions:
          1001: {pasword: correct-horse}
          1002: {password: short}
          1002: {password: long-enough}
        log: {level: loud}
        """) == [
          "sotto.yaml:1:1: unknown key 'domian'; expected domain, sip, media, extensions, allow_weak_passwords, log, "
            + "time, network, dns, country, area, trunks, routes, toll, emergency or local_audio; did you mean 'domain'?",
          "sotto.yaml:3:10: found '16384-16386', 3 ports with room for no call, expected at least 4 ports: a call takes 4, "
            + "so 16384-17383 allows 250 calls",
          "sotto.yaml:5:3: extension '1001' has no 'password'; add one",
          "sotto.yaml:5:10: unknown key 'pasword'; expected name, password, codecs, digest, dtmf or "
            + "encryption; did you mean 'password'?",
          "sotto.yaml:6:20: found a password of 5 characters, expected at least 8, or 'allow_weak_passwords: true' at "
            + "the top of the file",
          "sotto.yaml:7:3: '1002' stands twice; it was first on line 6",
          "sotto.yaml:8:14: found 'loud', expected error, warning, notice, info or debug",
        ])
  }

  @Test(arguments: [
    ("sip: {listen: []}", "1:15: found 0 elements, expected 1 to 16"),
    ("sip: {listen: udp://0.0.0.0:5060}", "1:15: found 'udp://0.0.0.0:5060', expected a list of addresses"),
    ("sip: {listen: [\"sctp://0.0.0.0:9\"]}", "1:16: found 'sctp://0.0.0.0:9', expected udp, tcp, tls, ws or wss"),
    ("sip: {tls: {certificates: [{certificate: /a.pem}]}}", "1:28: a certificate has no 'key'; add one"),
    ("sip: {websocket_origins: [phone.example]}", "1:27: found 'phone.example', expected the origin of a page"),
    ("sip: {tls: {authorities: ca.pem}}", "1:26: found 'ca.pem', expected the absolute path"),
    ("sip: {tls: {oldest_version: 1.4}}", "1:29: found '1.4', expected 1.0, 1.1, 1.2 or 1.3"),
    ("sip: {listen: [\"udp://localhost:5060\"]}", "1:16: found 'udp://localhost:5060', expected"),
    ("sip: {listen: [\"udp://0.0.0.0:0\"]}", "1:16: found 'udp://0.0.0.0:0', expected"),
    ("sip: {listen: [\"udp://0.0.0.0:65536\"]}", "1:16: found"),
    ("sip: {listen: [\"udp://:::5060\"]}", "1:16: found"),
    ("sip: {listen: [\"udp://[::\"]}", "1:16: found"),
    ("sip: {listen: [\"udp://1.2.3.4\", \"udp://1.2.3.4:5060\"]}", "1:33: udp://1.2.3.4:5060 stands twice"),
    ("sip: [1]", "1:6: found a list, expected a mapping of listen, tls or websocket_origins under 'sip'"),
    ("media: {ports: 16384}", "1:16: found '16384', expected two ports from 1024 to 65535"),
    ("media: {ports: 80-20000}", "1:16: found '80-20000', expected two ports from 1024"),
    ("media: {ports: 20000-70000}", "1:16: found '20000-70000', expected two ports"),
    ("media: {ports: 20000-10000}", "1:16: found '20000-10000', expected two ports"),
    (
      "media: {ports: 16385-17384}",
      "1:16: found '16385-17384', expected an even first port (RTP) and an odd last port (RTCP); did you mean '16386-17383'?"
    ),
    (
      "media: {ports: 16384-16384}",
      "1:16: found '16384-16384', 1 port with room for no call, expected at least 4 ports"
    ),
    ("media: {ports: [16384, 17383]}", "1:16: found a list, expected two ports"),
    ("media: {ports: 5000-6001}", "1:16: found '5000-6001', expected ports without 5060, which sip.listen uses"),
    ("media: {external_address: here}", "1:27: found 'here', expected an IP address such as 203.0.113.5"),
    (
      "media: {hold_music: quiet.wav}",
      "1:21: found 'quiet.wav', expected 'none', or the absolute path of a WAV file, such as /data/music/quiet.wav"
    ),
    ("media: {external_address: 0.0.0.0}", "1:27: found '0.0.0.0', expected the address of one host"),
    ("domain: [a]", "1:9: found a list, expected a domain such as office.lan"),
    ("domain: under_score.lan", "1:9: found 'under_score.lan', expected a domain"),
    ("domain: 1.2.3", "1:9: found '1.2.3', expected a domain"),
    ("domain:", "1:8: found nothing, expected a domain"),
    ("extensions: [1001]", "1:13: found a list, expected a mapping of numbers to extensions"),
    ("extensions: {alice: {password: long-enough}}", "1:14: found 'alice', expected a number of 1 to 15 digits"),
    ("extensions: {\"*43\": {password: long-enough}}", "1:14: found '*43', expected a number of 1 to 15 digits"),
    ("extensions: {1234567890123456: {password: long-enough}}", "1:14: found '1234567890123456', expected a number"),
    (
      "extensions: {1001: secret-word}",
      "1:20: found text, expected a mapping of name, password, codecs, digest, dtmf or encryption"
    ),
    ("extensions: {1001: {password: }}", "1:31: found nothing, expected a password"),
    ("extensions: {1001: {password: [secret-word]}}", "1:31: found a list, expected a password"),
    ("extensions: {1001: {password: \"\\tsecret-word\"}}", "1:31: found a control character, expected a password"),
    ("extensions: {1: {password: long-enough, codecs: PCMU}}", "1:49: found 'PCMU', expected a list of codecs"),
    (
      "extensions: {1: {password: long-enough, codecs: [PCMB]}}",
      "1:50: found 'PCMB', expected PCMU, PCMA, G722 or opus; did you mean"
    ),
    ("extensions: {1: {password: long-enough, codecs: [PCMU, PCMU]}}", "1:56: PCMU stands twice"),
    (
      "extensions: {1: {password: long-enough, digest: [SHA256]}}",
      "1:50: found 'SHA256', expected SHA-256 or MD5; did you mean 'SHA-256'?"
    ),
    ("extensions: {1: {name: [a], password: long-enough}}", "1:24: found a list, expected a name"),
    ("allow_weak_passwords: yes", "1:23: found 'yes', expected true or false without quotes; did you mean 'true'?"),
    ("allow_weak_passwords: \"true\"", "1:23: found 'true', expected true or false without quotes"),
    ("allow_weak_passwords: true\nextensions: {1: {password: \"\"}}", "2:28: found a password of 0 characters"),
    ("domain: a\ndomain: b", "2:1: 'domain' stands twice; it was first on line 1"),
    ("time: {servers: [\"a b\"]}", "1:18: found 'a b', expected a time server's name or IP address"),
    ("network: {address: 192.168.1.5}", "1:20: found '192.168.1.5', expected an address with its prefix length"),
    ("network: {gateway: 192.168.1.1}", "1:20: found '192.168.1.1', expected 'address' beside it"),
    ("just text", "1:1: found 'just text', expected a mapping of domain, sip"),
  ])
  func refusedWithPlaceFoundAndExpected(text: String, fault: String) {
    let lines = faults(text)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("sotto.yaml:" + fault) == true, "\(lines)")
  }

  @Test func aPasswordIsNeverRepeated() {
    for text in [
      "extensions: {1: {password: s3cret}}", "extensions: {1: s3cret}", "extensions: {1: {password: [s3cret]}}",
      "extensions: {1: {password: \"s3cret\\n\"}}", "extensions: {1: {password: {s3cret: a}}}",
    ] {
      let lines = faults(text)
      #expect(lines.count == 1 && !lines[0].contains("s3cret"), "\(lines)")
    }
  }
}
