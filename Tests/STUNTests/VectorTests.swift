import Crypto
import Testing
import Wire

@testable import STUN

/// The octets of hexadecimal text.
private func octets(_ text: String) -> [UInt8] {
  let digits = text.utf8.compactMap { hexDigit($0) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// RFC 5769.
private let request = octets(
  """
  000100582112a442b7e7a701bc34d686fa87dfae 802200105354554e207465737420636c69656e74 002400046e0001ff
  80290008932ff9b151263b36 000600096576746a3a68367659202020 000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
  80280004e57a3bcf
  """)
private let answerIPv4 = octets(
  """
  0101003c2112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220 002000080001a147e112a643
  000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004c07d4c96
  """)
private let answerIPv6 = octets(
  """
  010100482112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220
  002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9 00080014a382954e4be67bf11784c97c8292c275bfe3ed41
  80280004c8fb0b4c
  """)
private let longTerm = octets(
  """
  000100602112a44278ad3433c6ad72c029da412e 00060012e3839ee38388e383aae38383e382afe382b90000
  0015001c662f2f3439396b3935346436 4f4c33346f4c394653547679363473 41 0014000b6578616d706c652e6f726700
  00080014f67024656dd64a3e02b8e0712e85c9a28ca89666
  """)
private let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

@Suite struct VectorTests {
  @Test func theSampleRequestIsUnderstood() throws {
    let message = try #require(StunMessage(request))
    #expect(message.kind == .request && message.method == StunMessage.binding)
    #expect(message.transaction == StunTransaction(high: 0xb7e7_a701, low: 0xbc34_d686_fa87_dfae))
    #expect(message.text(StunAttribute.software) == "STUN test client")
    #expect(message.text(StunAttribute.username) == "evtj:h6vY")
    #expect(message.number(StunAttribute.priority) == 0x6e00_01ff)
    #expect(message.number(StunAttribute.iceControlled) == 0x932f_f9b1_5126_3b36)
    #expect(message.hasIntegrity(key: password) && !message.hasIntegrity(key: [1]))
  }

  @Test(arguments: [(answerIPv4, "192.0.2.1"), (answerIPv6, "2001:db8:1234:5678:11:2233:4455:6677")])
  func theSampleAnswersAreUnderstood(bytes: [UInt8], ip: String) throws {
    let message = try #require(StunMessage(bytes))
    #expect(message.kind == .success && message.hasIntegrity(key: password))
    #expect(message.mappedAddress == SocketAddress(try #require(IPAddress(ip)), port: 32853))
  }

  @Test func theSampleOfLongTermCredentialsIsUnderstood() throws {
    let message = try #require(StunMessage(longTerm))
    #expect(message.text(StunAttribute.realm) == "example.org")
    #expect(message.text(StunAttribute.nonce) == "f//499k954d6OL34oL9FSTvy64sA")
    let user = try #require(message.text(StunAttribute.username))
    #expect(message.hasIntegrity(key: Hash.md5("\(user):example.org:TheMatrIX")))
  }

  @Test(arguments: [request, answerIPv4, answerIPv6])
  func anyOctetThatChangesIsNoticed(bytes: [UInt8]) {
    for i in bytes.indices {
      var other = bytes
      other[i] ^= 0x40
      let message = StunMessage(other)
      #expect(message == nil || i >= bytes.count - 8)
    }
  }
}

@Suite struct StunTests {
  private let transaction = StunTransaction(high: 1, low: 2)

  @Test(arguments: ["192.0.2.1", "2001:db8::7"])
  func whatIsWrittenIsReadBack(ip: String) throws {
    let address = SocketAddress(try #require(IPAddress(ip)), port: 5060)
    var writer = StunWriter(.success, transaction)
    writer.append(mapped: address)
    writer.append(StunAttribute.software, Array("sotto".utf8))
    writer.appendIntegrity(key: [1, 2, 3])
    writer.appendFingerprint()
    let message = try #require(StunMessage(writer.bytes))
    #expect(message.mappedAddress == address && message.transaction == transaction)
    #expect(message.text(StunAttribute.software) == "sotto" && message.hasIntegrity(key: [1, 2, 3]))
    #expect(message.value(StunAttribute.fingerprint) != nil)
  }

  @Test(arguments: [StunKind.request, .indication, .success, .failure], [1, 0x80, 0xfff] as [UInt16])
  func everyTypeComesBack(kind: StunKind, method: UInt16) throws {
    let message = try #require(StunMessage(StunWriter(kind, method: method, transaction).bytes))
    #expect(message.kind == kind && message.method == method)
  }

  @Test func aBindingRequestIsToldItsSource() throws {
    let source = SocketAddress(IPAddress(ipv4: 0xc000_0207), port: 40000)
    let request = try #require(StunMessage(StunWriter(.request, transaction).bytes))
    let answer = try #require(request.bindingAnswer(toSource: source).flatMap { StunMessage($0) })
    #expect(answer.kind == .success && answer.mappedAddress == source && answer.transaction == transaction)
    #expect(answer.value(StunAttribute.fingerprint) == nil)
    #expect(answer.bindingAnswer(toSource: source) == nil)
  }

  @Test func whatMustBeKnownAndIsNotIsNamed() throws {
    var writer = StunWriter(.request, transaction)
    writer.append(0x7001, [1])
    writer.append(0xc001, [])
    writer.append(0x7002, [1, 2, 3])
    writer.appendFingerprint()
    let request = try #require(StunMessage(writer.bytes))
    let source = SocketAddress(IPAddress(ipv4: 1), port: 1)
    let answer = try #require(request.bindingAnswer(toSource: source).flatMap { StunMessage($0) })
    #expect(answer.kind == .failure && answer.error?.code == 420)
    #expect(answer.value(StunAttribute.unknownAttributes).map { Array($0) } == [0x70, 0x01, 0x70, 0x02])
    #expect(answer.value(StunAttribute.fingerprint) != nil)
  }

  @Test func whatStandsBehindTheIntegrityDoesNotCount() throws {
    var writer = StunWriter(.request, transaction)
    writer.appendIntegrity(key: [1])
    writer.append(StunAttribute.useCandidate, [])
    let message = try #require(StunMessage(writer.bytes))
    #expect(message.value(StunAttribute.useCandidate) == nil && message.hasIntegrity(key: [1]))
  }

  @Test func whatIsNoSTUNIsRefused() {
    let whole = StunWriter(.request, transaction).bytes
    #expect(StunMessage([]) == nil && StunMessage(Array(whole.dropLast())) == nil)
    #expect(StunMessage(whole + [0, 6, 0, 9]) == nil)
    #expect(!StunMessage.isSTUN(Array("OPTIONS sip:a SIP/2.0\r\n\r\n".utf8)))
    // A length that says more than there is.
    var long = StunWriter(.request, transaction)
    long.append(StunAttribute.username, [1, 2, 3, 4])
    var bytes = long.bytes
    bytes[23] = 200
    #expect(StunMessage(bytes) == nil)
  }
}
