import Codecs
import Crypto
import RTP
import SecureVoice
import Wire

/// What a phone wants of end-to-end security in a call.
public struct SecureWish: Sendable {
  /// The Ed25519 secret of this phone's identity, 32 octets.
  public var identity: [UInt8]
  /// What is remembered of the other phone.
  public var peer: PeerRecord?
  /// No voice goes out without.
  public var isRequired: Bool
  public var requiresPostQuantum: Bool

  public init(identity: [UInt8], peer: PeerRecord?, isRequired: Bool, requiresPostQuantum: Bool = false) {
    self.identity = identity
    self.peer = peer
    self.isRequired = isRequired
    self.requiresPostQuantum = requiresPostQuantum
  }
}

/// One end of a secured call with the codec that it carries.
struct SecuredVoice {
  enum Filling {
    case payload([UInt8])
    case plain
    case silence
  }

  /// Packets of which none came for so long begin anew: counters tell the order, not the time that passed.
  static let pause = Interval.milliseconds(300)

  let wish: SecureWish
  let carrier: Carrier
  var call: SecureCall
  private let encoder: VoiceEncoder
  /// Counts the runs of packets without a pause.
  private var run: UInt32 = 0
  private var lastPlaced: Instant?

  init?(_ carrier: Carrier, _ wish: SecureWish, rate: Int, random: inout RandomSource, now: Instant) {
    guard let encoder = VoiceEncoder(OpusSettings(bitrate: carrier.opusBitrate), rate: rate) else { return nil }
    self.wish = wish
    self.carrier = carrier
    self.encoder = encoder
    let settings = AgreementSettings(
      identity: wish.identity, peer: wish.peer, requiresPostQuantum: wish.requiresPostQuantum)
    // A number that is known as a Sotto phone's is not spoken to before there are keys.
    call = SecureCall(
      carrier, settings, allowsPlain: !wish.isRequired && wish.peer == nil, random: &random, now: now)
  }

  /// What goes out in the place of these samples.
  mutating func fill(_ samples: UnsafeBufferPointer<Int16>, now: Instant) -> Filling {
    let (voiceCount, payloadCount) = (carrier.voiceCount, carrier.payloadCount)
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: voiceCount) { voice in
      voice.initialize(repeating: 0)
      let made = encoder.encode(samples, into: voice)
      // Never of another length: what the encoder can't fill stays silent.
      if made != voiceCount { voice.update(repeating: 0) }
      var filling = SecureCall.Filling.silence
      let bytes = [UInt8](unsafeUninitializedCapacity: payloadCount) { room, count in
        room.initialize(repeating: 0)
        filling = call.fill(
          UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[..<payloadCount])),
          voice: UnsafeRawBufferPointer(voice), now: now)
        count = payloadCount
      }
      return switch filling {
      case .payload: .payload(bytes)
      case .plain: .plain
      case .silence: .silence
      }
    }
  }

  /// Where a packet with that counter has its place among others.
  mutating func place(_ counter: UInt64, now: Instant) -> RTPHeader {
    if let lastPlaced, now - lastPlaced > Self.pause { run &+= 1 }
    lastPlaced = now
    let step = UInt64(carrier.milliseconds) * UInt64(VoiceCoding.opus.ticks)
    return RTPHeader(
      payloadType: 0, sequence: UInt16(truncatingIfNeeded: counter),
      timestamp: UInt32(truncatingIfNeeded: counter &* step), ssrc: run)
  }
}

extension Carrier {
  /// How secured voice travels under these terms; nil for a codec that carries none.
  init?(_ terms: MediaTerms) {
    let packet: Packet = terms.packetTime == 10 ? .milliseconds10 : .milliseconds20
    switch terms.format.coding {
    case .opus: self = .opus(packet: packet)
    case .muLaw: self = .tunnel(law: .mu, packet: packet)
    case .aLaw: self = .tunnel(law: .a, packet: packet)
    case .g722: return nil
    }
  }
}

/// How far the call is secured from end to end.
public enum EndSecurity: Hashable, Sendable {
  /// Not wished for, or the codec carries none.
  case none
  /// The other phone was not heard of yet.
  case asking
  case agreeing
  case secured
  /// The other end is no Sotto phone.
  case unanswered
  case failed(SecureVoiceFault)
}

extension VoicePath {
  /// Begins to agree on keys with the other phone; false where the codec in use carries no secured voice.
  @export(interface)
  @discardableResult
  public func secure(_ wish: SecureWish, now: Instant) -> Bool {
    guard let terms, let carrier = Carrier(terms) else {
      secured = nil
      return false
    }
    secured = SecuredVoice(carrier, wish, rate: rate, random: &random, now: now)
    takeSecureEvents()
    return secured != nil
  }

  /// Another phone has taken the other end's place and asks for keys: nothing is remembered of it.
  @export(interface)
  public func secureAnew(now: Instant) {
    guard var wish = secured?.wish else { return }
    wish.peer = nil
    secure(wish, now: now)
  }

  public var endSecurity: EndSecurity {
    switch secured?.call.progress {
    case nil: .none
    case .calling?: .asking
    case .agreeing?: .agreeing
    case .secured?: .secured
    case .unanswered?: .unanswered
    case .failed(let fault)?: .failed(fault)
    }
  }

  public var carrier: Carrier? { secured?.carrier }

  /// The user was alarmed, and goes on without protection.
  @export(interface)
  public func acceptPlain() { secured?.call.acceptPlain() }

  /// Whether voice of the user's goes out now, secured or as it may.
  public var isHeardThere: Bool { secured.map { $0.call.isSecured || $0.call.mayBePlain } ?? true }

  func takeSecureEvents() {
    while let event = secured?.call.poll() { events.append(.secure(event)) }
  }
}
