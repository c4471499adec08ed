import Crypto
import Platform
import RTP
import SRTP
import Testing
import Wire

@testable import Media

/// A phone that encrypts: what it sends is sealed by its key, what it hears is opened by the box's.
final class SecurePhone {
  static func key(_ seed: UInt8, _ suite: SRTPSuite = .aesCM128Tag80) -> SRTPKey {
    SRTPKey(suite, (0..<suite.length).map { UInt8(truncatingIfNeeded: $0) ^ seed })!
  }

  let ssrc: UInt32
  var sender: SecureSender
  var receiver: SecureReceiver
  var sequence: UInt16
  private var time: UInt32 = 4_294_967_000

  init(_ ssrc: UInt32, own: SRTPKey, boxes: SRTPKey, sequence: UInt16 = 1) {
    self.ssrc = ssrc
    self.sequence = sequence
    sender = try! SecureSender(own, ssrc: ssrc)
    receiver = try! SecureReceiver([boxes])
  }

  func speech(_ octets: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
    defer {
      sequence &+= 1
      time &+= 160
    }
    let header = RTPHeader(payloadType: 0, sequence: sequence, timestamp: time, ssrc: ssrc)
    return seal(header.packet(octets), isControl: false)
  }

  func seal(_ packet: [UInt8], isControl: Bool) -> [UInt8] {
    var room = packet + [UInt8](repeating: 0, count: 64)
    let count = room.withUnsafeMutableBytes { sender.protect($0, count: packet.count, isControl: isControl) }
    return Array(room[..<count])
  }

  /// A packet as it was before it was sealed; nil where it is not genuine.
  func open(_ packet: [UInt8], isControl: Bool = false) -> [UInt8]? {
    var packet = packet
    guard case .opened(let count) = packet.withUnsafeMutableBytes({ receiver.unprotect($0, isControl: isControl) })
    else { return nil }
    return Array(packet[..<count])
  }
}

/// The media thread's streams with two phones, of which those with keys are encrypted, in virtual time.
final class SecureHouse {
  static let id = StreamID(1)
  static let slots = [Side.a: 0, .b: 2]
  var board = Switchboard(patience: .seconds(60))
  var engine = NoEngine()
  var now = Instant.zero
  /// What signalling was told of the sources, and whether it says that it has it.
  var sources: [Side: HeardSource] = [:]
  var keeps = true
  private var known: Set<Side> = []

  static func leg(_ side: Side, _ keys: LegKeys?, _ payloads: [Payload] = [Payload(0, .pcmu)]) -> Leg {
    var leg = Leg(
      port: side == .a ? 16384 : 16386, remote: side == .a ? Scene.phoneA : Scene.phoneB, accepts: payloads,
      sends: payloads)
    leg.keys = keys.map { Boxed(wrappedValue: $0) }
    return leg
  }

  func set(_ side: Side, _ keys: LegKeys?, sound: Sound? = nil, _ payloads: [Payload] = [Payload(0, .pcmu)]) {
    var leg = Self.leg(side, keys, payloads)
    leg.sound = sound
    let isNew = known.insert(side).inserted
    perform(.setLeg(Self.id, side, leg), isNew ? PortPair(port: leg.port, rtp: -1, control: -1) : nil)
  }

  func perform(_ command: Command, _ pair: PortPair? = nil) {
    board.perform(command, pair, &engine, now: now)
    hear()
  }

  private func hear() {
    for event in board.takeEvents() {
      guard case .source(_, let side, let source) = event else { continue }
      sources[side] = source
      if keeps { board.perform(.kept(Self.id, side, source), nil, &engine, now: now) }
    }
  }

  /// What goes out after a packet came in: by slot, as it is on the wire.
  func receive(_ packet: [UInt8], _ side: Side, isControl: Bool = false) -> [(slot: Int, octets: [UInt8])] {
    board.begin(now: now)
    var packet = packet
    let count = packet.count
    let slot = Self.slots[side]! + (isControl ? 1 : 0)
    var from = side == .a ? Scene.phoneA : Scene.phoneB
    if isControl { from.port += 1 }
    let target = packet.withUnsafeMutableBytes { board.receive($0, slot: slot, from: from) }
    var out = target.map { [(slot: $0.slot, octets: Array(packet[..<count]))] } ?? []
    out += made()
    return out
  }

  /// What the board has made by itself by now.
  func made() -> [(slot: Int, octets: [UInt8])] {
    var out: [(slot: Int, octets: [UInt8])] = []
    board.wake(now: now)
    var room = [UInt8](repeating: 0, count: 2048)
    while let (count, target) = room.withUnsafeMutableBytes({ board.next(into: $0) }) {
      out.append((target.slot, Array(room[..<count])))
    }
    hear()
    return out
  }

  func statistics(_ side: Side) -> LegStatistics {
    board.perform(.report(Self.id), nil, &engine, now: now)
    for case .statistics(_, let statistics) in board.takeEvents() {
      return side == .a ? statistics.a : statistics.b!
    }
    return LegStatistics()
  }
}

func header(_ packet: [UInt8]) -> RTPHeader { packet.withUnsafeBytes { RTPHeader($0) }! }
