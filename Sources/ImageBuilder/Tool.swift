import Foundation
import Subprocess

/// A program of the build machine, found in PATH or where Debian keeps those for administrators.
struct Tool: Sendable {
  let name: String

  init(_ name: String) { self.name = name }

  /// Seconds since 1970 that everything made here carries as its time: 2026-01-01.
  static let time = 1_767_225_600

  /// The tools put the same times and names into what they make, whoever runs them and when.
  private static let environment = Environment.inherit.updating([
    "PATH": (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin",
    "LC_ALL": "C", "TZ": "UTC", "SOURCE_DATE_EPOCH": "\(time)", "E2FSPROGS_FAKE_TIME": "\(time)",
    "MTOOLS_SKIP_CHECK": "1",
  ])

  /// Runs it and returns what it wrote, at most 64 MiB.
  @discardableResult
  func callAsFunction(_ arguments: [String]) async throws(ImageError) -> [UInt8] {
    let output: [UInt8]
    let problem: String
    let succeeded: Bool
    do {
      let result = try await run(
        .name(name), arguments: Arguments(arguments), environment: Self.environment,
        output: .bytes(limit: 64 << 20), error: .string(limit: 1 << 16))
      output = result.standardOutput
      problem = result.standardError
      succeeded = result.terminationStatus.isSuccess
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw .toolMissing(name)
    } catch {
      throw .toolFailed(name, problem: "\(error)")
    }
    guard succeeded else {
      let said = problem.isEmpty ? String(decoding: output.suffix(400), as: UTF8.self) : problem
      throw .toolFailed(name, problem: said.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return output
  }
}
