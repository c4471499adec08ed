import CLinux
import Wire

/// What a descriptor is ready for, or is watched for (only `readable` and `writable` then).
public struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let readable = Readiness(rawValue: 1)
  public static let writable = Readiness(rawValue: 2)
  /// The other end closed its side.
  public static let hangup = Readiness(rawValue: 4)
  public static let failed = Readiness(rawValue: 8)
}

/// Level-triggered epoll. A descriptor that is closed leaves by itself.
public struct Poller {
  public let descriptor: Int32

  public init() throws(PlatformError) {
    descriptor = try check(clinux_epoll(), "epoll_create1")
  }

  public func close() { clinux_close(descriptor) }

  /// Watches a descriptor; `token` comes back with its readiness.
  public func add(_ fd: Int32, _ what: Readiness, token: UInt64) throws(PlatformError) {
    try check(clinux_epoll_control(descriptor, 1, fd, what.rawValue, token), "epoll_ctl add")
  }

  public func change(_ fd: Int32, _ what: Readiness, token: UInt64) throws(PlatformError) {
    try check(clinux_epoll_control(descriptor, 3, fd, what.rawValue, token), "epoll_ctl change")
  }

  public func remove(_ fd: Int32) { _ = clinux_epoll_control(descriptor, 2, fd, 0, 0) }

  /// Waits until something is ready or the deadline has passed, and hands over what is ready. Takes at most 32 at a
  /// time; the rest comes with the next call. `body` may add and remove descriptors.
  public func wait(until deadline: Instant?, _ body: (_ token: UInt64, _ what: Readiness) -> Void) {
    var timeout: Int64 = -1
    if let deadline { timeout = max(0, (deadline - Clock.monotonic()).microseconds) }
    let none = clinux_ready(token: 0, what: 0)
    var ready = InlineArray<32, clinux_ready>(repeating: none)
    var span = ready.mutableSpan
    let count = span.withUnsafeMutableBufferPointer { clinux_epoll_wait(descriptor, $0.baseAddress, 32, timeout) }
    guard count > 0 else { return }
    for i in 0..<Int(count) { body(ready[i].token, Readiness(rawValue: ready[i].what)) }
  }
}

/// A descriptor that one thread makes readable to wake another.
public struct WakeEvent: Sendable {
  public let descriptor: Int32

  public init() throws(PlatformError) {
    descriptor = try check(clinux_eventfd(), "eventfd")
  }

  public func close() { clinux_close(descriptor) }

  public func signal() {
    var one: UInt64 = 1
    _ = clinux_write(descriptor, &one, 8)
  }

  /// Makes it unreadable again.
  public func drain() {
    var count: UInt64 = 0
    _ = clinux_read(descriptor, &count, 8)
  }
}

/// Signals as something to read. They are blocked from here on in this thread and in every thread that it starts.
public struct SignalReader {
  public let descriptor: Int32

  public static let hangup: Int32 = 1
  public static let interrupt: Int32 = 2
  public static let terminate: Int32 = 15

  public init(_ signals: [Int32]) throws(PlatformError) {
    var mask: UInt64 = 0
    for signal in signals where (1...64).contains(signal) { mask |= 1 << UInt64(signal - 1) }
    descriptor = try check(clinux_signalfd(mask), "signalfd")
  }

  public func close() { clinux_close(descriptor) }

  /// The next signal that waits, or nil.
  public func next() -> Int32? {
    let signal = clinux_next_signal(descriptor)
    return signal > 0 ? signal : nil
  }
}
