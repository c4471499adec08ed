import Configuration
import SIP
import TestSupport
import Testing
import Wire

@testable import PBX

/// An exchange whose extensions are those that the messages of RFC 4475 name, for bytes as they came over the network.
final class TortureHouse {
  static let numbers = [
    "user", "UserB", "vivekg", "j.user", "watson", "null-\0-null", "sips:user@example.com", "caller",
  ]

  let box: Box
  /// Where every message comes from; none of them names this address.
  let source = SocketAddress(IPAddress("203.0.113.7")!, port: 40)
  let callee = SocketAddress(IPAddress("203.0.113.8")!, port: 5060)
  private(set) var now = Instant.zero
  /// Where the last message went.
  private(set) var sentTo: SocketAddress?
  var exchange: Exchange { box.exchange }

  init() {
    let configuration = Office.configuration { configuration in
      for number in TortureHouse.numbers {
        configuration.extensions[number] = Extension(number: number, name: number, password: "secret")
      }
    }
    box = Box(configuration, SocketAddress(IPAddress("203.0.113.1")!, port: 5060))
  }

  /// What the exchange sends when these bytes arrive in a datagram, from someone who has sent much before: a stranger gets
  /// no answer to a short message.
  func sends(for bytes: [UInt8], from: SocketAddress? = nil) throws -> [Message] {
    now = now + .milliseconds(1)
    exchange.credit.add(StrangersCredit.most, from: (from ?? source).ip)
    box.receive(bytes, from: from ?? source, now: now)
    var messages: [Message] = []
    while let (payload, to) = box.poll(now: now) {
      messages.append(try Message.parse(payload))
      sentTo = to
    }
    return messages
  }

  /// The one response that these bytes get; nil where nothing at all is sent.
  func answer(to bytes: [UInt8], from: SocketAddress? = nil) throws -> Response? {
    let messages = try sends(for: bytes, from: from)
    try #require(messages.count <= 1)
    guard case .response(let response) = messages.first else {
      try #require(messages.isEmpty)
      return nil
    }
    return response
  }

  /// The bytes with credentials of that extension for the exchange's challenge.
  func proving(_ bytes: [UInt8], by number: String, from: SocketAddress? = nil) throws -> [UInt8] {
    guard case .request(let request) = try Message.parse(bytes) else { throw SIPError.notSIP }
    let challenge = try #require(try answer(to: bytes, from: from))
    try #require(challenge.status == 401)
    var digest = DigestClient(username: number, password: "secret")
    let credentials = try #require(
      digest.respond(
        to: try challenge.headers.wwwAuthenticate, method: request.method, uri: request.uri.description, cnonce: "c"))
    return bytes.replacing("\r\n", with: "\r\nAuthorization: \(credentials.description)\r\n")
  }

  /// Registers a phone at `callee` for a number.
  func register(_ number: String) throws {
    let request = """
      REGISTER sip:office.lan SIP/2.0\r
      Via: SIP/2.0/UDP \(callee.description);branch=z9hG4bKregister\r
      From: <sip:\(number)@office.lan>;tag=r\r
      To: <sip:\(number)@office.lan>\r
      Call-ID: register\r
      CSeq: 1 REGISTER\r
      Contact: <sip:\(number)@\(callee.description)>\r
      Content-Length: 0\r
      \r

      """
    let bytes = try proving(Array(request.utf8), by: number, from: callee)
    try #require(try answer(to: bytes, from: callee)?.status == 200)
  }
}

extension [UInt8] {
  /// With the first place where `old` stands replaced.
  func replacing(_ old: String, with new: String) -> [UInt8] {
    guard let place = firstRange(of: Array(old.utf8)) else {
      Issue.record("\(old) stands nowhere")
      return self
    }
    return self[..<place.lowerBound] + Array(new.utf8) + self[place.upperBound...]
  }
}

/// A message of RFC 4475.
func torture(_ name: String) throws -> [UInt8] { try vector("rfc4475/\(name).dat") }
