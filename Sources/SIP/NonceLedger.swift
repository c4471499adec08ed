import Crypto
import Wire

/// Nonces that are HMACs of time and source: issuing one keeps nothing. Only one that a known user has used is kept, so
/// that its count can't be replayed.
struct NonceLedger: Sendable {
  enum Judgement { case fresh, stale }

  /// Which counts a nonce was used with: the highest, and a bit for each of the 64 up to it (UDP reorders).
  struct Use: Sendable {
    var highest: UInt32
    var window: UInt64
  }

  /// Serials whose use changed since it was last kept; nil where nobody keeps it.
  var changes: Set<UInt64>?
  private let key: HMACKey
  private let lifetime: Interval
  private let limit: Int
  private var lastIssued: UInt64 = 0
  private(set) var uses: [UInt64: Use] = [:]
  /// Nonces up to this serial that aren't in `uses` may have been used and forgotten: they count as stale.
  private(set) var forgotten: UInt64 = 0

  init(key: [UInt8], lifetime: Interval, limit: Int) {
    self.key = HMACKey(sha256: key)
    self.lifetime = lifetime
    self.limit = limit
  }

  /// 16 digits of serial (microseconds, made unique) and 32 of HMAC.
  mutating func issue(to source: IPAddress, now: Instant) -> String {
    let serial = max(lastIssued &+ 1, UInt64(bitPattern: now.microseconds))
    lastIssued = serial
    return String(decoding: nonce(serial, source), as: UTF8.self)
  }

  /// Whether the nonce is ours, for that source, and young enough.
  func judge(_ nonce: String, from source: IPAddress, now: Instant) -> Judgement {
    guard let serial = serial(of: nonce) else { return .stale }
    guard constantTimeEqual(Array(nonce.utf8), self.nonce(serial, source)) else { return .stale }
    let age = now - issueTime(serial)
    guard age >= .zero, age <= lifetime, serial > forgotten || uses[serial] != nil else { return .stale }
    return .fresh
  }

  /// Notes a use by someone who proved to know the password; false for a count that was used before.
  mutating func use(_ nonce: String, count: UInt32, now: Instant) -> Bool {
    guard let serial = serial(of: nonce) else { return false }
    defer { changes?.insert(serial) }
    guard var use = uses[serial] else {
      guard serial > forgotten else { return false }
      if uses.count >= limit { forget(now) }
      uses[serial] = Use(highest: count, window: 1)
      return true
    }
    if count > use.highest {
      let step = count - use.highest
      use.window = (step < 64 ? use.window << UInt64(step) : 0) | 1
      use.highest = count
    } else {
      let back = use.highest - count
      guard back < 64, use.window & 1 << UInt64(back) == 0 else { return false }
      use.window |= 1 << UInt64(back)
    }
    uses[serial] = use
    return true
  }

  /// Drops what has expired; if that isn't a quarter, the oldest quarter too, whose nonces are refused from now on.
  private mutating func forget(_ now: Instant) {
    let before = uses.count
    for serial in uses.keys.sorted() {
      guard now - issueTime(serial) > lifetime || before - uses.count <= limit / 4 else { break }
      uses[serial] = nil
      changes?.insert(serial)
      forgotten = max(forgotten, serial)
    }
  }

  /// Takes up what another process kept.
  mutating func restore(_ uses: [UInt64: Use], forgotten: UInt64) {
    self.uses = uses
    self.forgotten = forgotten
  }

  private func issueTime(_ serial: UInt64) -> Instant { Instant(microseconds: Int64(bitPattern: serial)) }

  private func nonce(_ serial: UInt64, _ source: IPAddress) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(25)
    for value in [serial, source.high, source.low] {
      withUnsafeBytes(of: value.bigEndian) { message.append(contentsOf: $0) }
    }
    message.append(source.isIPv4 ? 4 : 6)
    var out = TextWriter(capacity: 48)
    out.put(hex: message[..<8])
    out.put(hex: key(message)[..<16])
    return out.bytes
  }

  private func serial(of nonce: String) -> UInt64? {
    guard nonce.utf8.count == 48 else { return nil }
    return hexNumber(nonce.utf8.prefix(16))
  }
}

/// The value of up to 16 hexadecimal digits of either case.
func hexNumber(_ digits: some Collection<UInt8>) -> UInt64? {
  guard (1...16).contains(digits.count) else { return nil }
  var value: UInt64 = 0
  for byte in digits {
    guard let digit = hexDigit(byte) else { return nil }
    value = value << 4 | UInt64(digit)
  }
  return value
}
