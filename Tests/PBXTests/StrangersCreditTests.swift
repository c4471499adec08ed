import SIP
import SimNet
import Testing
import Wire

@testable import PBX

private func text(_ lines: String...) -> [UInt8] { Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) }

private func request(_ method: String, _ number: Int, _ more: [String] = [], host: String = "192.0.2.7") -> [UInt8] {
  let target = method == "REGISTER" ? "sip:office.lan" : "sip:1002@office.lan"
  let lines =
    [
      "\(method) \(target) SIP/2.0", "Via: SIP/2.0/UDP \(host):5060;branch=z9hG4bK\(number);rport", "Max-Forwards: 70",
      "From: <sip:1001@office.lan>;tag=a\(number)", "To: <\(target)>", "Call-ID: \(number)", "CSeq: 1 \(method)",
    ] + more
  return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
}

@Suite struct StrangersCreditTests {
  private let house = Box(Office.configuration(), SocketAddress(IPAddress("10.0.0.1")!, port: 5060))

  private func answers(to bytes: [UInt8], _ host: String, port: UInt16 = 5060, at second: Int64 = 0) -> [[UInt8]] {
    house.receive(bytes, from: SocketAddress(IPAddress(host)!, port: port), now: .zero + .seconds(second))
    var answers: [[UInt8]] = []
    while let (payload, _) = house.poll(now: .zero + .seconds(second)) { answers.append(payload) }
    return answers
  }

  /// As a sender of garbage, of requests of every kind and of repeated ones finds out, while time passes.
  @Test func nobodyGetsMoreOctetsThanHeSentBeforeHeHasProvedHimself() {
    var generator = SeededGenerator(seed: 7)
    var sent: [String: Int] = [:]
    var got: [String: Int] = [:]
    var answered = 0
    let methods = ["OPTIONS", "REGISTER", "INVITE", "BYE", "MESSAGE", "SUBSCRIBE", "REFER", "FOO", "CANCEL", "ACK"]
    for step in 0..<4000 {
      let host = "192.0.2.\(Int.random(in: 1...5, using: &generator))"
      let number = Int.random(in: 0...200, using: &generator)
      var bytes = request(methods.randomElement(using: &generator)!, number, host: host)
      switch Int.random(in: 0...9, using: &generator) {
      case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
      case 1: bytes[Int.random(in: 0..<bytes.count, using: &generator)] = 58
      case 2: bytes = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + (0..<12).map { UInt8($0) }
      case 3: bytes = request("REGISTER", number, ["Require: foo, bar, baz", "User-Agent: x"], host: host)
      default: break
      }
      sent[host, default: 0] += bytes.count
      let now = Instant.zero + .milliseconds(Int64(step) * 20)
      house.receive(bytes, from: SocketAddress(IPAddress(host)!, port: UInt16(5060 + step % 3)), now: now)
      house.wake(now: now)
      while let (payload, to) = house.poll(now: now) {
        got[to.ip.description, default: 0] += payload.count
        answered += 1
      }
      for (host, count) in got { #expect(count <= sent[host] ?? 0, "step \(step), \(host)") }
    }
    #expect(answered > 500)
  }

  /// By what they add to a REGISTER: a desk phone, and a program.
  @Test(arguments: [
    [
      "Contact: <sip:1001@192.0.2.7:5060>", "Expires: 600", "User-Agent: Linksys/SPA942-6.1.5(a)", "Content-Length: 0",
      "Allow: ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, REFER", "Supported: replaces",
    ],
    [
      "Contact: <sip:1001-0x55d0e5a3a0f0@192.0.2.7:5060>;expires=600", "User-Agent: baresip v1.0.0 (x86_64/linux)",
      "Supported: gruu,replaces,norefersub", "Content-Length: 0",
      "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,REFER",
    ],
  ])
  func anOrdinaryPhoneIsChallengedAtOnce(more: [String]) throws {
    let bytes = request("REGISTER", 1, more)
    let answer = try #require(answers(to: bytes, "192.0.2.7").first)
    #expect(answer.starts(with: Array("SIP/2.0 401".utf8)) && answer.count <= bytes.count)
  }

  /// It is challenged when it asks again, which it does after half a second.
  @Test func aPhoneOfFewWordsIsChallengedTheSecondTime() {
    let bytes = request("REGISTER", 1, ["Contact: <sip:1001@192.0.2.7>"])
    #expect(answers(to: bytes, "192.0.2.7").isEmpty)
    #expect(answers(to: bytes, "192.0.2.7", at: 1).count == 1)
  }

  /// Rather than no answer.
  @Test func aStrangersAnswerIsCutToWhatItNeeds() throws {
    let bytes = request("OPTIONS", 1, ["User-Agent: probe", "Content-Length: 0"])
    let answer = try #require(answers(to: bytes, "192.0.2.7").first)
    guard case .response(let response) = try Message.parse(answer) else { return }
    #expect(response.status == 200 && !response.headers.contains(.allow) && answer.count <= bytes.count)
    #expect(try response.headers.callID == "1" && response.headers.cSeq.method == .options)
  }

  @Test func whoHasProvedHimselfIsAnsweredAtLength() {
    let office = Office()
    let phone = office.phone("1001", "10.0.0.11")
    phone.ask(.options, now: office.now) { $0.headers.remove(.userAgent) }
    office.run(until: { phone.story.contains("200") })
    #expect(phone.lastResponse?.headers.contains(.allow) == true)
  }

  @Test func aTrunksProviderIsNoStranger() {
    let scene = TrunkScene()
    scene.comesUp()
    #expect(scene.office.exchange.knows(scene.office.box.flow(to: scene.provider.address)))
  }
}
