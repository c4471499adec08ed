import Wire

/// What `serve` asks of the helper: records of one size, numbers in network order.
public enum RelayRequest: Hashable, Sendable {
  /// Has the kernel take this leg. The number, chosen by who asks and never 0, names it until it is removed.
  case take(UInt32, KernelLeg)
  /// Has packets come to the socket again; answered by the last `.count`.
  case leave(UInt32)
  /// Asks for a `.count` of each leg.
  case count
  /// All that was `.found` and not taken since may go.
  case settled

  public static let size = 72

  public func write(to out: inout [UInt8]) {
    var writer = RecordWriter(size: Self.size)
    switch self {
    case .take(let number, let leg):
      writer.put(UInt8(1))
      writer.put(leg.source.ip.isIPv4 ? UInt8(4) : 6)
      writer.put(UInt16(0))
      writer.put(number)
      writer.put(leg)
    case .leave(let number):
      writer.put(UInt32(2) << 24)
      writer.put(number)
    case .count: writer.put(UInt32(3) << 24)
    case .settled: writer.put(UInt32(4) << 24)
    }
    out += writer.bytes
  }

  /// Nil for what is no sound request.
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.size else { return nil }
    var reader = RecordReader(bytes)
    let kind: UInt8 = reader.next()
    let family: UInt8 = reader.next()
    guard reader.next() as UInt16 == 0 else { return nil }
    let number: UInt32 = reader.next()
    switch kind {
    case 1:
      guard number != 0, family == 4 || family == 6 else { return nil }
      guard let leg = reader.leg(family) else { return nil }
      self = .take(number, leg)
    case 2: self = .leave(number)
    case 3: self = .count
    case 4: self = .settled
    default: return nil
    }
  }
}

/// What the helper answers.
public enum RelayReply: Hashable, Sendable {
  /// What a leg has come to so far; `isLast` once it was removed, or was never there.
  case count(UInt32, KernelCount, isLast: Bool)
  /// The kernel did not take the leg, with the errno.
  case refused(UInt32, errno: Int32)
  /// To one who has just come: the kernel relays this for the one before, and has counted so much of it. Taken anew, it
  /// goes on without a break.
  case found(KernelLeg, KernelCount)
  /// That was all of them.
  case foundAll

  public static let size = 80

  public func write(to out: inout [UInt8]) {
    var writer = RecordWriter(size: Self.size)
    switch self {
    case .count(let number, let count, let isLast):
      writer.put(UInt32(1) << 24 | (isLast ? 1 : 0))
      writer.put(number)
      writer.put(count.packets)
      writer.put(count.octets)
    case .refused(let number, let errno):
      writer.put(UInt32(2) << 24)
      writer.put(number)
      writer.put(UInt64(UInt32(bitPattern: errno)))
    case .found(let leg, let count):
      writer.put(UInt8(3))
      writer.put(leg.source.ip.isIPv4 ? UInt8(4) : 6)
      writer.put(UInt16(0))
      writer.put(leg)
      writer.put(count.packets)
      writer.put(count.octets)
    case .foundAll: writer.put(UInt32(4) << 24)
    }
    out += writer.bytes
  }

  public init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.size else { return nil }
    var reader = RecordReader(bytes)
    let head: UInt32 = reader.next()
    if head == 3 << 24 | 4 << 16 || head == 3 << 24 | 6 << 16 {
      guard let leg = reader.leg(UInt8(head >> 16 & 7)) else { return nil }
      self = .found(leg, KernelCount(packets: reader.next(), octets: reader.next()))
      return
    }
    let number: UInt32 = reader.next()
    let first: UInt64 = reader.next()
    switch head {
    case 1 << 24, 1 << 24 | 1:
      self = .count(number, KernelCount(packets: first, octets: reader.next()), isLast: head & 1 == 1)
    case 2 << 24: self = .refused(number, errno: Int32(truncatingIfNeeded: first))
    case 4 << 24: self = .foundAll
    default: return nil
    }
  }
}

private struct RecordWriter {
  private(set) var bytes: [UInt8]
  private var at = 0

  init(size: Int) { bytes = [UInt8](repeating: 0, count: size) }

  mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    var rest = number
    for i in stride(from: MemoryLayout<Number>.size - 1, through: 0, by: -1) {
      bytes[at + i] = UInt8(truncatingIfNeeded: rest)
      if i > 0 { rest >>= 8 }
    }
    at += MemoryLayout<Number>.size
  }

  mutating func put(_ leg: KernelLeg) {
    put(leg.ssrc)
    for port in [leg.port, leg.exit, leg.source.port, leg.target.port] { put(port) }
    put(leg.types.low)
    put(leg.types.high)
    for ip in [leg.source.ip, leg.target.ip] {
      put(ip.high)
      put(ip.low)
    }
  }
}

/// Reads numbers; of what is not there, zero.
private struct RecordReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
    var number: UInt64 = 0
    for _ in 0..<MemoryLayout<Number>.size { number = number << 8 | UInt64(rest.popFirst() ?? 0) }
    return Number(truncatingIfNeeded: number)
  }

  /// Nil for what is no sound leg.
  mutating func leg(_ family: UInt8) -> KernelLeg? {
    let ssrc: UInt32 = next()
    let ports = (next() as UInt16, next() as UInt16, next() as UInt16, next() as UInt16)
    let types = PayloadTypes(low: next(), high: next())
    guard let source = address(family), let target = address(family) else { return nil }
    let leg = KernelLeg(
      source: SocketAddress(source, port: ports.2), port: ports.0, ssrc: ssrc, types: types,
      target: SocketAddress(target, port: ports.3), exit: ports.1)
    return leg.isSound ? leg : nil
  }

  mutating func address(_ family: UInt8) -> IPAddress? {
    let high: UInt64 = next()
    let low: UInt64 = next()
    if family == 4 { return high == 0 && low >> 32 == 0 ? IPAddress(ipv4: UInt32(low)) : nil }
    let address = IPAddress(ipv6High: high, low: low)
    return address.isIPv4 ? nil : address
  }
}
