import Crypto
import Wire

/// One end of a call that is secured from end to end: what goes out in the place of each voice packet, and what a payload
/// that came in is. Order and play-out follow the counters that it gives, never the fields of RTP, which an exchange may
/// rewrite; the marker is never set.
public struct SecureCall: Sendable {
  /// What `fill` put into a packet.
  public enum Filling: Hashable, Sendable {
    /// A whole payload, of keys or of voice.
    case payload
    /// Nothing, and ordinary voice may go out in its place.
    case plain
    /// Nothing, and nothing may go out: silence is to be sent, so that no voice leaves unprotected.
    case silence
  }

  /// What `receive` took a payload for.
  public enum Reception: Hashable, Sendable {
    /// So many octets of Opus, and their place in the order.
    case voice(count: Int, counter: UInt64)
    case key(KeyPress, counter: UInt64)
    /// Part of the key agreement, a repetition, a key heard before: nothing to play.
    case nothing
    /// Ordinary voice of a call that isn't secured.
    case plain
    /// In a secured call, or one that must become so: something without keys, to be muted.
    case foreign
  }

  /// Payloads without keys after which the exchange is said to be speaking: a tenth of a second.
  static let foreignRun = 5
  /// How long voice must have stopped before a stranger's HELLO is told.
  static let strangerPause = Interval.seconds(2)

  public let carrier: Carrier
  /// Whether voice may go unprotected until there are keys, and where there are none.
  public let allowsPlain: Bool
  var isPlainAccepted = false
  var agreement: KeyAgreement
  var sealer: VoiceSealer?
  var opener: VoiceOpener?
  var events: [SecureVoiceEvent] = []
  var path = PathCheck()
  /// Payloads without keys since the last with.
  var foreign = 0
  var lastVoice: Instant?
  var strangerTold = false
  var presses: [KeyPress] = []
  var copiesLeft = 0
  var isKeyNext = false
  var nextSerial: UInt8 = 0
  /// Which keys were heard, by their serials counted on.
  var heardKeys = ReplayWindow()

  /// `allowsPlain` is better false towards a number that is known as a Sotto phone's.
  @export(interface)
  public init(
    _ carrier: Carrier, _ settings: AgreementSettings, allowsPlain: Bool, random: inout RandomSource, now: Instant
  ) {
    self.init(
      carrier, allowsPlain: allowsPlain,
      KeyAgreement(settings, packetSize: carrier.payloadCount, random: &random, now: now))
    drain(now)
  }

  init(_ carrier: Carrier, allowsPlain: Bool, _ agreement: KeyAgreement) {
    self.carrier = carrier
    self.allowsPlain = allowsPlain
    self.agreement = agreement
  }

  public var progress: KeyAgreement.State { agreement.progress }
  public var isSecured: Bool { sealer != nil }

  /// What happened, until nil.
  @export(interface)
  public mutating func poll() -> SecureVoiceEvent? { events.isEmpty ? nil : events.removeFirst() }

  @export(interface)
  public var nextDeadline: Instant? { earliest(agreement.nextDeadline, opener?.nextDeadline) }

  @export(interface)
  public mutating func wake(now: Instant) {
    agreement.wake(now: now)
    sealer?.renew(now)
    opener?.renew(now)
    drain(now)
  }

  /// Sends a key of the telephone; `digit` is below 16, see `KeyPress`.
  @export(interface)
  public mutating func press(_ digit: UInt8, milliseconds: UInt16 = 100) {
    precondition(digit < 16)
    presses.append(KeyPress(digit, milliseconds, serial: nextSerial))
    nextSerial &+= 1
  }

  /// Fills the payload that is due now, of `carrier.payloadCount` octets; `voice` is Opus of `carrier.voiceCount`.
  @export(interface)
  public mutating func fill(
    _ payload: UnsafeMutableRawBufferPointer, voice: UnsafeRawBufferPointer, now: Instant
  ) -> Filling {
    precondition(payload.count == carrier.payloadCount && voice.count == carrier.voiceCount)
    if let frame = agreement.nextFrame(now: now) {
      payload.copyBytes(from: frame.bytes(size: payload.count))
      return .payload
    }
    guard sealer != nil else { return mayBePlain ? .plain : .silence }
    let count = sealKey(into: payload, now) ?? sealer?.seal(voice, into: payload, now: now) ?? 0
    return count == payload.count ? .payload : .silence
  }

  /// A frame with the key that is to be sent, if it is its turn.
  private mutating func sealKey(into payload: UnsafeMutableRawBufferPointer, _ now: Instant) -> Int? {
    guard let press = presses.first else { return nil }
    isKeyNext.toggle()
    guard isKeyNext else { return nil }
    let count = withUnsafeTemporaryAllocation(byteCount: carrier.voiceCount, alignment: 8) { room in
      press.write(to: room)
      return sealer?.seal(UnsafeRawBufferPointer(room), into: payload, now: now) ?? 0
    }
    copiesLeft = copiesLeft == 0 ? KeyPress.copies - 1 : copiesLeft - 1
    if copiesLeft == 0 {
      presses.removeFirst()
      isKeyNext = false
    }
    return count
  }

  /// Whether voice may go unprotected now. Once the other end proved to be a Sotto phone it may not: then a failure is
  /// nobody's accident, and the user has to say so.
  public var mayBePlain: Bool {
    !isSecured && (isPlainAccepted || allowsPlain && !agreement.hasHeardPeer)
  }

  /// The user was alarmed, and goes on without protection.
  public mutating func acceptPlain() { isPlainAccepted = true }

  /// Takes over what the agreement tells.
  mutating func drain(_ now: Instant) {
    while let event = agreement.poll() {
      switch event {
      case .secured(let session):
        sealer = VoiceSealer(Ratchet(baseKey: session.sendingKey, start: now))
        opener = VoiceOpener(Ratchet(baseKey: session.receivingKey, start: now))
        lastVoice = now
      case .retrying, .failed:
        sealer = nil
        opener = nil
      case .unanswered, .unheard, .reflected, .exchangeSpeaks, .strangerAsks: break
      }
      events.append(event)
    }
  }
}
