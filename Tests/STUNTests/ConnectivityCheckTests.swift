import Testing
import Wire

@testable import STUN

/// What a lite agent of ICE answers (RFC 8445 §7.3, RFC 8489 §9.1).
@Suite struct ConnectivityCheckTests {
  private static let fragment = Array("evtj".utf8)
  private static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)
  private static let source = SocketAddress(IPAddress("192.0.2.7")!, port: 4000)
  private static let transaction = StunTransaction(high: 7, low: 9)

  /// A check as a phone makes it, with changes.
  private static func check(
    _ kind: StunKind = .request, name: String? = "evtj:h6vY", key: [UInt8]? = password, isMarked: Bool = true,
    _ more: (inout StunWriter) -> Void = { _ in }
  ) -> StunMessage {
    var writer = StunWriter(kind, transaction)
    if let name { writer.append(StunAttribute.username, Array(name.utf8)) }
    writer.append(StunAttribute.priority, [0x6e, 0, 1, 0xff])
    more(&writer)
    if let key { writer.appendIntegrity(key: key) }
    if isMarked { writer.appendFingerprint() }
    return StunMessage(writer.bytes)!
  }

  private static func verdict(_ message: StunMessage) -> ConnectivityCheck {
    message.check(from: source, fragment: fragment, password: password)
  }

  /// The error that is answered, as it reads.
  private static func refusal(_ message: StunMessage) throws -> (code: Int, answer: StunMessage) {
    guard case .refused(let answer?) = verdict(message) else { throw Fault.notRefused }
    #expect(answer.count <= message.bytes.count)
    let read = try #require(StunMessage(answer))
    #expect(read.kind == .failure && read.transaction == transaction)
    #expect(read.value(StunAttribute.fingerprint) != nil)
    return (try #require(read.error?.code), read)
  }

  private enum Fault: Error { case notRefused }

  @Test func section7_3_aCheckIsToldItsSourceAndBothSidesAreSure() throws {
    guard case .proved(let answer, let nominates, let priority) = Self.verdict(Self.check()) else {
      throw Fault.notRefused
    }
    let read = try #require(StunMessage(answer))
    #expect(read.kind == .success && read.mappedAddress == Self.source && read.transaction == Self.transaction)
    #expect(read.hasIntegrity(key: Self.password) && read.value(StunAttribute.fingerprint) != nil)
    #expect(!nominates && priority == 0x6e00_01ff)
  }

  @Test func section7_3_1_5_useCandidateNominates() throws {
    let message = Self.check { $0.append(StunAttribute.useCandidate, []) }
    guard case .proved(_, let nominates, _) = Self.verdict(message) else { throw Fault.notRefused }
    #expect(nominates)
  }

  @Test func rfc8489_9_1_3_withoutCredentialsItIsABadRequest() throws {
    for message in [Self.check(name: nil), Self.check(key: nil), Self.check(name: nil, key: nil)] {
      let (code, answer) = try Self.refusal(message)
      #expect(code == 400 && answer.value(StunAttribute.messageIntegrity) == nil)
    }
  }

  @Test(arguments: ["evt:h6vY", "evtjx:h6vY", "evtj", "h6vY:evtj", ":", ""])
  func rfc8489_9_1_3_anotherNameIsRefused(name: String) throws {
    #expect(try Self.refusal(Self.check(name: name)).code == 401)
  }

  @Test func rfc8489_9_1_3_anotherPasswordIsRefusedAndTheAnswerProvesNothing() throws {
    let (code, answer) = try Self.refusal(Self.check(key: Array("wrong".utf8)))
    #expect(code == 401 && answer.value(StunAttribute.messageIntegrity) == nil)
  }

  @Test func rfc8489_6_3_1_whatMustBeKnownAndIsNotIsNamedToThoseWhoProvedThemselves() throws {
    let (code, answer) = try Self.refusal(Self.check { $0.append(0x7001, []) })
    #expect(code == 420 && answer.hasIntegrity(key: Self.password))
    #expect(answer.value(StunAttribute.unknownAttributes).map { Array($0) } == [0x70, 0x01])
    #expect(try Self.refusal(Self.check(key: [1]) { $0.append(0x7001, []) }).code == 401)
  }

  @Test func section7_3_1_1_whoThinksThatItIsControlledIsCorrected() throws {
    let (code, answer) = try Self.refusal(
      Self.check { $0.append(StunAttribute.iceControlled, [UInt8](repeating: 9, count: 8)) })
    #expect(code == 487 && answer.hasIntegrity(key: Self.password))
    let right = Self.check { $0.append(StunAttribute.iceControlling, [UInt8](repeating: 9, count: 8)) }
    guard case .proved = Self.verdict(right) else { throw Fault.notRefused }
  }

  @Test func section7_1_4_withoutAFingerprintItIsNoneOfICEs() {
    #expect(Self.verdict(Self.check(isMarked: false)) == .passed)
  }

  @Test(arguments: [StunKind.indication, .success, .failure])
  func section11_whatAsksForNothingIsAnsweredByNothing(kind: StunKind) {
    #expect(Self.verdict(Self.check(kind)) == .passed)
    #expect(Self.verdict(Self.check(kind, name: nil, key: nil)) == .passed)
  }

  @Test func nobodyIsAnsweredMoreThanHeSent() throws {
    var writer = StunWriter(.request, Self.transaction)
    writer.appendFingerprint()
    // 28 octets; the shortest error has 36.
    #expect(Self.verdict(try #require(StunMessage(writer.bytes))) == .refused(answer: nil))
  }
}
