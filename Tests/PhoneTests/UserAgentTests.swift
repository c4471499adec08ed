import Codecs
import SDP
import SIP
import SimNet
import Testing
import Wire

@testable import Phone

@Suite struct UserAgentTests {
  @Test(arguments: 1...30) func aCallComesAboutAndEndsOnABadNetwork(seed: UInt64) {
    let pair = Pair(seed: seed, .bad)
    #expect(pair.connect())
    #expect(pair.a.terms?.format.coding == .opus && pair.b.terms?.format.coding == .opus)
    #expect(pair.a.terms?.remote == SocketAddress(pair.b.address.ip, port: 4000))
    pair.b.does(pair.net.now) { $0.hangUp(now: pair.net.now) }
    #expect(pair.run(40) { pair.a.end != nil })
    #expect(pair.a.end?.cause == .hungUpThere && pair.b.end?.cause == .hungUpHere)
  }

  @Test func whoGivesUpCancelsAndTheOtherStopsRinging() {
    let pair = Pair()
    pair.b.answers = false
    pair.a.does(pair.net.now) { $0.call("1002", now: pair.net.now) }
    #expect(pair.run(5) { pair.a.events.contains(.ringing) })
    pair.a.does(pair.net.now) { $0.hangUp(now: pair.net.now) }
    #expect(pair.run(5) { pair.a.end != nil && pair.b.end != nil })
    #expect(pair.a.end?.cause == .hungUpHere && pair.b.end?.cause == .cancelled)
  }

  @Test func aCallThatIsDeclinedSaysSo() {
    let pair = Pair()
    pair.b.answers = false
    pair.a.does(pair.net.now) { $0.call("1002", now: pair.net.now) }
    #expect(pair.run(5) { pair.a.events.contains(.ringing) })
    pair.b.does(pair.net.now) { $0.hangUp(now: pair.net.now) }
    #expect(pair.run(5) { pair.a.end != nil })
    #expect(pair.a.end == CallEnd(.failed, status: 603, "603 Decline") && pair.b.end?.cause == .declinedHere)
  }

  @Test func aSecondCallerHearsBusy() {
    let pair = Pair()
    #expect(pair.connect())
    // The same phone takes another INVITE of b's for a second caller's.
    let other = PhoneNode("1003", pair.b.address, pair.a.address)
    other.does(pair.net.now) { $0.registration.state = .leaving }
    other.start(pair.net.now)
    other.does(pair.net.now) { $0.call("1001", now: pair.net.now) }
    while let sent = other.poll(now: pair.net.now) {
      pair.a.receive(sent.payload, from: pair.b.address, now: pair.net.now)
    }
    while let answer = pair.a.poll(now: pair.net.now) {
      other.receive(answer.payload, from: pair.a.address, now: pair.net.now)
    }
    #expect(other.end?.status == 486 && pair.a.agent.isInCall)
  }

  @Test(arguments: 1...10) func holdAndResumeAreToldToBoth(seed: UInt64) {
    let pair = Pair(seed: seed, .bad)
    #expect(pair.connect())
    pair.a.does(pair.net.now) { $0.hold(true, now: pair.net.now) }
    #expect(pair.run(40) { pair.a.held == [true, false] && pair.b.held == [false, true] })
    #expect(pair.a.terms?.receives == false && pair.b.terms?.sends == false)
    pair.a.does(pair.net.now) { $0.hold(false, now: pair.net.now) }
    #expect(pair.run(40) { pair.a.held == [false, false] && pair.b.held == [false, false] })
    #expect(pair.a.terms?.sends == true && pair.b.terms?.sends == true && pair.a.terms?.format.coding == .opus)
  }

  @Test(arguments: 1...10) func whoHoldAtTheSameTimeBothGetThere(seed: UInt64) {
    let pair = Pair(seed: seed)
    #expect(pair.connect())
    #expect(pair.run(1) == false)
    for phone in [pair.a, pair.b] { phone.does(pair.net.now) { $0.hold(true, now: pair.net.now) } }
    #expect(pair.run(20) { pair.a.held == [true, true] && pair.b.held == [true, true] })
    #expect(pair.a.terms?.sends == false && pair.a.terms?.receives == false)
  }

  @Test func keysAreNamedOverTLSAlone() throws {
    let secure = Pair(transport: .tls)
    #expect(secure.connect())
    let (one, other) = (try #require(secure.a.terms?.keys), try #require(secure.b.terms?.keys))
    #expect([one.own] == other.theirs && [other.own] == one.theirs)
    let plain = Pair()
    #expect(plain.connect() && plain.a.terms?.keys == nil)
    let required = Pair(calling: .required)
    required.a.does(.zero) { $0.call("1002", now: .zero) }
    #expect(required.a.end?.reason.contains("transport=tls") == true)
  }

  @Test func whoRequiresEncryptionAndIsOfferedNoneAnswers488() {
    let pair = Pair(transport: .tls, calling: .off, called: .required)
    pair.a.does(.zero) { $0.call("1002", now: .zero) }
    #expect(pair.run(5) { pair.a.end != nil })
    #expect(pair.a.end?.status == 488 && pair.b.events.isEmpty)
  }

  @Test func aCallToNobodyTimesOut() {
    let pair = Pair()
    pair.net.net.cut(pair.a.address, pair.b.address)
    pair.a.does(.zero) { $0.call("1002", now: .zero) }
    #expect(pair.run(40) { pair.a.end != nil })
    #expect(pair.a.end?.status == 408)
  }

  @Test(arguments: ["", "sip:", "sip:nobody", "sips:a b@c"]) func whatIsNoNumberIsNotCalled(number: String) {
    let pair = Pair()
    pair.a.does(.zero) { $0.call(number, now: .zero) }
    #expect(pair.a.end?.cause == .failed && pair.a.poll(now: .zero) == nil)
  }
}
