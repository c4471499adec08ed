/// One known answer.
public struct SelfTestCase: Sendable {
  public var name: String
  public var passes: @Sendable () -> Bool

  init(_ name: String, _ passes: @escaping @Sendable () -> Bool) {
    self.name = name
    self.passes = passes
  }
}

/// Known answers of one part of the exchange.
public struct SelfTestGroup: Sendable {
  public var name: String
  public var cases: [SelfTestCase]
}

/// What every build must get right on every processor: the compiler, the libraries linked in and the protocols.
public enum SelfTest {
  public static let groups = [
    language, threads, hashes, primitives, addresses, yaml, numbers, sip, sdp, codecs, wideband, opus, rtp, secureMedia,
    secureVoice, clock,
  ]

  /// Runs every case, hands `report` a line a group and a line a failure, and returns how many failed.
  @export(interface)
  public static func run(report: (String) -> Void) -> (passed: Int, failed: Int) {
    var passed = 0
    var failed = 0
    for group in groups {
      let failures = group.cases.filter { !$0.passes() }
      failed += failures.count
      passed += group.cases.count - failures.count
      report(
        "\(failures.isEmpty ? "ok    " : "FAILED") \(group.name): \(group.cases.count - failures.count) of \(group.cases.count)"
      )
      for failure in failures { report("       failed: \(failure.name)") }
    }
    return (passed, failed)
  }
}
