import Crypto
import Media
import Platform
import Wire

/// The handshakes of DTLS with the phone on one side of a stream: one that runs, and the one before for as long as its last
/// flight may be asked for again.
struct Handshake {
  /// After this it is given up.
  static let patience = Interval.seconds(30)
  /// After this one that was begun makes room for another.
  private static let turn = Interval.seconds(5)

  let terms: HandshakeTerms
  private var running: DTLSHandshake?
  private var standing: DTLSHandshake?
  private var hasKeys: Bool
  private var began: Instant
  /// When the phone was last heard, or this began.
  private(set) var deadline: Instant

  /// What came of a step.
  enum Outcome {
    case goesOn
    case agreed(LegKeys)
    case failed(String)
  }

  /// `hasKeys` says that they are there from another process: then only the phone may begin anew.
  init(_ terms: HandshakeTerms, hasKeys: Bool, now: Instant) {
    self.terms = terms
    self.hasKeys = hasKeys
    began = now
    deadline = now + Self.patience
  }

  /// Whether nothing is to be done before the phone says something.
  var isIdle: Bool { running == nil && standing == nil && hasKeys }

  /// The box's first flight, where it begins.
  mutating func begin(_ context: DTLSContext, now: Instant) -> Outcome {
    guard terms.isClient, !hasKeys else { return .goesOn }
    return start(context, now: now) { handshake throws(TLSError) in try handshake.receive([]) }
  }

  mutating func receive(_ datagram: [UInt8], _ context: DTLSContext, now: Instant) -> Outcome {
    if !terms.isClient, Self.isHello(datagram), running == nil || now - began >= Self.turn {
      // A client that lost everything may begin anew; what stands counts until that is done.
      return start(context, now: now) { handshake throws(TLSError) in try handshake.receive(datagram) }
    }
    if running != nil { return step(now) { handshake throws(TLSError) in try handshake.receive(datagram) } }
    // The last flight again, or an alert.
    try? standing?.receive(datagram)
    return .goesOn
  }

  mutating func wake(now: Instant) -> Outcome {
    if now >= deadline {
      standing = nil
      if !hasKeys { return .failed("its phone did not answer within \(Self.patience.seconds) s") }
      running = nil
      return .goesOn
    }
    guard running != nil else { return .goesOn }
    return step(now) { handshake throws(TLSError) in try handshake.wake() }
  }

  /// When it is to be woken; nil where it need not be.
  func nextDeadline(now: Instant) -> Instant? {
    if isIdle { return nil }
    guard let delay = running?.delay else { return deadline }
    return min(deadline, now + .milliseconds(max(1, delay)))
  }

  /// What is to be sent to the phone.
  func takeOutgoing() -> [[UInt8]] { (standing?.takeOutgoing() ?? []) + (running?.takeOutgoing() ?? []) }

  // MARK: steps

  private mutating func start(
    _ context: DTLSContext, now: Instant, _ first: (DTLSHandshake) throws(TLSError) -> Void
  ) -> Outcome {
    do throws(TLSError) {
      running = try DTLSHandshake(context, isClient: terms.isClient)
    } catch {
      return failed(error.description)
    }
    began = now
    deadline = now + Self.patience
    return step(now, first)
  }

  private mutating func step(_ now: Instant, _ body: (DTLSHandshake) throws(TLSError) -> Void) -> Outcome {
    guard let handshake = running else { return .goesOn }
    do throws(TLSError) {
      try body(handshake)
    } catch {
      return failed(error.description)
    }
    switch handshake.state {
    case .waiting: return .goesOn
    case .ended: return failed("its phone gave it up")
    case .done: break
    }
    guard isExpected(handshake) else {
      handshake.refuse()
      return failed("its phone showed another certificate than its session description vouches for")
    }
    guard let keys = keys(of: handshake) else {
      return failed("its phone has none of the suites of SRTP that sotto has")
    }
    running = nil
    standing = handshake
    hasKeys = true
    deadline = now + Self.patience
    return .agreed(keys)
  }

  /// What was agreed before stands, whatever comes of a further attempt.
  private mutating func failed(_ why: String) -> Outcome {
    if !hasKeys { return .failed(why) }
    running = nil
    return .goesOn
  }

  private func isExpected(_ handshake: DTLSHandshake) -> Bool {
    terms.fingerprints.contains { expected in
      guard let hash = DTLSHandshake.Hash(rawValue: Int32(expected.count * 8)) else { return false }
      return constantTimeEqual(handshake.fingerprint(hash), expected)
    }
  }

  /// RFC 5764 §4.2: the client's key, the server's, the client's salt, the server's.
  private func keys(of handshake: DTLSHandshake) -> LegKeys? {
    guard let suite = Self.suite(handshake.profile), let octets = try? handshake.export(2 * suite.length) else {
      return nil
    }
    func key(_ number: Int) -> SRTPKey? {
      let key = octets[number * suite.keyLength..<(number + 1) * suite.keyLength]
      let start = 2 * suite.keyLength + number * suite.saltLength
      return SRTPKey(suite, Array(key + octets[start..<start + suite.saltLength]))
    }
    guard let client = key(0), let server = key(1) else { return nil }
    return LegKeys(own: terms.isClient ? client : server, theirs: [terms.isClient ? server : client])
  }

  /// RFC 5764 §4.1.2, RFC 7714 §14.2.
  private static func suite(_ profile: Int32) -> SRTPSuite? {
    switch profile {
    case 1: .aesCM128Tag80
    case 2: .aesCM128Tag32
    case 7: .aeadAES128GCM
    case 8: .aeadAES256GCM
    default: nil
    }
  }

  /// A record with a ClientHello, in no epoch of keys (RFC 6347 §4.1, §4.2.2).
  private static func isHello(_ datagram: [UInt8]) -> Bool {
    datagram.count > 13 && datagram[0] == 22 && datagram[3] == 0 && datagram[4] == 0 && datagram[13] == 1
  }
}
