import Crypto
import SIP
import SimNet
import Testing
import Wire

@testable import Phone

/// A registrar that answers as it is told to.
private final class Registrar {
  let phone: PhoneNode
  var now = Instant.zero

  init(password: String = "secret") {
    let places = [1, 2].map { SocketAddress(IPAddress(ipv4: 0x0a00_0000 + $0), port: 5060) }
    phone = PhoneNode("1001", places[0], places[1], password: password)
    phone.start(now)
  }

  /// The next REGISTER within the time.
  func next(within seconds: Int64 = 0) -> Request? {
    let end = now + .seconds(seconds)
    while true {
      while let sent = phone.poll(now: now) {
        if case .request(let request)? = try? Message.parse(sent.payload) { return request }
      }
      guard let due = phone.nextDeadline, due <= end else { return nil }
      now = max(now, due)
      phone.wake(now: now)
    }
  }

  func answer(_ request: Request, _ status: Int, _ change: (inout Response) -> Void = { _ in }) {
    var response = Response(to: request, status: status, toTag: "r")
    change(&response)
    phone.receive(response.serialized(), from: phone.remote, now: now)
  }

  func challenge(_ request: Request) {
    answer(request, 401) {
      $0.headers.append(.wwwAuthenticate, #"Digest realm="office", nonce="n1", algorithm=SHA-256, qop="auth""#)
    }
  }
}

private func sha256(_ text: String) -> String { hex(Hash.sha256(Array(text.utf8))) }

@Suite struct RegistrationTests {
  @Test func aChallengeIsAnsweredByTheDigestOfThePassword() throws {
    let registrar = Registrar()
    let first = try #require(registrar.next())
    #expect(
      first.method == .register && first.uri.description == "sip:office.lan" && first.headers[.authorization] == nil)
    registrar.challenge(first)
    let second = try #require(registrar.next())
    let credentials = try #require(try second.headers.authorizations.first)
    let (nc, cnonce) = (try #require(credentials["nc"]), try #require(credentials["cnonce"]))
    let who = sha256("1001:office:secret")
    let what = sha256("REGISTER:sip:office.lan")
    #expect(credentials["response"] == sha256("\(who):n1:\(nc):\(cnonce):auth:\(what)"))
    #expect(try second.headers.cSeq.number == first.headers.cSeq.number + 1)
    registrar.answer(second, 200) { $0.headers.append(.contact, (second.headers[.contact] ?? "") + ";expires=100") }
    #expect(registrar.phone.events == [.registered(seconds: 100)])
    // It is renewed before it ends.
    let begun = registrar.now
    let renewal = try #require(registrar.next(within: 100))
    #expect(renewal.method == .register && (75...86).contains((registrar.now - begun).seconds))
  }

  @Test func aWrongPasswordIsNotTriedAgain() throws {
    let registrar = Registrar(password: "wrong")
    registrar.challenge(try #require(registrar.next()))
    registrar.challenge(try #require(registrar.next()))
    guard case .notRegistered(let reason, willRetry: false)? = registrar.phone.events.first else {
      return #expect(Bool(false), "\(registrar.phone.events)")
    }
    #expect(reason.contains("password is wrong") && registrar.next(within: 3600) == nil)
  }

  @Test func aRegistrarThatWantsLongerTimesGetsThem() throws {
    let registrar = Registrar()
    registrar.answer(try #require(registrar.next()), 423) { $0.headers.append(.minExpires, "1800") }
    #expect(try registrar.next()?.headers.expires == 1800)
  }

  @Test func whoIsSilentIsAskedAgain() throws {
    let registrar = Registrar()
    let first = try #require(registrar.next())
    registrar.now = registrar.now + .seconds(33)
    registrar.phone.wake(now: registrar.now)
    // Those that were sent again while nobody answered come first.
    var later = registrar.next(within: 10)
    while let request = later, request.headers[.cSeq] == first.headers[.cSeq] { later = registrar.next(within: 10) }
    #expect(try #require(later).headers.cSeq.number == first.headers.cSeq.number + 1)
  }

  @Test func whoLeavesTakesTheContactBack() throws {
    let registrar = Registrar()
    registrar.answer(try #require(registrar.next()), 200)
    registrar.phone.does(registrar.now) { $0.leave(now: registrar.now) }
    let last = try #require(registrar.next())
    #expect(try last.headers.expires == 0)
    registrar.answer(last, 200)
    #expect(registrar.phone.events.last == .unregistered)
  }
}
