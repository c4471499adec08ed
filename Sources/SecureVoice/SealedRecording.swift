import Codecs
import Crypto
import Wire

/// A recording that went through the codec of calls: Opus at a hard constant bit rate, each packet sealed as in a call
/// and made the payload of a G.711 tunnel. It is kept as whoever listens on the path would play it.
public struct SealedRecording: Sendable {
  static let carrier = Carrier.tunnel(law: .mu, packet: .milliseconds20)
  private static let form: UInt8 = 1
  /// Octets of `note`: form, thousands of hertz, two zeros, samples (4), salt (16).
  private static let noteCount = 24
  public static let saltCount = 16
  public static let keyCount = 32

  /// One packet's payload after the other.
  public let payloads: [UInt8]
  /// What is needed to open them beside the key. The key of the frames derives from it, so that it can't be changed.
  public let note: [UInt8]

  /// Samples a second, and how many there are.
  private let rate: Int
  private let count: Int

  /// Seals one channel of 8000, 16000 or 48000 samples a second. `salt` is drawn anew for each recording, for the
  /// counters of two under one key must not meet.
  @export(interface)
  public init(_ samples: [Int16], rate: Int, key: [UInt8], salt: [UInt8]) throws(CodecError) {
    precondition(key.count == Self.keyCount && salt.count == Self.saltCount)
    self.rate = rate
    count = samples.count
    note =
      [Self.form, UInt8(rate / 1000), 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: samples.count >> (24 - 8 * $0)) }
      + salt
    var encoder = try OpusEncoder(rate: Int32(rate), OpusSettings(bitrate: Self.carrier.opusBitrate))
    var sealer = VoiceSealer(Self.ratchet(key, note))
    let frame = rate / 50
    let packets = Self.packets(count, rate)
    var sealed = [UInt8](repeating: 0, count: packets * Self.carrier.payloadCount)
    var voice = [UInt8](repeating: 0, count: Self.carrier.voiceCount)
    var part = [Int16](repeating: 0, count: frame)
    for packet in 0..<packets {
      for i in 0..<frame {
        let place = packet * frame + i
        part[i] = place < samples.count ? samples[place] : 0
      }
      let made = part.withUnsafeBufferPointer { from in
        voice.withUnsafeMutableBufferPointer { encoder.encode(from, into: $0) }
      }
      precondition(made == voice.count, "Opus kept to its constant bit rate")
      sealed.withUnsafeMutableBytes { sealed in
        let place = packet * Self.carrier.payloadCount
        let room = UnsafeMutableRawBufferPointer(rebasing: sealed[place..<place + Self.carrier.payloadCount])
        let count = voice.withUnsafeBytes { sealer.seal($0, into: room, now: Self.time(of: packet)) }
        precondition(count == room.count, "the counters of a call last for 46 hours")
      }
    }
    payloads = sealed
  }

  /// Takes up what was kept; no key is needed to see that it is whole.
  @export(interface)
  public init(payloads: [UInt8], note: [UInt8]) throws(RecordingFault) {
    guard !note.isEmpty else { throw .notSealed }
    guard note.count == Self.noteCount, note[0] == Self.form, [8, 16, 48].contains(note[1]) else {
      throw .unknownForm
    }
    rate = Int(note[1]) * 1000
    // Not more than fits into what is there, whatever the note says.
    let said = note[4..<8].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    let found = payloads.count / Self.carrier.payloadCount
    guard said <= UInt64(WaveFile.longest * rate) else { throw .unknownForm }
    count = Int(said)
    let expected = Self.packets(count, rate)
    guard payloads.count == expected * Self.carrier.payloadCount else {
      throw .cutOff(packets: found, expected: expected)
    }
    self.payloads = payloads
    self.note = note
  }

  /// The voice, as the other end of a call would hear it. All packets must be there, in their order, as they were made.
  @export(interface)
  public func open(key: [UInt8]) throws(RecordingFault) -> (samples: [Int16], rate: Int) {
    precondition(key.count == Self.keyCount)
    guard var decoder = try? OpusDecoder(rate: Int32(rate)) else { throw .noDecoder }
    var opener = VoiceOpener(Self.ratchet(key, note))
    let frame = rate / 50
    let packets = payloads.count / Self.carrier.payloadCount
    var samples: [Int16] = []
    samples.reserveCapacity(packets * frame)
    var voice = [UInt8](repeating: 0, count: Self.carrier.voiceCount)
    var part = [Int16](repeating: 0, count: frame)
    var firstFault: Int?
    var opened = 0
    for packet in 0..<packets {
      let result = payloads.withUnsafeBytes { payloads in
        let place = packet * Self.carrier.payloadCount
        let payload = UnsafeRawBufferPointer(rebasing: payloads[place..<place + Self.carrier.payloadCount])
        return voice.withUnsafeMutableBytes { opener.open(payload, into: $0, now: Self.time(of: packet)) }
      }
      guard result == .voice(count: voice.count, counter: VoiceSealer.firstCounter + UInt64(packet)) else {
        if case .voice = result { opened += 1 }
        firstFault = firstFault ?? packet
        continue
      }
      opened += 1
      let made = voice.withUnsafeBufferPointer { from in
        part.withUnsafeMutableBufferPointer { decoder.decode(from, into: $0) }
      }
      guard made == frame else {
        firstFault = firstFault ?? packet
        continue
      }
      samples += part
    }
    guard opened > 0 else { throw .wrongKey }
    if let firstFault { throw .changed(atSecond: firstFault / 50) }
    // The encoder looks ahead, so the voice comes later by that.
    let ahead = Self.lookahead(rate)
    return (Array(samples[ahead..<ahead + count]), rate)
  }

  /// 2.5 ms, of Opus without its speech codec (RFC 6716 §2: the transform codec's overlap).
  private static func lookahead(_ rate: Int) -> Int { rate / 400 }

  private static func packets(_ count: Int, _ rate: Int) -> Int {
    (count + lookahead(rate) + rate / 50 - 1) / (rate / 50)
  }

  /// When a packet would be sent.
  private static func time(of packet: Int) -> Instant { .zero + .milliseconds(20) * Int64(packet) }

  private static func ratchet(_ key: [UInt8], _ note: [UInt8]) -> Ratchet {
    let secret = HKDF.sha256.extract(salt: note, key)
    let baseKey = HKDF.sha256.expand(secret, info: Array("sotto-recording-1 sframe".utf8), count: 32)
    return Ratchet(baseKey: baseKey, start: .zero)
  }
}

/// Why a sealed recording can't be opened.
public enum RecordingFault: Error, Hashable, Sendable {
  case notSealed
  case unknownForm
  case cutOff(packets: Int, expected: Int)
  case wrongKey
  case changed(atSecond: Int)
  case noDecoder

  public var description: String {
    switch self {
    case .notSealed:
      "has no chunk 'sott', as 'sotto voice secure' writes it: it was not made by that, or another program wrote it anew"
    case .unknownForm: "is of a form that this program does not know: it was changed, or made by a newer one"
    case .cutOff(let packets, let expected): "has \(packets) packets, but was made of \(expected): it was cut off"
    case .wrongKey: "does not open with this key: it was made with another, or changed"
    case .changed(let second): "was changed after it was made, at first \(second) s after its beginning"
    case .noDecoder: "can't be decoded: is memory short?"
    }
  }
}
