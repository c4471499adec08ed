import Crypto
import Wire

/// 128 random bits, of which the credentials of a dialog are made.
public struct IceSecret: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// What the exchange says of ICE on one dialog, as a lite agent (RFC 8445 §2.5) with one host candidate for each component.
public struct OwnIce: Hashable, Sendable {
  /// Without it ICE is not spoken.
  private let secret: IceSecret?
  /// How often ICE began anew, by the number of the stream; 0 is the audio.
  private var restarts: [UInt16: UInt32] = [:]
  /// Whether the phone has said that it speaks ICE, so that it is offered to it.
  public var isOffered = false

  init(secret: IceSecret?) { self.secret = secret }

  /// Adds what answers the phone's `line`; `before` is what the phone had said of the same stream, `last` what we had.
  mutating func answer(
    _ number: UInt16, _ theirs: IceDescription?, before: IceDescription?, last: MediaDescription?,
    in line: inout MediaDescription, at ip: IPAddress
  ) {
    guard let secret, let theirs else { return }
    guard theirs.matches else {
      line.attributes.append(Attribute("ice-mismatch"))
      return
    }
    // RFC 8839 §4.4.2: new credentials of theirs ask for new ones of ours.
    let isNew = before.map { $0.credentials != theirs.credentials } ?? false
    if isNew || isMoved(line, ip, last) { restart(number) }
    isOffered = true
    describe(number, secret, in: &line, at: ip)
    // To those who wait for more: there is none.
    if theirs.trickles { line.attributes.append(Attribute("end-of-candidates")) }
  }

  /// Adds what offers ICE, where the phone speaks it.
  mutating func offer(_ number: UInt16, last: MediaDescription?, in line: inout MediaDescription, at ip: IPAddress) {
    guard let secret, isOffered else { return }
    if isMoved(line, ip, last) { restart(number) }
    describe(number, secret, in: &line, at: ip)
  }

  /// Another port or address is another beginning (RFC 8839 §4.4.1.1.1).
  private func isMoved(_ line: MediaDescription, _ ip: IPAddress, _ last: MediaDescription?) -> Bool {
    guard let last, last.ownCredentials != nil else { return false }
    return !last.attributes.contains(candidate(1, line, ip))
  }

  private func candidate(_ component: UInt16, _ line: MediaDescription, _ ip: IPAddress) -> Attribute {
    // RFC 8445 §5.1.2.1: 126 is a host's own, 65535 the only address.
    let priority = 126 << 24 + 65535 << 8 + (256 - UInt32(component))
    let port = line.port &+ (component - 1)
    return Attribute("candidate", "1 \(component) UDP \(priority) \(ip.description) \(port) typ host")
  }

  private mutating func restart(_ number: UInt16) { restarts[number, default: 0] &+= 1 }

  private func describe(
    _ number: UInt16, _ secret: IceSecret, in line: inout MediaDescription, at ip: IPAddress
  ) {
    let credentials = credentials(number, secret)
    line.attributes.append(Attribute("ice-ufrag", credentials.fragment))
    line.attributes.append(Attribute("ice-pwd", credentials.password))
    line.attributes.append(candidate(1, line, ip))
    if line.attribute("rtcp-mux") == nil { line.attributes.append(candidate(2, line, ip)) }
  }

  /// A digest of the secret: 32 and 128 bits of it, where RFC 8445 §5.3 wants 24 and 128 at least.
  private func credentials(_ number: UInt16, _ secret: IceSecret) -> IceCredentials {
    var writer = StorageWriter()
    writer.put(secret)
    let key = writer.bytes
    writer.clear()
    writer.put(number: number)
    writer.put(number: restarts[number] ?? 0)
    let octets = hmacSHA256(key: key, writer.bytes)
    return IceCredentials(fragment: hex(octets[..<4]), password: hex(octets[8..<24]))
  }
}

extension MediaDescription {
  /// The credentials that this line of ours names.
  var ownCredentials: IceCredentials? {
    guard let fragment = attribute("ice-ufrag")?.value, let password = attribute("ice-pwd")?.value else { return nil }
    return IceCredentials(fragment: fragment, password: password)
  }
}

extension LocalSession {
  /// What was agreed upon ICE on the stream of that number, 0 for the audio, with the phone that says `theirs` of it;
  /// nil where it was not.
  public func ice(_ number: UInt16, with theirs: IceDescription?) -> IceAgreement? {
    guard let theirs, let last, let place = number == 0 ? audioIndex : places[number], place < last.media.count,
      let own = last.media[place].ownCredentials
    else { return nil }
    return IceAgreement(session: sessionID, own: own, theirs: theirs)
  }
}

extension IceSecret: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    high = try reader.value()
    low = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(high)
    writer.put(low)
  }
}

extension OwnIce: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    secret = try reader.value()
    restarts = try reader.value()
    isOffered = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(secret)
    writer.put(restarts)
    writer.put(isOffered)
  }
}

extension IceCredentials: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    fragment = try reader.value()
    password = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(fragment)
    writer.put(password)
  }
}

extension IceDescription: Storable {
  public init(from reader: inout StorageReader) throws(StorageError) {
    credentials = try reader.value()
    isLite = try reader.value()
    trickles = try reader.value()
    matches = try reader.value()
  }
  public func write(to writer: inout StorageWriter) {
    writer.put(credentials)
    writer.put(isLite)
    writer.put(trickles)
    writer.put(matches)
  }
}
