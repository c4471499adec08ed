import Crypto
import DNS
import SIP
import Testing
import Wire

/// RFC 3263 §4 over a made-up domain name system.
struct ServerSearchTests {
  private let one = IPAddress("192.0.2.1")!
  private let two = IPAddress("192.0.2.2")!
  private let six = IPAddress("2001:db8::1")!

  /// A zone, and what was asked of it.
  private final class Zone {
    var records: [NameQuestion: NameAnswer] = [:]
    var asked: [NameQuestion] = []
    var random = RandomSource(seed: [1])
    var locator = Locator()
    var now = Instant.zero

    func add(_ name: String, _ addresses: [IPAddress], seconds: UInt32 = 300) {
      for (kind, isIPv4) in [(NameQuestion.Kind.ipv4, true), (.ipv6, false)] {
        let fitting = addresses.filter { $0.isIPv4 == isIPv4 }
        if !fitting.isEmpty { records[NameQuestion(name, kind)] = .found(.addresses(fitting), seconds: seconds) }
      }
    }

    func add(_ name: String, _ services: [(UInt16, UInt16, UInt16, String)], seconds: UInt32 = 300) {
      let made = services.map { ServiceRecord(priority: $0.0, weight: $0.1, port: $0.2, target: $0.3) }
      records[NameQuestion(name, .service)] = .found(.services(made), seconds: seconds)
    }

    func add(_ name: String, _ pointers: [(UInt16, UInt16, String, String)]) {
      let made = pointers.map {
        PointerRecord(order: $0.0, preference: $0.1, flags: "s", service: $0.2, replacement: $0.3)
      }
      records[NameQuestion(name, .pointer)] = .found(.pointers(made), seconds: 300)
    }

    /// What comes of a URI.
    func find(_ uri: String, _ transports: [Transport] = [.udp, .tcp, .tls]) -> Locator.Outcome? {
      locator.transports = transports
      asked = []
      guard let target = ServerTarget(try! URI(uri)) else { return nil }
      var outcome: Locator.Outcome?
      guard case .searching(let id) = locator.find(target, &random, now: now) else {
        if case .done(let result) = locator.find(target, &random, now: now) { return result }
        return nil
      }
      while let question = locator.poll() {
        asked.append(question)
        let answer = records[question] ?? .absent(seconds: 60)
        for ended in locator.answered(question, answer, &random, now: now) where ended.id == id {
          outcome = ended.outcome
        }
      }
      #expect(locator.count == 0)
      return outcome
    }

    func hops(_ uri: String, _ transports: [Transport] = [.udp, .tcp, .tls]) -> [String] {
      guard case .success(let hops) = find(uri, transports) else { return [] }
      return hops.map { "\($0.transport.parameterName) \($0.address.description) \($0.serverName)" }
    }
  }

  @Test(arguments: [
    ("sip:192.0.2.9", "udp 192.0.2.9:5060 192.0.2.9"), ("sips:192.0.2.9", "tls 192.0.2.9:5061 192.0.2.9"),
    ("sip:192.0.2.9:5070;transport=tcp", "tcp 192.0.2.9:5070 192.0.2.9"),
    ("sip:[2001:db8::9]", "udp [2001:db8::9]:5060 2001:db8::9"),
  ])
  func anAddressNeedsNoNameServer(uri: String, hop: String) {
    let zone = Zone()
    #expect(zone.hops(uri) == [hop] && zone.asked.isEmpty)
  }

