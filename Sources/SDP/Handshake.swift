import Crypto
import Wire

/// The digest of a certificate, by which a description vouches for it (RFC 8122 §5).
public struct Fingerprint: Hashable, Sendable {
  /// The hashes that are strong enough to vouch for anything.
  public enum Hash: UInt8, Hashable, Sendable, CaseIterable {
    case sha256, sha384, sha512

    var name: String {
      switch self {
      case .sha256: "sha-256"
      case .sha384: "sha-384"
      case .sha512: "sha-512"
      }
    }

    var length: Int {
      switch self {
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }
  }

  public let hash: Hash
  public let octets: [UInt8]

  /// Nil where there are not as many octets as the hash has.
  public init?(_ hash: Hash, _ octets: [UInt8]) {
    guard octets.count == hash.length else { return nil }
    self.hash = hash
    self.octets = octets
  }

  /// Reads `sha-256 4A:AD:…`, the value of the attribute; nil where it can't be taken.
  @export(interface)
  public init?(_ value: String) {
    let parts = words(value)
    guard parts.count == 2, let hash = Hash.allCases.first(where: { equalsIgnoringCase($0.name, text(parts[0])) }),
      parts[1].count == 3 * hash.length - 1
    else { return nil }
    var octets: [UInt8] = []
    for pair in parts[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
      guard pair.count == 2, let high = hexDigit(pair[pair.startIndex]), let low = hexDigit(pair[pair.startIndex + 1])
      else { return nil }
      octets.append(high << 4 | low)
    }
    self.init(hash, octets)
  }

  /// The value of the attribute; in capitals, as RFC 8122 §5 has it.
  public var value: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for octet in octets {
      if !text.isEmpty { text.append(UInt8(ascii: ":")) }
      text += [digits[Int(octet >> 4)], digits[Int(octet & 15)]]
    }
    return hash.name + " " + String(decoding: text, as: UTF8.self)
  }
}

/// Which end begins a handshake, in an offer or answer (`a=setup`, RFC 4145 §4).
public enum Setup: UInt8, Hashable, Sendable, Storable {
  case active, passive, actpass

  init?(_ value: String) {
    switch value {
    case "active": self = .active
    case "passive": self = .passive
    case "actpass": self = .actpass
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .active: "active"
    case .passive: "passive"
    case .actpass: "actpass"
    }
  }
}

/// What a description says of a handshake of DTLS on one of its streams (RFC 5763 §5, RFC 8842).
public struct HandshakeDescription: Hashable, Sendable {
  public static let mostFingerprints = 8

  /// One of them is that of its author's certificate.
  public var fingerprints: [Fingerprint]
  /// Nil where it says nothing: then an offer means to be active, an answer passive (RFC 4145 §4).
  public var setup: Setup?
  /// Its name for the association: another one asks for another handshake (`a=tls-id`, RFC 8842 §4).
  public var association: String?
}

/// What both sides have said of a handshake on one stream.
public struct HandshakeAgreement: Hashable, Sendable {
  /// The same as long as the handshake that was is to stand.
  public var association: UInt64
  /// Whether the exchange begins it.
  public var isClient: Bool
  /// One of these has the phone's certificate.
  public var fingerprints: [Fingerprint]
}

extension SessionDescription {
  /// What is said of a handshake for that line; nil where nothing is, or nothing that can be taken.
  func handshake(of line: MediaDescription) -> HandshakeDescription? {
    let own = line.attributes.contains { $0.name == "fingerprint" } ? line.attributes : attributes
    let fingerprints = own.filter { $0.name == "fingerprint" }.compactMap { $0.value.flatMap { Fingerprint($0) } }
    guard !fingerprints.isEmpty else { return nil }
    var setup: Setup?
    if let said = value(of: "setup", line) {
      // `holdconn` wants no handshake now, and anything else is nobody's.
      guard let known = Setup(said) else { return nil }
      setup = known
    }
    let association = value(of: "tls-id", line).flatMap { (20...255).contains($0.utf8.count) ? $0 : nil }
    return HandshakeDescription(
      fingerprints: Array(fingerprints.prefix(HandshakeDescription.mostFingerprints)), setup: setup,
      association: association)
  }
}

extension LocalSession {
  /// What was agreed with the phone that says `theirs`; nil where no handshake was.
  public func handshake(with theirs: AudioStream) -> HandshakeAgreement? {
    guard let theirs = theirs.handshake, let said, said.attribute("fingerprint") != nil else { return nil }
    let isClient: Bool
    switch said.attribute("setup")?.value.flatMap({ Setup($0) }) {
    case .active: isClient = true
    case .passive: isClient = false
    case .actpass, nil: isClient = theirs.setup != .active && theirs.setup != .actpass
    }
    return HandshakeAgreement(
      association: number(theirs, isClient: isClient), isClient: isClient, fingerprints: theirs.fingerprints)
  }

  /// RFC 8842 §4: other fingerprints, roles or names make another association.
  private func number(_ theirs: HandshakeDescription, isClient: Bool) -> UInt64 {
    var writer = StorageWriter()
    writer.put(sessionID)
    writer.put(isClient)
    writer.put(theirs.fingerprints)
    writer.put(theirs.association)
    return Hash.sha256(writer.bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Adds what offers a handshake, or the one that stands.
  func offerHandshake(in line: inout MediaDescription) {
    describeHandshake(.actpass, named: true, in: &line)
  }

  /// Adds what answers the phone's offer of one. Who may choose begins it: what it sends finds its way through a
  /// translator of addresses, and a handshake that stands keeps its roles (RFC 8842 §5.5).
  mutating func answerHandshake(
    _ theirs: HandshakeDescription, before: AudioStream?, in line: inout MediaDescription
  ) {
    let standing = before.flatMap { handshake(with: $0) }
    let isSame =
      before?.handshake?.fingerprints == theirs.fingerprints && before?.handshake?.association == theirs.association
    if standing != nil, !isSame { security.associations &+= 1 }
    let setup: Setup =
      switch theirs.setup {
      case .passive: .active
      case .active, nil: .passive
      case .actpass: isSame && standing?.isClient == true ? .active : .passive
      }
    // RFC 8842 §5.3: who has named nothing is told no name.
    describeHandshake(setup, named: theirs.association != nil, in: &line)
  }

  private func describeHandshake(_ setup: Setup, named: Bool, in line: inout MediaDescription) {
    guard let fingerprint = Fingerprint(.sha256, security.fingerprint) else { return }
    line.attributes.append(Attribute("setup", setup.name))
    line.attributes.append(Attribute("fingerprint", fingerprint.value))
    if named { line.attributes.append(Attribute("tls-id", security.associationName)) }
  }
}

extension Fingerprint: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    guard let fingerprint = Fingerprint(try reader.value(String.self)) else { throw .invalid }
    self = fingerprint
  }
  public func write(to writer: inout StorageWriter) { writer.put(value) }
}

extension HandshakeDescription: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    fingerprints = try reader.value()
    setup = try reader.value()
    association = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(fingerprints)
    writer.put(setup)
    writer.put(association)
  }
}
