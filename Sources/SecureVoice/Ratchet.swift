import Crypto
import Wire

/// The keys of one direction, renewed every ten minutes so that a stolen phone tells nothing of what was said before
/// (RFC 9605 §5.1). The step is told by the clock at both ends, and its last three bits are the key identifier; so neither
/// a long silence nor a forged identifier costs the receiver anything.
struct Ratchet: Hashable, Sendable {
  static let suite = SFrameSuite.aes256GCM
  static let period = Interval.seconds(600)

  /// Of the step `step`; the ones before are gone.
  private(set) var baseKey: [UInt8]
  private(set) var step: UInt64
  /// When step 0 began.
  let start: Instant

  init(baseKey: [UInt8], step: UInt64 = 0, start: Instant) {
    self.baseKey = baseKey
    self.step = step
    self.start = start
  }

  /// The step that a sender is in.
  func current(_ now: Instant) -> UInt64 { UInt64(max(0, (now - start).microseconds / Self.period.microseconds)) }

  mutating func advance(to wanted: UInt64) {
    while step < wanted {
      let next = Self.suite.ratchet(baseKey)
      wipe(&baseKey)
      baseKey = next
      step += 1
    }
  }

  var key: SFrameKey { SFrameKey(Self.suite, baseKey: baseKey, keyID: step & 7) }

  /// When the next step begins.
  var nextDeadline: Instant { start + Self.period * Int64(step + 1) }
}
