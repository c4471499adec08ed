import Crypto
import Wire

/// What a phone's media may be on one dialog.
public enum MediaPolicy: UInt8, Hashable, Sendable {
  /// Never encrypted.
  case plain
  /// Encrypted where the phone does so too (RFC 8643).
  case optional
  /// Encrypted, or there is none.
  case secure
  /// It has to be encrypted, but keys must not be named here, where anyone may read them: there is none.
  case unattainable
}

/// What the exchange says of encryption on one dialog: keys by SDES (RFC 4568).
public struct OwnSecurity: Hashable, Sendable {
  public var policy: MediaPolicy
  /// 32 random octets, of which the keys of this dialog are made; without them it has none.
  private let secret: [UInt8]
  /// As offered: what is stronger first, and what all phones have. The last is for those that have nothing else.
  static let suites: [SRTPSuite] = [.aeadAES256GCM, .aeadAES128GCM, .aesCM256Tag80, .aesCM128Tag80, .aesCM128Tag32]

  public init(policy: MediaPolicy = .plain, secret: [UInt8] = []) {
    self.policy = secret.count == 32 ? policy : .plain
    self.secret = secret
  }

  /// Whether keys are named at all.
  var isSpoken: Bool { policy == .optional || policy == .secure }

  /// Lines that offer each of the suites. Those of a dialog are the same each time, so that a stream goes on under its key.
  func offered() -> [CryptoLine] {
    Self.suites.enumerated().compactMap { line(UInt32($0.offset + 1), $0.element) }
  }

  /// A line under that tag with our key for the suite, which no other suite shares.
  func line(_ tag: UInt32, _ suite: SRTPSuite) -> CryptoLine? {
    var octets: [UInt8] = []
    for block in UInt8(0)..<2 { octets += hmacSHA256(key: secret, Array("sdes".utf8) + [suite.rawValue, block]) }
    return SRTPKey(suite, Array(octets[..<suite.length])).map { CryptoLine(tag: tag, suite: suite, keys: [$0]) }
  }
}

/// The keys that both sides have named.
public struct KeyAgreement: Hashable, Sendable {
  /// By which the exchange sends.
  public var own: SRTPKey
  /// By which the phone sends.
  public var theirs: [SRTPKey]
  /// The replay window that the phone wishes for what it sends; 0 for none.
  public var window: UInt32
}

extension MediaDescription {
  /// RTP whose profile says that it is encrypted, by keys in the description (RFC 3711 §12, RFC 5124).
  var isSecureRTP: Bool { equalsIgnoringCase(transport, "RTP/SAVP") || equalsIgnoringCase(transport, "RTP/SAVPF") }
}

extension LocalSession {
  /// The keys that this session and the phone that says `theirs` have agreed upon; nil where the stream is not encrypted.
  /// Of an offer it is the first line that we answer, and an answer has one.
  public func keys(with theirs: AudioStream) -> KeyAgreement? {
    guard security.isSpoken, let line = theirs.crypto.first, let own = security.line(line.tag, line.suite)?.keys.first
    else { return nil }
    return KeyAgreement(own: own, theirs: line.keys, window: line.window)
  }

  /// What the next description of the phone may say, which said `before` last: what is encrypted stays so.
  public func policy(after before: AudioStream?) -> MediaPolicy {
    guard security.policy == .optional, let before, keys(with: before) != nil else { return security.policy }
    return .secure
  }

  /// The profile that an offer has: the one that keys were named in before, else what the policy asks for.
  var profile: String {
    if let said, said.port != 0, !said.cryptoLines.isEmpty { return said.transport }
    return security.policy == .secure ? "RTP/SAVP" : "RTP/AVP"
  }

  /// Adds what offers encryption: all suites, or the one that is in use, for not all phones change it within a call.
  func offerKeys(in line: inout MediaDescription, after before: AudioStream?) {
    guard security.isSpoken else { return }
    let agreed = before?.crypto.first.flatMap { security.line($0.tag, $0.suite) }
    line.attributes += (agreed.map { [$0] } ?? security.offered()).map { Attribute("crypto", $0.value) }
  }

  /// Adds what answers the phone's `line`: the first of its keys that can be taken (RFC 4568 §5.1.2).
  func answerKeys(to offered: MediaDescription, in line: inout MediaDescription) {
    guard security.isSpoken, let theirs = offered.cryptoLines.first,
      let ours = security.line(theirs.tag, theirs.suite)
    else { return }
    line.attributes.append(Attribute("crypto", ours.value))
  }
}

extension CryptoLine: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let line = CryptoLine(try reader.value(String.self)) else { throw .invalid }
    self = line
  }
  public func write(to writer: inout StorageWriter) { writer.put(value) }
}

extension OwnSecurity: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let policy = MediaPolicy(rawValue: try reader.number(UInt8.self)) else { throw .invalid }
    self.init(policy: policy, secret: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(number: policy.rawValue)
    writer.put(secret)
  }
}
