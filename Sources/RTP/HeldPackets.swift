import Wire

/// A packet that was kept: what of its header is needed, and when it came.
public struct HeldPacket: Equatable, Sendable {
  public var marker: Bool
  public var payloadType: UInt8
  public var sequence: UInt16
  public var timestamp: UInt32
  public var arrived: Instant
  /// Packets missing before it, which are given up.
  public var lost = 0
  var count: Int
}

/// Room for packets whose sequence numbers lie within `capacity` of each other, taken when the first is kept.
struct HeldPackets: Sendable {
  static let capacity = 32
  /// The longest payload that is kept: Opus has none that is longer (RFC 6716 §3.4).
  static let longestPayload = 1276

  private var slots: [HeldPacket?] = []
  private var octets: [UInt8] = []
  private(set) var count = 0

  private func slot(_ sequence: UInt16) -> Int { Int(sequence) % Self.capacity }

  /// False where its place is taken or it is too long.
  mutating func keep(_ header: RTPHeader, _ payload: UnsafeRawBufferPointer, _ now: Instant) -> Bool {
    if slots.isEmpty {
      slots = [HeldPacket?](repeating: nil, count: Self.capacity)
      octets = [UInt8](repeating: 0, count: Self.capacity * Self.longestPayload)
    }
    let slot = slot(header.sequence)
    guard slots[slot] == nil, payload.count <= Self.longestPayload else { return false }
    slots[slot] = HeldPacket(
      marker: header.marker, payloadType: header.payloadType, sequence: header.sequence, timestamp: header.timestamp,
      arrived: now, count: payload.count)
    octets.withUnsafeMutableBytes { room in
      for i in 0..<payload.count { room[slot * Self.longestPayload + i] = payload[i] }
    }
    count += 1
    return true
  }

  /// The packet of this number, if it is there.
  subscript(sequence: UInt16) -> HeldPacket? {
    guard count > 0, let packet = slots[slot(sequence)], packet.sequence == sequence else { return nil }
    return packet
  }

  mutating func remove(_ sequence: UInt16) {
    guard self[sequence] != nil else { return }
    slots[slot(sequence)] = nil
    count -= 1
  }

  mutating func removeAll() {
    for i in slots.indices { slots[i] = nil }
    count = 0
  }

  /// How far behind `due` the first packet is that is there; nil where none is.
  func distance(from due: UInt16) -> Int? {
    guard count > 0 else { return nil }
    return (0..<Self.capacity).first { self[due &+ UInt16($0)] != nil }
  }

  func forEach(_ body: (HeldPacket) -> Void) {
    for case let packet? in slots { body(packet) }
  }

  /// When the one came that came first.
  var earliestArrival: Instant? {
    var earliest: Instant?
    for case let packet? in slots { earliest = Wire.earliest(earliest, packet.arrived) }
    return earliest
  }

  /// Lends the payload of a packet that was here last in its place.
  func withPayload<Result>(of packet: HeldPacket, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    octets.withUnsafeBytes { all in
      let start = slot(packet.sequence) * Self.longestPayload
      return body(UnsafeRawBufferPointer(rebasing: all[start..<start + packet.count]))
    }
  }
}
