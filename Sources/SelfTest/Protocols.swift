import Configuration
import Crypto
import SDP
import SIP
import STUN
import Wire

extension SelfTest {
  static let hashes = SelfTestGroup(
    name: "hashes",
    cases: [
      SelfTestCase("MD5 (RFC 1321 A.5)") {
        hex(Hash.md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0"
      },
      SelfTestCase("SHA-256 (FIPS 180-2 B.1)") {
        hex(Hash.sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      },
      SelfTestCase("HMAC-SHA-256 (RFC 4231 §4.3)") {
        hex(hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)))
          == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      },
      SelfTestCase("STUN with integrity (RFC 5769 §2.2)") {
        let text =
          "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
          + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
        guard let message = bytes(hex: text).flatMap({ StunMessage($0) }) else { return false }
        return message.hasIntegrity(key: Array("VOkJxbRl1RmTxUk/WvJxBt".utf8))
          && message.mappedAddress == SocketAddress(IPAddress(ipv4: 0xc000_0201), port: 32853)
      },
      SelfTestCase("digest by MD5 (RFC 7616 §3.9.1)") {
        digestExample(.md5) == "8ca523f5e9506fed4657c9700eebdbec"
      },
      SelfTestCase("digest by SHA-256 (RFC 7616 §3.9.1)") {
        digestExample(.sha256) == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
      },
      SelfTestCase("random bytes differ") {
        guard let a = try? randomBytes(16), let b = try? randomBytes(16) else { return false }
        return a != b
      },
    ])

  /// The response of RFC 7616 §3.4.1 for the RFC's own example.
  private static func digestExample(_ hash: Hash) -> String {
    let secret = hex(hash("Mufasa:http-auth@example.org:Circle of Life"))
    let request = hex(hash("GET:/dir/index.html"))
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    let clientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    return hex(hash("\(secret):\(nonce):00000001:\(clientNonce):auth:\(request)"))
  }

  static let addresses = SelfTestGroup(
    name: "addresses",
    cases: [
      SelfTestCase("IPv4") {
        IPAddress("192.0.2.1")?.description == "192.0.2.1" && IPAddress("192.0.2.256") == nil
      },
      SelfTestCase("IPv6 (RFC 5952)") {
        IPAddress("2001:DB8:0:0:1:0:0:1")?.description == "2001:db8::1:0:0:1"
          && IPAddress("::ffff:10.0.0.1") == IPAddress("10.0.0.1")
      },
    ])

  static let yaml = SelfTestGroup(
    name: "configuration",
    cases: [
      SelfTestCase("read") {
        let text = "domain: office.lan\nextensions: {0100: {name: Büro, password: 0123456789, digest: [SHA-256, MD5]}}"
        let configuration = try? Configuration(yaml: Array(text.utf8), file: "selftest")
        return configuration?.extensions["0100"]
          == Extension(number: "0100", name: "Büro", password: "0123456789", digest: [.sha256, .md5])
      },
      SelfTestCase("faults with their places") {
        do throws(ConfigurationError) {
          _ = try Configuration(yaml: Array("domian: a\nmedia: {ports: 16384-16385}".utf8), file: "f")
          return false
        } catch {
          return error.faults.map { $0.position } == [
            YAMLPosition(line: 1, column: 1), YAMLPosition(line: 2, column: 16),
          ]
        }
      },
    ])

  static let sip = SelfTestGroup(
    name: "SIP",
    cases: [
      SelfTestCase("a request is read") {
        guard let message = try? Message.parse(Array(invite.utf8)), case .request(let request) = message else {
          return false
        }
        return request.method == .invite && request.headers[.callID] == "a84b4c76e66710"
          && request.headers[.to] == "Bob <sip:bob@biloxi.com>" && request.body == [1 + 0x30]
      },
      SelfTestCase("what is written is read again") {
        guard let message = try? Message.parse(Array(invite.utf8)),
          let again = try? Message.parse(message.serialized())
        else { return false }
        return again == message
      },
      SelfTestCase("a stream is cut into messages") {
        var framer = StreamFramer()
        var messages = 0
        for byte in Array((invite + invite).utf8) {
          framer.receive([byte])
          while case .message? = try? framer.next() { messages += 1 }
        }
        return messages == 2
      },
      SelfTestCase("nonsense is refused") { (try? Message.parse(Array("nonsense\r\n\r\n".utf8))) == nil },
    ])

  /// After RFC 3261 §24.2, with a compact name and a folded line.
  private static let invite =
    "INVITE sip:bob@biloxi.com SIP/2.0\r\nVia: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
    + "Max-Forwards: 70\r\nt: Bob\r\n <sip:bob@biloxi.com>\r\nFrom: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    + "Call-ID: a84b4c76e66710\r\nCSeq: 314159 INVITE\r\nContact: <sip:alice@pc33.atlanta.com>\r\n"
    + "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n1"

  static let sdp = SelfTestGroup(
    name: "SDP",
    cases: [
      SelfTestCase("what is written is read again") {
        let text =
          "v=0\r\no=- 20518 0 IN IP4 203.0.113.1\r\ns=-\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\n"
          + "m=audio 54400 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        guard let session = try? SessionDescription.parse(Array(text.utf8)) else { return false }
        return session.media.count == 1 && (try? SessionDescription.parse(session.serialised())) == session
      },
      SelfTestCase("nonsense is refused") { (try? SessionDescription.parse(Array("v=1\r\n".utf8))) == nil },
    ])
}
