import Platform
import Synchronization
import Wire

extension SelfTest {
  /// What the compiler and its small library do, where 32 and 64 bits or Embedded Swift could differ.
  static let language = SelfTestGroup(
    name: "language",
    cases: [
      SelfTestCase("64-bit arithmetic") {
        let big = opaque(Int64(1) << 40)
        return big * 3 / 7 == 471_219_269_046 && UInt64(bitPattern: -big) == 0xffff_ff00_0000_0000
          && opaque(UInt64.max) % 1_000_000_007 == 582_344_007
      },
      SelfTestCase("overflow is seen") {
        opaque(Int.max).addingReportingOverflow(1).overflow && opaque(Int32.max) &+ 1 == Int32.min
      },
      SelfTestCase("dictionary of 10000") {
        var squares: [UInt32: UInt64] = [:]
        for n in UInt32(0)..<10000 { squares[n] = UInt64(n) * UInt64(n) }
        for n in UInt32(0)..<10000 where n % 3 != 0 { squares[n] = nil }
        return squares.count == 3334 && squares[9999] == 99_980_001 && squares[1] == nil
      },
      SelfTestCase("set and sorting") {
        Set(["b", "a", "b"]).sorted() == ["a", "b"] && [3, 1, 2].sorted(by: >) == [3, 2, 1]
      },
      SelfTestCase("Unicode equality and case") {
        // One scalar, and a letter with a combining mark.
        opaque("caf\u{e9}") == "cafe\u{301}" && opaque("ÄÖ").lowercased() == "äö" && opaque("👩‍👩‍👧").count == 1
      },
      SelfTestCase("UTF-8 repaired") {
        String(decoding: opaque([0x61, 0xff, 0x62]) as [UInt8], as: UTF8.self) == "a\u{fffd}b"
      },
      SelfTestCase("numbers as text") {
        "\(opaque(-42)) \(opaque(UInt64.max))" == "-42 18446744073709551615" && Int("x1") == nil
      },
    ])

  /// Threads, atomics and wake-ups between them.
  static let threads = SelfTestGroup(
    name: "threads",
    cases: [
      SelfTestCase("four threads count to 40000") {
        let counter = Counter()
        let threads = (0..<4).compactMap { _ in
          try? Thread.start(name: "selftest") { for _ in 0..<10000 { counter.value.add(1, ordering: .relaxed) } }
        }
        for thread in threads { thread.join() }
        return counter.value.load(ordering: .acquiring) == 40000
      },
      SelfTestCase("a thread wakes another") {
        guard let poller = try? Poller(), let wake = try? WakeEvent() else { return false }
        defer { poller.close() }
        defer { wake.close() }
        guard (try? poller.add(wake.descriptor, .readable, token: 7)) != nil,
          let thread = try? Thread.start(name: "selftest", { wake.signal() })
        else { return false }
        var woken = false
        poller.wait(until: Clock.monotonic() + .seconds(5)) { token, _ in woken = token == 7 }
        thread.join()
        return woken
      },
    ])

  static let clock = SelfTestGroup(
    name: "clock",
    cases: [
      SelfTestCase("dates") {
        timestamp(microsecondsSince1970: 951_782_400_123_456) == "2000-02-29T00:00:00.123Z"
          && timestamp(microsecondsSince1970: -1000) == "1969-12-31T23:59:59.999Z"
          && timestamp(microsecondsSince1970: 4_102_444_799_000_000) == "2099-12-31T23:59:59.000Z"
      },
      SelfTestCase("the monotonic clock goes on") {
        let before = Clock.monotonic()
        Clock.sleep(.milliseconds(2))
        return Clock.monotonic() - before >= .milliseconds(2)
      },
    ])
}

private final class Counter: Sendable {
  let value = Atomic<UInt32>(0)
}

/// The value, hidden from the optimiser so that the sum is done by this processor and not by the compiler.
@inline(never)
func opaque<Value>(_ value: Value) -> Value { value }
