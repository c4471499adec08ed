import Codecs
import Crypto
import RTP
import SDP
import SRTP
import SecureVoice
import Wire

/// The voice of a call: samples in, packets out, and the other way round, encrypted up to the exchange and from end to end
/// where that was agreed on. Without I/O: every packet time `say`, and `hear` in such steps as sound is played in; each
/// datagram to `receive`; drain `takeOutgoing` and `poll`.
public final class VoicePath {
  /// A datagram for the other end's port of voice, or that of reports.
  public struct Outgoing: Sendable {
    public var bytes: [UInt8]
    public var isControl: Bool
  }

  /// Samples a second of what is said and heard: 8000, 16000 or 48000.
  public let rate: Int
  public internal(set) var terms: MediaTerms?
  /// Milliseconds between two calls of `say`.
  public private(set) var packetTime = 20
  var random: RandomSource
  var stream: OutgoingStream
  var outgoing: [Outgoing] = []
  var events: [VoiceEvent] = []
  var encoder: VoiceEncoder?
  var resampler: Resampler?
  var playout: Playout
  var keys = KeyEvents()
  var heardKeys = EventReader()
  var sender: SecureSender?
  var receiver: SecureReceiver?
  /// Packets that were not genuine, or came twice, on the encrypted way to the exchange.
  var refused: UInt32 = 0
  var reports = StreamReports()
  /// Nil where the call has no end-to-end security.
  var secured: SecuredVoice?
  /// What is heard above the other end.
  var alarm: (tone: ToneGenerator, left: Int)?
  /// Whether nothing but silence is said.
  public var isMuted = false
  /// Whether nobody may learn from RTP's fields where speech begins.
  let hidesSpeech: Bool

  /// `hidesSpeech` where the call is, or may become, secure from end to end: then no marker is ever set, and plain packets
  /// are as long as secured ones. What comes is held for `buffer` at least, up to 200 ms.
  public init(rate: Int, hidesSpeech: Bool, buffer: Interval = .zero, random: RandomSource) {
    self.rate = rate
    self.hidesSpeech = hidesSpeech
    var random = random
    stream = OutgoingStream(
      ssrc: UInt32(truncatingIfNeeded: random.next()), sequence: UInt16(truncatingIfNeeded: random.next() >> 1),
      timestamp: UInt32(truncatingIfNeeded: random.next()))
    self.random = random
    playout = Playout(rate: rate, packetTime: 20, least: buffer)
  }

  /// What was agreed on, first or anew.
  @export(interface)
  public func use(_ terms: MediaTerms, now: Instant) {
    let before = self.terms
    self.terms = terms
    packetTime = terms.packetTime
    if before?.format.coding != terms.format.coding || before?.packetTime != terms.packetTime { prepareEncoder(terms) }
    if before?.keys != terms.keys { useKeys(terms) } else { receiver?.expectRestart() }
    if reports.next == nil { reports.next = now + .seconds(1) }
    if let secured, Carrier(terms) != secured.carrier { secure(secured.wish, now: now) }
  }

  private func prepareEncoder(_ terms: MediaTerms) {
    let coding = terms.format.coding
    // Opus as long as a secured packet: 160 octets each 20 ms.
    encoder =
      hidesSpeech && coding == .opus
      ? VoiceEncoder(OpusSettings(bitrate: 64000), rate: rate) : VoiceEncoder(coding, rate: rate, bitrate: 0)
    resampler = try? Resampler(from: rate, to: encoder?.rate ?? rate)
  }

  private func useKeys(_ terms: MediaTerms) {
    guard let keys = terms.keys else {
      sender = nil
      receiver = nil
      return
    }
    if sender?.key != keys.own {
      sender = try? SecureSender(keys.own, ssrc: stream.ssrc, rollover: stream.rollover)
    }
    receiver = .following(receiver, keys.theirs, window: keys.window)
  }

  /// Whether voice is encrypted up to the exchange.
  public var isHopSecure: Bool { terms?.keys != nil }

  /// What happened, until nil.
  @export(interface)
  public func poll() -> VoiceEvent? { events.isEmpty ? nil : events.removeFirst() }

  /// What is to be sent.
  @export(interface)
  public func takeOutgoing() -> [Outgoing] {
    defer { outgoing = [] }
    return outgoing
  }

  /// Presses a key, 0…15.
  @export(interface)
  public func press(_ key: UInt8) {
    if secured?.call.isSecured == true { secured?.call.press(key) } else { keys.press(key) }
  }

  /// Warns aloud: two seconds of a tone that changes its pitch.
  @export(interface)
  public func soundAlarm() {
    let tone = Tone([.init(950, 250), .init(1400, 250)], level: -13)
    alarm = (ToneGenerator(tone, rate: rate), 2 * rate)
  }
}

/// What happened to the voice of a call.
public enum VoiceEvent: Hashable, Sendable {
  /// The other end pressed a key, 0…15.
  case key(UInt8)
  case secure(SecureVoiceEvent)
}
