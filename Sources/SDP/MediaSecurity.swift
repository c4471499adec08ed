import Crypto
import Wire

/// What a phone's media may be on one dialog.
public struct MediaPolicy: Hashable, Sendable {
  public enum Encryption: UInt8, Hashable, Sendable, Storable {
    /// Never.
    case never
    /// Where the phone does so too (RFC 8643).
    case welcome
    /// Always, or there is no media.
    case must
  }

  /// How keys may be agreed upon.
  public enum Ways: UInt8, Hashable, Sendable, Storable {
    /// By naming them in descriptions (SDES), or by a handshake of DTLS.
    case any
    /// By naming them alone: who speaks has no handshake.
    case naming
    /// By a handshake alone: descriptions may be read by anyone.
    case handshake
    /// By a handshake, with a page in a browser, which takes nothing else (RFC 8827 §6.5).
    case browser

    var includeNaming: Bool { self == .any || self == .naming }
  }

  public var encryption: Encryption
  public var ways: Ways

  public init(_ encryption: Encryption, by ways: Ways = .any) {
    self.encryption = encryption
    self.ways = ways
  }

  public static let plain = MediaPolicy(.never)
  public static let optional = MediaPolicy(.welcome)
  public static let secure = MediaPolicy(.must)

  public var mustEncrypt: Bool { encryption == .must }
}

/// What the exchange says of encryption on one dialog: keys by SDES (RFC 4568) and handshakes of DTLS (RFC 5763).
public struct OwnSecurity: Hashable, Sendable {
  public var policy: MediaPolicy
  /// 32 random octets, of which the keys of this dialog are made; without them it has none.
  private let secret: [UInt8]
  /// The SHA-256 of the certificate that handshakes show.
  let fingerprint: [UInt8]
  /// How often another association of DTLS was begun.
  var associations: UInt32 = 0
  /// As offered: what is stronger first, and what all phones have. The last is for those that have nothing else.
  static let suites: [SRTPSuite] = [.aeadAES256GCM, .aeadAES128GCM, .aesCM256Tag80, .aesCM128Tag80, .aesCM128Tag32]

  /// No certificate has this fingerprint, so that a handshake fails for whoever expects it.
  public static let nobody = [UInt8](repeating: 0, count: 32)

  /// `fingerprint` is the SHA-256 of the certificate that handshakes show.
  public init(policy: MediaPolicy = .plain, secret: [UInt8] = [], fingerprint: [UInt8] = nobody) {
    self.policy = secret.count == 32 ? policy : .plain
    self.secret = secret
    self.fingerprint = fingerprint.count == 32 ? fingerprint : Self.nobody
  }

  /// Whether keys are agreed upon at all.
  var isSpoken: Bool { policy.encryption != .never }
  /// Whether they may be named.
  var namesKeys: Bool { isSpoken && policy.ways.includeNaming }

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

  /// Our `a=tls-id` (RFC 8842 §4).
  var associationName: String {
    var writer = StorageWriter()
    writer.put(number: associations)
    return hex(hmacSHA256(key: secret, Array("tls-id".utf8) + writer.bytes)[..<16])
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
  /// RTP whose profile says that it is encrypted (RFC 3711 §12, RFC 5124).
  var isSecureRTP: Bool {
    equalsIgnoringCase(transport, "RTP/SAVP") || equalsIgnoringCase(transport, "RTP/SAVPF") || isByHandshake
  }
  /// Its keys come from a handshake of DTLS (RFC 5764 §8).
  var isByHandshake: Bool {
    equalsIgnoringCase(transport, "UDP/TLS/RTP/SAVP") || equalsIgnoringCase(transport, "UDP/TLS/RTP/SAVPF")
  }
}

extension SessionDescription {
  /// By what the media of a line can be encrypted under the policy: by the keys that it names, else by a handshake.
  func security(
    of line: MediaDescription, _ policy: MediaPolicy
  ) -> (crypto: [CryptoLine], handshake: HandshakeDescription?) {
    guard policy.encryption != .never else { return ([], nil) }
    let crypto = policy.ways.includeNaming && !line.isByHandshake ? line.cryptoLines : []
    return (crypto, crypto.isEmpty && policy.ways != .naming ? handshake(of: line) : nil)
  }
}

extension LocalSession {
  /// The keys that this session and the phone that says `theirs` have named; nil where they have named none. Of an offer
  /// it is the first line that we answer, and an answer has one.
  public func keys(with theirs: AudioStream) -> KeyAgreement? {
    guard security.isSpoken, let line = theirs.crypto.first, let own = security.line(line.tag, line.suite)?.keys.first
    else { return nil }
    return KeyAgreement(own: own, theirs: line.keys, window: line.window)
  }

