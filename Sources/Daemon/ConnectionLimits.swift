import Wire

/// How much of the box connections may take. A phone holds one.
struct ConnectionLimits {
  var total = 256
  /// From one address; more than one phone may stand behind it.
  var perSource = 64
  /// A connection that has not brought one whole message by then, or not the rest of one, is closed.
  var patience = Interval.seconds(30)
  /// Silence that ends a connection: longer than the longest registration, which a phone renews before it expires.
  var idle = Interval.seconds(7500)
  /// Unsent bytes of one connection; a reader slower than that is cut off.
  var queue = 256 << 10
  /// Bytes of the longest message over WebSocket, which comes whole; elsewhere `StreamFramer` has limits of its own.
  var message = 128 << 10
  /// Silence of a WebSocket after which it is asked for a sign of life.
  var ping = Interval.seconds(60)
  /// How long bytes may wait to be written: what a phone gets later than that is of no use to it.
  var stall = Interval.seconds(20)
  /// How long a TLS handshake, or the opening of a WebSocket, may take from the connection's start.
  var handshake = Interval.seconds(10)
  /// Handshakes of one address that may be under way at once.
  var handshakesPerSource = 16
  /// How long a connection that we open may take to stand; less than a SIP transaction's 32 s (RFC 3261 §17.1.1.2), so
  /// that another contact can still be tried.
  var connect = Interval.seconds(10)
}

/// What connections of every kind have in common: the limits and the numbers.
final class Entrance {
  var admission = Admission()
  private var lastNumber: UInt32 = 0

  /// A number that no connection has had.
  func nextNumber() -> UInt32 {
    lastNumber &+= 1
    if lastNumber == 0 { lastNumber = 1 }
    return lastNumber
  }

  /// Counts one more connection, for which `makeRoom` may end another where all are taken.
  func admit(_ source: IPAddress, _ limits: ConnectionLimits, makeRoom: () -> Void) -> Bool {
    if admission.total >= limits.total && admission.held(by: source) < limits.perSource { makeRoom() }
    return admission.admit(source, limits)
  }
}

/// Counts connections, so that one source cannot take them all.
struct Admission {
  private(set) var total = 0
  private var bySource: [IPAddress: Int] = [:]

  /// Counts one more connection; false, and nothing counted, where a limit is reached.
  mutating func admit(_ source: IPAddress, _ limits: ConnectionLimits) -> Bool {
    let held = held(by: source)
    guard total < limits.total, held < limits.perSource else { return false }
    total += 1
    bySource[source] = held + 1
    return true
  }

  func held(by source: IPAddress) -> Int { bySource[source] ?? 0 }

  mutating func release(_ source: IPAddress) {
    guard let held = bySource[source] else { return }
    total -= 1
    bySource[source] = held > 1 ? held - 1 : nil
  }
}

/// Bytes that wait to be written, with a bound.
struct WriteQueue {
  /// Small pieces of one second are put together up to this size, for there may be one for each empty line that came.
  private static let piece = 4096
  private static let second = Interval.seconds(1)

  private var chunks: [(bytes: [UInt8], since: Instant)] = []
  /// Bytes of the first chunk that are gone.
  private var taken = 0
  private(set) var count = 0
  let limit: Int

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { count == 0 }

  /// Since when the first byte waits; nil where none does.
  var waitingSince: Instant? { chunks.first?.since }

  /// False, and nothing queued, where the bound would be passed.
  mutating func append(_ bytes: [UInt8], now: Instant) -> Bool {
    guard count + bytes.count <= limit else { return false }
    guard !bytes.isEmpty else { return true }
    count += bytes.count
    if let last = chunks.last, last.bytes.count + bytes.count <= Self.piece, now - last.since < Self.second {
      chunks[chunks.count - 1].bytes += bytes
    } else {
      chunks.append((bytes, now))
    }
    return true
  }

  /// What to write next.
  var front: ArraySlice<UInt8>? { chunks.first?.bytes[taken...] }

  /// Takes off what was written of `front`.
  mutating func advance(_ written: Int) {
    taken += written
    count -= written
    if let first = chunks.first, taken >= first.bytes.count {
      chunks.removeFirst()
      taken = 0
    }
  }
}
