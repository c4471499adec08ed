import Crypto
import SimNet
import Wire

@testable import SecureVoice

/// Two phones and what lies between them, in virtual time.
struct Line {
  /// What becomes of a payload that an end sent: to which end what goes on.
  typealias Exchange = (_ from: Int, _ payload: [UInt8], _ now: Instant) -> [(to: Int, payload: [UInt8])]

  var ends: [SecureCall]
  var net: SimNet<[UInt8]>
  var now = Instant.zero
  /// What each end was told and heard.
  var events: [[SecureVoiceEvent]] = [[], []]
  var heard: [[[UInt8]]] = [[], []]
  var keys: [[KeyPress]] = [[], []]
  var receptions: [[SecureCall.Reception]] = [[], []]
  var fillings: [[SecureCall.Filling]] = [[], []]
  /// All payloads that left an end.
  var sent: [[[UInt8]]] = [[], []]
  var exchange: Exchange = { from, payload, _ in [(1 - from, payload)] }
  private var count = 0

  private static let addresses = [1, 2].map { SocketAddress(IPAddress(ipv4: $0), port: 4000) }

  init(_ ends: [SecureCall], seed: UInt64 = 1, _ conditions: LinkConditions = .good) {
    self.ends = ends
    net = SimNet(seed: seed, conditions)
  }

  /// Two phones that don't know each other.
  init(
    carrier: Carrier = .opus(packet: .milliseconds20), seed: UInt64 = 1, _ conditions: LinkConditions = .good,
    allowsPlain: Bool = true, _ change: (Int, inout AgreementSettings) -> Void = { _, _ in }
  ) {
    let ends = (0..<2).map { end in
      Line.phone(end, carrier: carrier, seed: seed, allowsPlain: allowsPlain) { change(end, &$0) }
    }
    self.init(ends, seed: seed, conditions)
  }

  static func identity(_ end: Int) -> [UInt8] { [UInt8](repeating: UInt8(17 + end), count: 32) }
  static func record(of end: Int) -> PeerRecord {
    PeerRecord(identity: Ed25519(secret: identity(end)).publicKey, hadPostQuantum: false)
  }

  static func phone(
    _ end: Int, carrier: Carrier = .opus(packet: .milliseconds20), seed: UInt64 = 1, allowsPlain: Bool = true,
    now: Instant = .zero, _ change: (inout AgreementSettings) -> Void = { _ in }
  ) -> SecureCall {
    var random = RandomSource(seed: Array("phone \(end) of \(seed)".utf8))
    var settings = AgreementSettings(identity: identity(end))
    change(&settings)
    return SecureCall(carrier, settings, allowsPlain: allowsPlain, random: &random, now: now)
  }

  func voice(_ end: Int) -> [UInt8] {
    var voice = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: ends[end].carrier.voiceCount)
    voice[0] = UInt8(end)
    return voice
  }

  /// Goes on for so many packets.
  mutating func run(_ packets: Int) {
    for _ in 0..<packets { step() }
  }

  mutating func step() {
    for end in 0..<2 {
      if let deadline = ends[end].nextDeadline, deadline <= now { ends[end].wake(now: now) }
      var payload = [UInt8](repeating: 0xd5, count: ends[end].carrier.payloadCount)
      let voice = voice(end)
      let filling = payload.withUnsafeMutableBytes { payload in
        voice.withUnsafeBytes { ends[end].fill(payload, voice: $0, now: now) }
      }
      fillings[end].append(filling)
      if filling == .plain { payload[0] = UInt8(truncatingIfNeeded: count) }
      if filling != .silence {
        sent[end].append(payload)
        for (to, payload) in exchange(end, payload, now) {
          net.send(payload, from: Line.addresses[1 - to], to: Line.addresses[to], now: now)
        }
      }
      collect(end)
    }
    now += .milliseconds(Int64(ends[0].carrier.milliseconds))
    count += 1
    while let arrival = net.arrival(by: now) { deliver(arrival.payload, to: arrival.to == Line.addresses[0] ? 0 : 1) }
  }

  mutating func deliver(_ payload: [UInt8], to end: Int) {
    var room = [UInt8](repeating: 0, count: ends[end].carrier.voiceCount)
    let reception = room.withUnsafeMutableBytes { room in
      payload.withUnsafeBytes { ends[end].receive($0, into: room, now: now) }
    }
    receptions[end].append(reception)
    switch reception {
    case .voice(let count, _): heard[end].append(Array(room[..<count]))
    case .key(let press, _): keys[end].append(press)
    case .nothing, .plain, .foreign: break
    }
    collect(end)
  }

  private mutating func collect(_ end: Int) {
    while let event = ends[end].poll() { events[end].append(event) }
  }

  /// The session of an end, where it has one.
  func session(_ end: Int) -> SecureSession? {
    for event in events[end].reversed() {
      switch event {
      case .secured(let session): return ends[end].isSecured ? session : nil
      case .failed, .retrying: return nil
      default: continue
      }
    }
    return nil
  }

  var faults: [SecureVoiceFault] {
    (events[0] + events[1]).compactMap { event in
      switch event {
      case .failed(let fault), .retrying(let fault): fault
      default: nil
      }
    }
  }

  var isSecured: Bool {
    guard let a = session(0), let b = session(1) else { return false }
    return a.words == b.words && a.role != b.role && a.sendingKey == b.receivingKey && a.receivingKey == b.sendingKey
  }
}