  @Test func aPortMeansThatOnlyAddressesAreAskedFor() {
    let zone = Zone()
    zone.add("example.com", [one, six])
    zone.add("_sip._udp.example.com", [(1, 1, 5099, "other.example.com")])
    #expect(
      zone.hops("sip:example.com:5080") == [
        "udp 192.0.2.1:5080 example.com", "udp [2001:db8::1]:5080 example.com",
      ])
    #expect(zone.asked.allSatisfy { $0.kind == .ipv4 || $0.kind == .ipv6 })
  }

  @Test func theDomainsPreferredTransportIsTaken() {
    let zone = Zone()
    zone.add(
      "example.com",
      [
        (50, 50, "SIPS+D2T", "_sips._tcp.example.com"), (90, 50, "SIP+D2T", "_sip._tcp.example.com"),
        (10, 10, "E2U+sip", "e164.example.com"), (100, 50, "SIP+D2U", "_sip._udp.example.com"),
      ])
    zone.add("_sips._tcp.example.com", [(1, 1, 5061, "tls.example.com")])
    zone.add("_sip._tcp.example.com", [(1, 1, 5060, "tcp.example.com")])
    zone.add("tls.example.com", [one])
    zone.add("tcp.example.com", [two])
    // The certificate has to name the domain (RFC 5922 §4).
    #expect(zone.hops("sip:example.com") == ["tls 192.0.2.1:5061 example.com"])
    #expect(zone.hops("sip:example.com", [.udp, .tcp]) == ["tcp 192.0.2.2:5060 example.com"])
    #expect(zone.hops("sips:example.com") == ["tls 192.0.2.1:5061 example.com"])
  }

  @Test func withoutNAPTREachTransportIsAskedForInTurn() {
    let zone = Zone()
    zone.add("_sip._tcp.example.com", [(1, 1, 5065, "tcp.example.com")])
    zone.add("tcp.example.com", [one])
    #expect(zone.hops("sip:example.com") == ["tcp 192.0.2.1:5065 example.com"])
    #expect(
      zone.asked.prefix(3) == [
        NameQuestion("example.com", .pointer), NameQuestion("_sip._udp.example.com", .service),
        NameQuestion("_sip._tcp.example.com", .service),
      ])
  }

  @Test func withoutAnyServiceRecordTheDomainItselfIsTheServer() {
    let zone = Zone()
    zone.add("example.com", [one])
    #expect(zone.hops("sip:Example.COM.") == ["udp 192.0.2.1:5060 Example.COM."])
    #expect(zone.hops("sips:example.com") == ["tls 192.0.2.1:5061 example.com"])
    #expect(zone.hops("sip:example.com;transport=tcp") == ["tcp 192.0.2.1:5060 example.com"])
  }

  @Test func serversComeByPriority() {
    let zone = Zone()
    zone.add(
      "_sip._udp.example.com", [(20, 0, 5060, "b.example.com"), (10, 0, 5060, "a.example.com"), (30, 9, 1, "none")])
    zone.add("a.example.com", [one])
    zone.add("b.example.com", [two])
    #expect(
      zone.hops("sip:example.com") == ["udp 192.0.2.1:5060 example.com", "udp 192.0.2.2:5060 example.com"])
  }

  @Test func equalPrioritiesShareTheLoadByWeight() {
    let zone = Zone()
    zone.add(
      "_sip._udp.example.com", [(1, 3, 1, "a.example.com"), (1, 1, 2, "a.example.com"), (1, 0, 3, "a.example.com")])
    zone.add("a.example.com", [one])
    var firsts = [0, 0, 0]
    for _ in 0..<4000 {
      let hops = zone.hops("sip:example.com")
      #expect(Set(hops).count == 3)
      for port in 1...3 where hops.first == "udp 192.0.2.1:\(port) example.com" { firsts[port - 1] += 1 }
    }
    // Drawn from 0…4: 3 of 5 parts, 1 of 5, and 1 of 5 for the one of weight 0 (RFC 2782); five standard deviations.
    #expect((2245...2555).contains(firsts[0]) && (673...927).contains(firsts[1]) && (673...927).contains(firsts[2]))
    #expect(firsts.reduce(0, +) == 4000)
  }

  @Test func aServiceThatIsDecidedlyAbsentIsNotLookedForElsewhere() {
    let zone = Zone()
    zone.add("_sip._udp.example.com", [(0, 0, 0, "")])
    zone.add("example.com", [one])
    #expect(zone.find("sip:example.com;transport=udp") == .failure(.notServed("example.com")))
  }

  @Test func whatFailedIsTold() {
    let zone = Zone()
    #expect(zone.find("sip:nowhere.example") == .failure(.noAddress("nowhere.example")))
    #expect(zone.find("sip:192.0.2.1;transport=tls", [.udp]) == .failure(.transportUnavailable(.tls)))
    #expect(zone.find("sips:192.0.2.1;transport=udp") == nil)
    zone.records[NameQuestion("broken.example", .ipv4)] = .failed(.timeout)
    #expect(zone.find("sip:broken.example:5060") == .failure(.lookup("broken.example", .timeout)))
  }

  @Test func oneServerWithoutAddressLeavesTheOthers() {
    let zone = Zone()
    zone.add("_sip._udp.example.com", [(1, 1, 5060, "gone.example.com"), (2, 1, 5060, "a.example.com")])
    zone.add("a.example.com", [one])
    #expect(zone.hops("sip:example.com") == ["udp 192.0.2.1:5060 example.com"])
  }

  @Test func answersAreKeptAsLongAsTheyLive() {
    let zone = Zone()
    zone.add("example.com", [one], seconds: 30)
    #expect(zone.hops("sip:example.com:5060").count == 1 && zone.asked.count == 2)
    zone.now += .seconds(29)
    #expect(zone.hops("sip:example.com:5060").count == 1 && zone.asked.isEmpty)
    zone.now += .seconds(1)
    zone.add("example.com", [two], seconds: 30)
    #expect(zone.hops("sip:example.com:5060") == ["udp 192.0.2.2:5060 example.com"])
    // The absence of an IPv6 address was good for longer.
    #expect(zone.asked == [NameQuestion("example.com", .ipv4)])
  }

  @Test func absencesAreKeptTooAndFailuresBriefly() {
    let zone = Zone()
    _ = zone.find("sip:nowhere.example:5060")
    zone.now += .seconds(59)
    #expect(zone.find("sip:nowhere.example:5060") == .failure(.noAddress("nowhere.example")) && zone.asked.isEmpty)
    zone.records[NameQuestion("broken.example", .ipv4)] = .failed(.refused)
    _ = zone.find("sip:broken.example:5060")
    zone.add("broken.example", [one])
    zone.now += .seconds(6)
    #expect(zone.hops("sip:broken.example:5060").count == 1)
  }

  @Test func anAnswerWithoutTimeToLiveServesOnce() {
    let zone = Zone()
    zone.add("example.com", [one], seconds: 0)
    for _ in 0..<2 {
      #expect(zone.hops("sip:example.com:5060").count == 1)
      #expect(zone.asked.contains(NameQuestion("example.com", .ipv4)))
    }
  }

  @Test func searchesForTheSameNameAskOnce() {
    var locator = Locator()
    var random = RandomSource(seed: [2])
    let target = ServerTarget(host: .name("example.com"), port: 5060)
    for _ in 0..<3 { _ = locator.find(target, &random, now: .zero) }
    var questions: [NameQuestion] = []
    while let question = locator.poll() { questions.append(question) }
    #expect(questions.count == 2)
    var ended = 0
    for question in questions {
      let answer = NameAnswer.found(.addresses([question.kind == .ipv4 ? one : six]), seconds: 9)
      ended += locator.answered(question, answer, &random, now: .zero).count
    }
    #expect(ended == 3)
    #expect(locator.answered(questions[0], .absent(seconds: 1), &random, now: .zero).isEmpty)
  }

  @Test func searchesAndTheCacheAreBounded() {
    var locator = Locator()
    var random = RandomSource(seed: [3])
    var refused = 0
    for i in 0..<200 {
      let target = ServerTarget(host: .name("host\(i).example"), port: 5060)
      if case .done(.failure(.tooManySearches)) = locator.find(target, &random, now: .zero) { refused += 1 }
    }
    #expect(refused == 136)
    var cache = NameCache(limit: 10)
    for i in 0..<100 { cache.store(.absent(seconds: UInt32(i + 1)), to: NameQuestion("n\(i)", .ipv4), now: .zero) }
    #expect(cache.count == 10 && cache.answer(to: NameQuestion("n99", .ipv4), now: .zero) != nil)
  }
}
