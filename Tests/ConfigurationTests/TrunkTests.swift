import Configuration
import Numbering
import Testing
import Wire

/// `country`, `trunks`, `routes`, `toll`, `emergency` and `dns`.
@Suite struct TrunkTests {
  private let phones = "extensions: {1001: {password: long-enough}, 1002: {password: long-enough}}\n"

  @Test func theDocumentedExampleIsRead() throws {
    let configuration = try read(
      phones + """
        country: de
        area: "30"
        dns: {servers: [192.168.1.1, "192.168.1.2:5353", "[2001:db8::1]:53"]}
        trunks:
          provider:
            host: SIP.example.com
            transport: tls
            outbound_proxy: proxy.example.com:5080
            user: "4930555"
            auth_user: account
            password: "0815"
            expires: 300
            keep_alive: 60
            accept_from: [192.0.2.0/24, "2001:db8::5", gateways.example.com]
            numbers: {"+49305551": "1001", "_+4930555X.": "*43"}
            otherwise: "1002"
            caller:
              number: "+4930555"
              name: Example Ltd
              extensions: {"1001": "+49305551", "_10XX": "+49305550"}
              identity: asserted
            format: national
            channels: 4
            codecs: [PCMA]
            daily: {calls: 50}
            allow_transfer: true
          peer: {host: 192.0.2.77, port: 5070}
        routes:
          - {match: "_0.", strip: 1, trunks: [provider, peer], from: "_10XX"}
          - {match: ["_+X.", "19222"], prepend: "00", trunks: [peer]}
        toll:
          open: [international, "+4312", "115"]
          extension: {calls: 10, minutes: 60}
        emergency: {numbers: ["19222"], trunks: [peer]}
        """)
    #expect(configuration.country == Country("DE") && configuration.area == "30")
    #expect(
      configuration.nameServers.map { $0.description } == ["192.168.1.1:53", "192.168.1.2:5353", "[2001:db8::1]:53"])
    let provider = try #require(configuration.trunk("provider"))
    #expect(configuration.trunks.map { $0.name } == ["provider", "peer"])
    #expect(provider.place == .init(host: "sip.example.com") && provider.transport == .tls)
    #expect(provider.outboundProxy == .init(host: "proxy.example.com", port: 5080))
    #expect(provider.user == "4930555" && provider.authenticationUser == "account" && provider.password == "0815")
    #expect(provider.registers && provider.expires == 300 && provider.keepAlive == 60)
    #expect(
      provider.acceptFrom == [
        .prefix(.init(IPAddress("192.0.2.0")!, length: 24)), .prefix(.init(IPAddress("2001:db8::5")!, length: 128)),
        .name("gateways.example.com"),
      ])
    #expect(provider.numbers.map { $0.value } == ["1001", "*43"] && provider.otherwise == "1002")
    #expect(provider.callerNumber == "+4930555" && provider.callerName == "Example Ltd")
    #expect(provider.callers.map { $0.value } == ["+49305551", "+49305550"] && provider.identity == .asserted)
    #expect(provider.format == .national && provider.channels == 4 && provider.codecs == [.pcma])
    #expect(provider.daily == DailyCap(calls: 50, minutes: 6000) && provider.allowsTransfer)
    let peer = try #require(configuration.trunk("peer"))
    #expect(!peer.registers && peer.place == .init(host: "192.0.2.77", port: 5070) && !peer.allowsTransfer)
    #expect(configuration.routes.count == 2 && configuration.routes[0].rewritten("0301") == "301")
    #expect(configuration.routes[0].takes("0301", from: "1001") && !configuration.routes[0].takes("0301", from: "2"))
    #expect(configuration.routes[1].rewritten("19222") == "0019222")
    #expect(configuration.toll.openClasses == [.international] && configuration.toll.openPrefixes == ["+4312", "115"])
    #expect(configuration.toll.extensionCap == DailyCap(calls: 10, minutes: 60))
    #expect(configuration.isEmergency("19222") && configuration.isEmergency("112") && !configuration.isEmergency("911"))
  }

  @Test(arguments: [
    ("country: XX", "1:10: found 'XX', expected a country of docs/trunks.md by its two letters, such as DE"),
    ("area: \"030 1\"", "1:7: found '030 1', expected the area's code"),
    ("dns: {servers: [dns.example.com]}", "1:17: found 'dns.example.com', expected a name server's IP address"),
    ("trunks: {a: {host: b}}", "1:9: found trunks and no country, expected 'country: DE' beside them"),
    ("country: DE\ntrunks: {a: {user: b}}", "2:10: trunk 'a' has no 'host'; add one"),
    ("country: DE\ntrunks: {a b: {host: c}}", "2:10: found 'a b', expected a name of up to 32 letters"),
    ("country: DE\ntrunks: {a: {host: \"a:b\"}}", "2:20: found 'a:b', expected a host name or an IP address"),
    ("country: DE\ntrunks: {a: {host: b, register: true}}", "2:10: trunk 'a', which registers, has no 'user'; add one"),
    (
      "country: DE\ntrunks: {a: {host: b, transport: upd}}",
      "2:34: found 'upd', expected udp, tcp or tls; did you mean 'udp'?"
    ),
    ("country: DE\ntrunks: {a: {host: b, user: \"a@b\"}}", "2:29: found 'a@b', expected the account's user of letters"),
    ("country: DE\ntrunks: {a: {host: b, channels: 0}}", "2:33: found '0', expected calls at a time, 1 to 10000"),
    ("country: DE\ntrunks: {a: {host: b, numbers: {abc: \"1\"}}}", "2:33: found 'abc', expected a number, or '_'"),
    (
      "extensions: {1001: {password: long-enough}}\ncountry: DE\ntrunks: {a: {host: b, otherwise: 1002}}",
      "3:34: found '1002', expected the number of an extension of this file, or *43; did you mean '1001'?"
    ),
    ("country: DE\ntrunks: {a: {host: b, accept_from: [a b]}}", "2:37: found 'a b', expected an address, a network"),
    ("routes: [{match: \"_0.\", trunks: [a]}]", "1:34: found 'a', expected a trunk of this file, which has none"),
    ("routes: [{trunks: [a]}]", "1:10: the route has no 'match'; add one"),
    ("routes: [{match: \"_0.\"}]", "1:10: the route has no 'trunks'; add one"),
    ("routes: [{match: \"0.\", trunks: [a]}]", "1:18: found '0.', expected a number, or '_' and classes"),
    ("toll: {open: [intrnational]}", "1:15: found 'intrnational', expected international, premium, services, a prefix"),
    ("toll: {extension: {calls: -1}}", "1:27: found '-1', expected calls, 0 to 1000000"),
    ("emergency: {numbers: [help]}", "1:23: found 'help', expected an emergency number of 2 to 8 digits"),
    (
      "extensions: {112: {password: long-enough}}\ncountry: DE\ntrunks: {a: {host: b}}",
      "1:14: found '112', expected no extension with an emergency number"
    ),
  ])
  func refusedWithPlaceFoundAndExpected(text: String, fault: String) {
    let lines = faults(text)
    #expect(lines.contains { $0.hasPrefix("sotto.yaml:" + fault) }, "\(lines)")
  }

  @Test func aTrunksPasswordIsNeverRepeated() {
    for text in ["{host: b, password: [s3cret]}", "{host: b, password: {s3cret: a}}", "s3cret"] {
      let lines = faults("country: DE\ntrunks: {a: \(text)}")
      #expect(!lines.isEmpty && lines.allSatisfy { !$0.contains("s3cret") }, "\(lines)")
    }
  }
}

@Test func keysGoAsTheFileSays() throws {
  let text = """
    country: DE
    extensions:
      "1001": {password: long-enough, dtmf: info}
      "1002": {password: long-enough}
    trunks:
      line: {host: 192.0.2.1, dtmf: inband}
    """
  let configuration = try Configuration(yaml: Array(text.utf8), file: "sotto.yaml")
  #expect(configuration.extensions["1001"]?.dtmf == .info && configuration.extensions["1002"]?.dtmf == .auto)
  #expect(configuration.trunks.first?.dtmf == .inband)
  let wrong = text.replacing("inband", with: "tones")
  #expect(throws: ConfigurationError.self) { try Configuration(yaml: Array(wrong.utf8), file: "sotto.yaml") }
}