  /// What the next description of the phone may say, which said `before` last: what is encrypted stays so.
  public func policy(after before: AudioStream?) -> MediaPolicy {
    guard let before, keys(with: before) != nil || handshake(with: before) != nil else { return security.policy }
    return MediaPolicy(.must, by: security.policy.ways)
  }

  /// Whether both have said that RTCP goes by the port of RTP (RFC 5761 §5.1.1).
  public func muxesControl(with theirs: AudioStream) -> Bool {
    theirs.muxesControl && said?.attribute("rtcp-mux") != nil
  }

  /// The profile that an offer has: the one that was encrypted before, else what the policy asks for.
  var profile: String {
    if let said, said.port != 0, !said.cryptoLines.isEmpty || said.attribute("fingerprint") != nil {
      return said.transport
    }
    switch (security.policy.encryption, security.policy.ways) {
    case (.never, _): return "RTP/AVP"
    case (_, .browser): return "UDP/TLS/RTP/SAVPF"
    case (.welcome, _): return "RTP/AVP"
    case (.must, .any), (.must, .naming): return "RTP/SAVP"
    case (.must, .handshake): return "UDP/TLS/RTP/SAVP"
    }
  }

  /// Adds what offers encryption: all ways and suites, or those in use, for not all phones change them within a call.
  func offerKeys(in line: inout MediaDescription, after before: AudioStream?) {
    guard security.isSpoken else { return }
    let isHandshake = before.map { handshake(with: $0) != nil } ?? false
    let named = before?.crypto.first.flatMap { security.line($0.tag, $0.suite) }
    if security.namesKeys, !isHandshake {
      line.attributes += (named.map { [$0] } ?? security.offered()).map { Attribute("crypto", $0.value) }
    }
    // Where it is merely welcome, a phone on a plain way is not bothered with what few have.
    let isWorthIt = security.policy.mustEncrypt || security.policy.ways != .handshake
    guard security.policy.ways != .naming else { return }
    guard isHandshake || named == nil && isWorthIt else { return }
    offerHandshake(in: &line)
    // One handshake for both, as nearly all want it.
    if line.attribute("rtcp-mux") == nil { line.attributes.append(Attribute("rtcp-mux")) }
  }

  /// Adds what answers the phone's `line`: the first of its keys that can be taken (RFC 4568 §5.1.2), or its handshake.
  mutating func answerKeys(
    to offer: SessionDescription, _ offered: MediaDescription, after before: AudioStream?,
    in line: inout MediaDescription
  ) {
    guard security.isSpoken else { return }
    let theirs = offer.security(of: offered, security.policy)
    if let named = theirs.crypto.first, let ours = security.line(named.tag, named.suite) {
      line.attributes.append(Attribute("crypto", ours.value))
    } else if let handshake = theirs.handshake {
      answerHandshake(handshake, before: before, in: &line)
    }
  }
}

extension CryptoLine: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let line = CryptoLine(try reader.value(String.self)) else { throw .invalid }
    self = line
  }
  public func write(to writer: inout StorageWriter) { writer.put(value) }
}

extension MediaPolicy: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(try reader.value(), by: try reader.value())
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(encryption)
    writer.put(ways)
  }
}

extension OwnSecurity: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    self.init(policy: try reader.value(), secret: try reader.value(), fingerprint: try reader.value())
    associations = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(policy)
    writer.put(secret)
    writer.put(fingerprint)
    writer.put(associations)
  }
}
